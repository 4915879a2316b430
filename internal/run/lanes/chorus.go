package lanes

import (
	"slices"
	"sync"
	"time"

	"github.com/trektribe/bench/reports"
)

// Progress is told what a run is doing.
type Progress interface {
	Show(reports.State)
	Say(line string)
}

// A Chorus shows one of several lanes: the first that has not ended.
type Chorus struct {
	Progress
	until time.Time // about the end of the longest lane
	mu    sync.Mutex
	last  []reports.State
	ended []bool
}

// NewChorus shows so many lanes; longest is about how long the longest of them takes.
func NewChorus(to Progress, lanes int, longest time.Duration) *Chorus {
	return &Chorus{Progress: to, until: time.Now().Add(longest), last: make([]reports.State, lanes), ended: make([]bool, lanes)}
}

// A voice is the Progress of one lane.
type voice struct {
	*Chorus
	n int
}

// Lane is the Progress of lane n.
func (c *Chorus) Lane(n int) Progress { return voice{c, n} }

func (v voice) Show(s reports.State) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last[v.n] = s
	v.show(v.n)
}

// End shows the next lane in the place of lane n.
func (c *Chorus) End(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended[n] = true
	if next := slices.Index(c.ended, false); next > n {
		c.show(next)
	}
}

// show shows lane n if it is the first that has not ended.
func (c *Chorus) show(n int) {
	s := c.last[n]
	if slices.Index(c.ended, false) == n && s.Scenario != "" {
		s.Left = max(s.Left, time.Until(c.until))
		c.Progress.Show(s)
	}
}
