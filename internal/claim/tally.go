package claim

import (
	"fmt"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// asks reports whether s is about r, before looking at what came of it. No selector
// is about a canceled request, which says nothing about the service.
func asks(s *expr.Selector, r *history.Request) bool {
	return r.Failure != history.Canceled && (s.Stream == "all" || s.Stream == r.Stream) && s.Phase(r.Phase) && s.Instance(r.Instance)
}

// gets reports whether what came of r, which s is about, is what s wants. Only a
// correct answer has a source, or came within a time: giving up is no answer.
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
		case "within":
			if !r.OK() || (r.Response() <= f.Limit) == f.Not {
				return false
			}
		}
	}
	return true
}

// A tally counts what a selector met.
type tally struct {
	sel      expr.Selector
	asked    int // requests that the selector speaks about
	answered int // of these, correct answers
	said     int // of these, with a source
	vague    int // of these, from a cache whose tier the selector wants and the service does not say
	failed   fates
}

// see counts r and reports whether it is selected.
func (t *tally) see(r *history.Request) bool {
	if !asks(&t.sel, r) {
		return false
	}
	t.asked++
	if r.OK() {
		t.answered++
		if r.Source != "" {
			t.said++
		}
		if r.Source == "cache" && t.sel.WantsTier() {
			t.vague++
		}
	} else {
		t.failed.add(r)
	}
	return gets(&t.sel, r)
}

// missing is why nothing can be said about the selector; nil: something can.
func (t *tally) missing() *figure.Absence {
	switch {
	case t.asked == 0:
		return figure.Absent("no request of "+t.sel.Text+" was observed", "traffic that "+t.sel.Text+" selects")
	case t.sel.Has("source") && t.answered > 0 && t.said == 0:
		return figure.Absent("the service does not say where its answers come from", "X-Source on its answers")
	case t.vague > 0:
		return figure.Absent("the service says \"cache\", not which tier of it", "X-Source: redis or memory on its answers")
	}
	return nil
}

// mostlyFailed reports whether at least half of the requests got no correct answer.
func (t *tally) mostlyFailed() bool { return t.asked >= 2*t.answered }

// failures says how many requests failed and how, to follow a sentence; empty: none did.
func (t *tally) failures() string {
	if len(t.failed) == 0 {
		return ""
	}
	return fmt.Sprintf("; of %s %d failed (%s)", figure.Count(t.asked, "requests"), t.asked-t.answered, t.failed)
}
