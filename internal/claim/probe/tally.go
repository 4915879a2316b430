package probe

import (
	"fmt"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// Asks reports whether s is about r, whatever came of it. No selector is about a
// canceled request, which says nothing about the service.
func Asks(s *expr.Selector, r *history.Request) bool {
	return r.Failure != history.Canceled && (s.Stream == "all" || s.Stream == r.Stream) && s.Phase(r.Phase) && s.Instance(r.Instance)
}

// gets reports whether what came of r is what s selects; s is about r. Only a correct
// answer has a source, or came within a time.
func gets(s *expr.Selector, r *history.Request) bool {
	for i := range s.Filters {
		switch f := &s.Filters[i]; f.Key {
		case "source":
			if !r.OK() || source.Is(r.Source, f.Value) == f.Not {
				return false
			}
		case "status":
			if (r.Status == f.Status) == f.Not {
				return false
			}
		case expr.Correct:
			if !r.OK() {
				return false
			}
		case "within":
			if !r.OK() || (r.Response() <= f.Limit) == f.Not {
				return false
			}
		}
	}
	return true
}

// NoSource is why there is no figure of what rests on where answers came from.
const NoSource = "the service does not say where its answers come from"

// A Tally counts what a selector met. A probe embeds it.
type Tally struct {
	Sel      expr.Selector
	Asked    int // requests that the selector is about
	Answered int // of these, correct answers
	Said     int // of these, with a source
	vague    int // of these, from a cache whose tier the selector wants and the service does not say
	failed   Fates
}

// See counts r and reports whether it is selected.
func (t *Tally) See(r *history.Request) bool {
	if !Asks(&t.Sel, r) {
		return false
	}
	t.Asked++
	if r.OK() {
		t.Answered++
		if r.Source != "" {
			t.Said++
		}
		if r.Source == "cache" && t.Sel.WantsTier() {
			t.vague++
		}
	} else {
		t.failed.Add(r)
	}
	return gets(&t.Sel, r)
}

// Missing is why nothing can be said about the selector; nil: something can.
func (t *Tally) Missing() *figure.Absence {
	switch {
	case t.Asked == 0:
		return figure.Absent("no request of "+t.Sel.Text+" was observed", "traffic that "+t.Sel.Text+" selects")
	case t.Sel.Has("source") && t.Answered > 0 && t.Said == 0:
		return figure.Absent(NoSource, source.Wanted)
	case t.vague > 0:
		return figure.Absent("the service says \"cache\", not which tier of it", "X-Source: redis or memory on its answers, or a contract that maps its words to these (sources:)")
	}
	return nil
}

// MostlyFailed reports whether at least half of the requests got no correct answer.
func (t *Tally) MostlyFailed() bool { return t.Asked >= 2*t.Answered }

// Failures says how many requests failed and how, to follow a sentence; empty: none failed.
func (t *Tally) Failures() string {
	if len(t.failed) == 0 {
		return ""
	}
	return fmt.Sprintf("; of %s %d failed (%s)", figure.Count(t.Asked, "requests"), t.Asked-t.Answered, t.failed)
}
