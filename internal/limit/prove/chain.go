package prove

import (
	"math"
	"slices"
)

// A chain looks for the windows, one after the other, that explain a track best.
//
// Where a window may begin depends on where the last one began, and on which of
// the requests under way at its end it had counted. All that matters of the past
// is in a state: when the window begins, and how many requests the windows before
// it have taken; which ones they were does not matter (doc.go says why). The
// states of the first window lead to those of the second, and so on. A start
// matters only where the window would reach one request more; of the starts in
// between, the first is as good as any.
//
// Where the states of a window are more than width, neighbours are taken
// together: the start may then lie anywhere between theirs, and each figure is
// the best of theirs. The result can only get better for the service.
type chain struct {
	t      *Track
	limit  int
	window int64
	clock  bool // the clock sets the windows: at epoch, and every window before and after
	epoch  int64
	judge  side
	last   int64 // of the track
	width  int   // states of a window, at most
	deep   int   // and of these with one beginning
	tries  int   // instants at which a window may have been full that granted looks at

	states []state
	edges  []edge
	starts []stretch // where the next window may begin
	marks  []int64
	front  []state
	next   state
	asked  int // refused requests sent before the next window begins
	denied int // and of these under way then
}

// A side is what the chain asks: how few are over the limit (kept), or how few
// were refused below it (granted).
type side interface {
	leave(c *chain, s *state, e *edge)
	enter(c *chain, s *state, e *edge, at place, front []state) []state
	last(c *chain, s *state, e *edge) int32
	better(c *chain, a, b *state) bool // a is at least as good as b, whatever follows
	both(a, b *state) state            // at least as good as either
}

// A state is one way to come to the beginning of a window.
type state struct {
	from, to int64 // when it begins: to is later only where states were taken together
	placed   int32 // allowed requests that the windows before have counted
	used     int32 // requests without an answer taken as counted
	cost     int32 // errors so far
	parent   int32 // the state of the window before; -1: this is before the first window
	joker    bool  // a request without an answer opens it
	full     bool  // the window before was full
	shut     int64 // granted: when the last full window ended
	asked    int32 // granted: refused requests sent before that
}

// An edge is what the end of a state's window allows next.
type edge struct {
	i      int32
	end    int64 // of the window, at the earliest
	late   int64 // at the latest
	reach  int   // allowed requests sent by then
	upto   int64 // the next window begins by then, or some request has none
	room   int   // the window's limit, less what opened it without an answer
	fullAt int64 // granted: the earliest that it may be full; Far: never
	takes  int   // granted: allowed requests that it takes to be full, at least
	jokers int   // granted: requests without an answer that it takes at least
	amiss  int32 // granted: refused before it was full, and after the last full window
}

type stretch struct{ from, to int64 }

// A place is where a window may begin, and what is known about it.
type place struct {
	stretch
	must  int // allowed requests that were done before
	there int // allowed requests sent by then
	open  int // requests without an answer sent by then
}

func newChain(t *Track, r Reading, judge side) *chain {
	c := &chain{t: t, limit: r.Limit, window: int64(r.Window), clock: r.Kind == FixedClock, epoch: int64(r.Epoch), judge: judge}
	n := t.Allowed.Len() + t.Refused.Len()
	c.last = t.last()
	windows := min(n, 1+int((c.last-t.First())/c.window))
	// Each window costs its states squared.
	c.width, c.deep = max(5, min(100, int(math.Sqrt(float64(t.Steps*n)/float64(max(1, windows)))))), 2
	if t.Steps >= Thorough {
		c.deep, c.tries = 4, 16
		if n <= 40 {
			c.width, c.deep = 400, 40 // all that there can be
		}
	}
	return c
}

// run returns the fewest errors, and the states of the windows that show so few.
func (c *chain) run() (cost int, path []state) {
	first := min(c.t.Allowed.First(), c.t.Open.First())
	if c.clock {
		first = Floor(first, c.window, c.epoch)
	}
	c.states = append(c.states[:0], state{from: first - c.window, to: first - c.window, parent: -1, shut: -Far})
	best, at := int32(math.MaxInt32), -1
	for layer := 0; layer < len(c.states); {
		next := len(c.states)
		c.edges = c.edges[:0]
		for i := layer; i < next; i++ {
			c.edges = append(c.edges, edge{i: int32(i)})
			e := &c.edges[i-layer]
			c.leave(e)
			if e.reach == c.t.Allowed.Len() {
				if cost := c.judge.last(c, &c.states[i], e); cost < best {
					best, at = cost, i
				}
			}
		}
		c.follow()
		layer = next
	}
	for i := at; i >= 0 && c.states[i].parent >= 0; i = int(c.states[i].parent) {
		path = append(path, c.states[i])
	}
	slices.Reverse(path)
	return int(best), path
}

// leave finds what the end of a state's window allows.
func (c *chain) leave(e *edge) {
	s, a := &c.states[e.i], &c.t.Allowed
	e.end, e.late, e.room = s.from+c.window, s.to+c.window, c.limit
	if s.joker {
		e.room--
	}
	if s.parent < 0 {
		e.room = 0
	}
	if e.reach = a.Begun(e.late); e.reach < a.Len() {
		e.upto = a.Soonest[e.reach]
	} else if a.Len() > 0 {
		e.upto = a.Ended[a.Len()-1]
	}
	if e.reach == a.Len() && c.t.Open.Len() > 0 {
		e.upto = max(e.upto, c.last)
	}
	c.judge.leave(c, s, e)
}

// follow adds the states of the next window.
func (c *chain) follow() {
	c.findStarts()
	a := &c.t.Allowed
	var must, there, open, asked, done Cursor
	for _, st := range c.starts {
		p := place{stretch: st, must: must.Over(a, st.from), there: there.Begun(a, st.to+1), open: open.Begun(&c.t.Open, st.to+1)}
		c.asked = asked.Begun(&c.t.Refused, st.from)
		c.denied = c.asked - done.Over(&c.t.Refused, st.from)
		front := c.front[:0]
		for i := range c.edges {
			e := &c.edges[i]
			if e.end > p.to {
				break // as those after it, for they begin no earlier
			}
			if p.from <= e.upto && p.must <= e.reach {
				front = c.judge.enter(c, &c.states[e.i], e, p, front)
			}
		}
		c.states = append(c.states, front...)
		c.front = front
	}
}

// begin adds s, the state before a window, if something can open that window.
func (c *chain) begin(s state, at place, front []state) []state {
	s.from, s.to = at.from, at.to
	s.joker = false
	if !c.clock && int(s.placed) >= at.there {
		if at.open <= int(s.used) {
			return front
		}
		s.joker, s.used = true, s.used+1
	}
	c.next = s // whose address the side may take at no cost
	for i := range front {
		if c.judge.better(c, &front[i], &c.next) {
			return front
		}
	}
	left := front[:0]
	for i := range front {
		if !c.judge.better(c, &c.next, &front[i]) {
			left = append(left, front[i])
		}
	}
	front = left
	if n := len(front); n == c.deep {
		front[n-1] = c.judge.both(&front[n-1], &c.next)
		return front
	}
	return append(front, s)
}
