package expr

import (
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/source"
)

// A Selector picks requests: trips[phase=fault, source!=cache].
type Selector struct {
	Text    string // as written
	Stream  string // "all": every stream
	Filters []Filter
}

// A Filter is one key of a selector.
type Filter struct {
	Key, Value string
	Not        bool
	Status     int           // of the key status
	Limit      time.Duration // of the key within
}

// FilterKeys are all keys that selectors may have.
func FilterKeys() []string {
	return []string{"phase", "source", "instance", "status", "within", Correct}
}

// Correct is the key that takes no value: trips[ok] are those that were answered correctly.
const Correct = "ok"

// PlannedKeys are the keys that are known before a request has an outcome.
func PlannedKeys() []string { return []string{"phase", "instance"} }

// Phase reports whether s is about the phase.
func (s *Selector) Phase(name string) bool { return s.admits("phase", name) }

// Instance reports whether s is about the instance.
func (s *Selector) Instance(name string) bool { return s.admits("instance", name) }

// admits reports whether every filter by key lets the value through.
func (s *Selector) admits(key, value string) bool {
	for _, f := range s.Filters {
		if f.Key == key && (value == f.Value) == f.Not {
			return false
		}
	}
	return true
}

// Has reports whether s filters by key.
func (s *Selector) Has(key string) bool {
	return slices.ContainsFunc(s.Filters, func(f Filter) bool { return f.Key == key })
}

// FromCache reports whether s wants answers from the cache only.
func (s *Selector) FromCache() bool {
	return slices.ContainsFunc(s.Filters, func(f Filter) bool {
		return f.Key == "source" && !f.Not && source.Is(f.Value, source.Cache)
	})
}

// WantsTier reports whether s tells the tiers of the cache apart.
func (s *Selector) WantsTier() bool {
	return slices.ContainsFunc(s.Filters, func(f Filter) bool {
		return f.Key == "source" && (f.Value == source.Redis || f.Value == source.Memory)
	})
}

// mayBeFrom reports whether s lets answers from the source through.
func (s *Selector) mayBeFrom(name string) bool {
	return !slices.ContainsFunc(s.Filters, func(f Filter) bool {
		return f.Key == "source" && source.Is(name, f.Value) == f.Not
	})
}
