package run

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/inspect"
	"github.com/trektribe/bench/internal/lab"
)

// A wireSeen keeps of the commands of a scenario what somebody must be told who set the service up. Safe for concurrent use.
type wireSeen struct {
	mu      sync.Mutex
	asked   map[string]bool // arms of which a connection was seen
	tls     map[string]bool // and one that speaks TLS
	unknown map[string]bool // commands that Redis does not know
}

func newWireSeen() *wireSeen {
	return &wireSeen{asked: map[string]bool{}, tls: map[string]bool{}, unknown: map[string]bool{}}
}

func (s *wireSeen) see(c *history.Command) {
	lacks := c.Reply == history.ReplyError && c.Error == history.UnknownCommand
	tls := c.Reply == history.NotFollowed && c.Error == "TLS"
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[c.Arm] = true
	if lacks {
		s.unknown[c.Name] = true
	}
	if tls {
		s.tls[c.Arm] = true
	}
}

// warnings are what must be told of arms whose scenario is over.
func (s *wireSeen) warnings(arms []lab.Arm, redis string) (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range arms {
		switch {
		case s.tls[a.Name]:
			out = append(out, "the service ("+a.Name+") "+inspect.SpeaksTLS)
		case !s.asked[a.Name]:
			out = append(out, "the service ("+a.Name+") "+inspect.Unheard)
		}
	}
	if len(s.unknown) > 0 {
		out = append(out, fmt.Sprintf("the service asked for commands that this Redis (%s) does not know: %s. Use a Redis that has them: --redis server, or a redis:// URL",
			redis, strings.Join(slices.Sorted(maps.Keys(s.unknown)), ", ")))
	}
	return out
}
