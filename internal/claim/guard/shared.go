package guard

import (
	"fmt"
	"maps"
	"slices"

	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/history"
)

// mostKeys of an instance are remembered, and fewKeys show nothing.
const (
	mostKeys = 2000
	fewKeys  = 3
)

// sharing watches which keys each instance has in Redis.
type sharing struct {
	keys map[string]map[string]bool // by instance
}

func (s *sharing) command(c *history.Command) {
	if c.Key == "" || !c.OK() || len(s.keys[c.Instance]) >= mostKeys {
		return
	}
	if s.keys[c.Instance] == nil {
		if s.keys == nil {
			s.keys = map[string]map[string]bool{}
		}
		s.keys[c.Instance] = map[string]bool{}
	}
	s.keys[c.Instance][c.Key] = true
}

// doubts are why what instances seem to share is not in their Redis.
func (s *sharing) doubts(r *Rules) []Doubt {
	if !r.Assumed.Shared {
		return nil
	}
	names := slices.Sorted(maps.Keys(s.keys))
	for i, a := range names {
		for _, b := range names[i+1:] {
			if s.apart(a, b) {
				return []Doubt{{Complaint: Complaint{Code: code.Assumption, About: "shared",
					Text:   fmt.Sprintf("instances %s and %s have no key in common in Redis: what they share is not there", a, b),
					Remedy: "instances that use the same keys of the Redis of REDIS_URL"}}}
			}
		}
	}
	return nil
}

// apart reports whether two instances have no key in common.
func (s *sharing) apart(a, b string) bool {
	one, other := s.keys[a], s.keys[b]
	if len(one) < fewKeys || len(other) < fewKeys || len(one) >= mostKeys || len(other) >= mostKeys {
		return false
	}
	for k := range one {
		if other[k] {
			return false
		}
	}
	return true
}
