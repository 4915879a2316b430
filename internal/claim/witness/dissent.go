package witness

import (
	"fmt"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/source"
)

// fewDissents are no pattern.
const fewDissents = 3

// Dissent is what the service says of its answers and the wire shows otherwise; false: nothing, or too little.
func (w *Witness) Dissent() (f figure.Finding, is bool) {
	for i := range w.calls {
		c := &w.calls[i]
		said := map[string]string{source.Redis: source.Redis, source.Cache: source.Redis, source.Database: source.Database, source.AI: source.Database}[c.says]
		if !c.right || c.shown == "" || c.shown == source.Memory || said == "" || said == c.shown {
			continue
		}
		f.Count++
		did := "found nothing under %s, and wrote it"
		if c.shown == source.Redis {
			did = "found %s in Redis, and wrote nothing"
		}
		f.Witnesses = append(f.Witnesses, figure.Witness{At: c.sent, Until: c.done,
			Text: fmt.Sprintf("%s %s says %q, and "+did, c.of.text, c.key, c.says, c.of.form.key(c.key))})
	}
	f.Witnesses = figure.Shorten(f.Witnesses)
	f.Code, f.Says = "source-against-wire", "answers say one source, and the service's own commands to Redis show another"
	return f, f.Count >= fewDissents
}
