package reports

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/figure"
)

// findings writes what is wrong, how often, and what shows it: times count from the first witness on.
func (d *document) findings(res *claim.Result) {
	for _, f := range res.Findings {
		d.line(fmt.Sprintf("- Wrong, %s (%s): %s", figure.Count(f.Count, "times"), escape(f.Code), escape(f.Says)))
		for _, w := range f.Witnesses {
			d.line("  - " + code(since(f.Witnesses[0].At, w), false) + " " + escape(w.Text))
		}
		if len(f.Picture) > 0 {
			d.line("  - One window of it as a picture, by Porcupine: " + code(pictureFile(res, f), false))
		}
	}
}

// pictureFile names the file in the run's folder that a finding's picture goes to.
func pictureFile(res *claim.Result, f figure.Finding) string {
	return "picture-" + strings.Map(func(r rune) rune {
		if strings.ContainsRune(".+-_", r) || unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '-'
	}, res.ID+"-"+res.Arm+"-"+f.Code) + ".html"
}

// Pictures are the pages beside the report, by file name.
func Pictures(r Run) map[string][]byte {
	pages := map[string][]byte{}
	for i := range r.Results {
		for _, f := range r.Results[i].Findings {
			if len(f.Picture) > 0 {
				pages[pictureFile(&r.Results[i], f)] = f.Picture
			}
		}
	}
	return pages
}

// since is when a witness was, in ms after the first one: "+12.3 ms", "+12.3..15.1 ms".
func since(first time.Duration, w figure.Witness) string {
	ms := func(at time.Duration) string { return fmt.Sprintf("%.1f", float64(at-first)/float64(time.Millisecond)) }
	if w.Until > w.At {
		return "+" + ms(w.At) + ".." + ms(w.Until) + " ms"
	}
	return "+" + ms(w.At) + " ms"
}
