package scenarios_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/trektribe/bench/scenarios"
)

// The scope says where there is no cache and no Redis, as the library's scenarios have it.
func TestTheScopeKnowsWhatPhasesSwitchOff(t *testing.T) {
	for name, want := range map[string]struct {
		uncached map[string][]string
		noRedis  []string
	}{
		"trips":              {map[string][]string{"uncached": {"listing"}}, nil},
		"redis-unconfigured": {nil, []string{"without", "changes_without"}},
		"redis-outage":       {nil, nil},
	} {
		s, err := scenarios.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		got := s.Scope()
		if !reflect.DeepEqual(got.Uncached, want.uncached) || !slices.Equal(got.NoRedis, want.noRedis) {
			t.Errorf("%s: %v and %v, want %v", name, got.Uncached, got.NoRedis, want)
		}
	}
}
