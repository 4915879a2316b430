package witness

import (
	"fmt"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/source"
)

const (
	// fewDissents are no pattern.
	fewDissents = 3
	// rareDissents are no pattern either, as a part of the answers that can be held against the wire: one that waited for the
	// load of another instance may say where that load came from.
	rareDissents = 0.05
)

// Dissent is what the service says of its answers and the wire shows otherwise; false: nothing, or too little.
func (w *Witness) Dissent() (f figure.Finding, is bool) {
	held := 0
	for i := range w.calls {
		c := &w.calls[i]
		said := map[string]string{source.Redis: source.Redis, source.Cache: source.Redis, source.Database: source.Database, source.AI: source.Database}[c.says]
		if !c.right || c.shown == "" || c.shown == source.Memory || said == "" {
			continue
		}
		if held++; said == c.shown {
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
	return f, f.Count >= fewDissents && float64(f.Count) >= rareDissents*float64(held)
}
