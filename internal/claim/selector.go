package claim

import (
	"fmt"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// A selector picks requests: trips[phase=fault, source!=cache]. Canceled
// requests are never picked: they say nothing about the service.
type selector struct {
	text    string
	stream  string // "all": every stream
	filters []filter
}

// A filter is one key of a selector.
type filter struct {
	key, value string
	not        bool
	status     int           // of the key status
	limit      time.Duration // of the key within
}

var (
	filterKeys = []string{"phase", "source", "instance", "status", "within"}
	sources    = []string{"redis", "memory", "database", "ai", "cache"}
)

// asks reports whether r is one of the requests that s speaks about, before
// looking at what came of them.
func (s *selector) asks(r *history.Request) bool {
	if r.Failure == history.Canceled || s.stream != "all" && s.stream != r.Stream {
		return false
	}
	for i := range s.filters {
		switch f := &s.filters[i]; f.key {
		case "phase":
			if (r.Phase == f.value) == f.not {
				return false
			}
		case "instance":
			if (r.Instance == f.value) == f.not {
				return false
			}
		}
	}
	return true
}

// gets reports whether what came of r, which s asks about, is what s wants. Only
// a correct answer has a source, or came within a time: giving up is no answer.
func (s *selector) gets(r *history.Request) bool {
	for i := range s.filters {
		switch f := &s.filters[i]; f.key {
		case "source":
			if !r.OK() || isFrom(r.Source, f.value) == f.not {
				return false
			}
		case "status":
			if (r.Status == f.status) == f.not {
				return false
			}
		case "within":
			if !r.OK() || (r.Response() <= f.limit) == f.not {
				return false
			}
		}
	}
	return true
}

// isFrom reports whether an answer's source is the wanted one; cache is every
// tier of it.
func isFrom(source, want string) bool {
	if want == "cache" {
		return source == "redis" || source == "memory" || source == "cache"
	}
	return source == want
}

// phase reports whether s speaks about the phase.
func (s *selector) phase(name string) bool {
	for _, f := range s.filters {
		if f.key == "phase" && (name == f.value) == f.not {
			return false
		}
	}
	return true
}

// has reports whether s filters by key.
func (s *selector) has(key string) bool {
	return slices.ContainsFunc(s.filters, func(f filter) bool { return f.key == key })
}

// fromCache reports whether s wants answers from the cache only.
func (s *selector) fromCache() bool {
	return slices.ContainsFunc(s.filters, func(f filter) bool {
		return f.key == "source" && !f.not && isFrom(f.value, "cache")
	})
}

// A tally counts what a selector met.
type tally struct {
	sel      selector
	asked    int // requests that the selector speaks about
	answered int // of these, correct answers
	said     int // of these, with a source
	vague    int // of these, from a cache whose tier the selector wants and the service does not say
	failed   fates
}

// see counts r and reports whether it is selected.
func (t *tally) see(r *history.Request) bool {
	if !t.sel.asks(r) {
		return false
	}
	t.asked++
	if r.OK() {
		t.answered++
		if r.Source != "" {
			t.said++
		}
		if r.Source == "cache" && t.sel.wantsTier() {
			t.vague++
		}
	} else {
		t.failed.add(r)
	}
	return t.sel.gets(r)
}

func (s *selector) wantsTier() bool {
	return slices.ContainsFunc(s.filters, func(f filter) bool {
		return f.key == "source" && (f.value == "redis" || f.value == "memory")
	})
}

// missing is why nothing can be said about the selector; nil: something can.
func (t *tally) missing() *figure.Absence {
	switch {
	case t.asked == 0:
		return figure.Absent("no request of "+t.sel.text+" was observed", "traffic that "+t.sel.text+" selects")
	case t.sel.has("source") && t.answered > 0 && t.said == 0:
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
