package prove

// granted asks how few of the refused requests were below the limit.
//
// A window is full once it has counted as many as the limit. From then to its
// end it refuses rightly. So a refused request is wrong if it was sent after the
// last full window ended, and done before the next was full.
type granted struct{}

func (granted) leave(c *chain, s *state, e *edge) {
	a, o := &c.t.Allowed, &c.t.Open
	e.fullAt = Far
	if s.parent < 0 {
		return
	}
	allowed, open := max(0, e.reach-int(s.placed)), max(0, o.Begun(e.late)-int(s.used))
	if allowed+open < e.room {
		return
	}
	e.takes, e.jokers = max(0, e.room-open), max(0, e.room-allowed)
	e.fullAt = s.from
	if e.room > 0 {
		e.fullAt = max(s.from, nth(a.All[e.reach-allowed:e.reach], o.All[o.Begun(e.late)-open:], e.room))
	}
	e.amiss = int32(c.t.Refused.within(s.shut, e.fullAt))
}

func (granted) enter(c *chain, s *state, e *edge, at place, front []state) []state {
	n := *s
	n.parent = e.i
	n.full = false
	n.placed = s.placed
	if s.parent >= 0 && !c.clock && !s.joker && c.t.Open.Begun(s.to+1) <= int(s.used) {
		n.placed++ // the one that must have opened it
	}
	if n.placed = max(n.placed, int32(at.must)); s.parent < 0 && n.placed > 0 {
		return front // nothing was decided before the first window
	}
	front = granted{}.begin(c, n, at, front)
	if e.fullAt == Far {
		return front
	}
	n.used, n.full, n.shut = s.used+int32(e.jokers), true, e.late
	n.asked = int32(c.t.Refused.Begun(e.late))
	fullAt, amiss := e.fullAt, e.amiss
	for try := 0; ; try++ {
		// Those sent after the window was full and done before the next are in it too.
		more := 0
		if try < c.tries && e.takes == e.room { // else it is enough of this: as if none had been
			more = c.t.Allowed.within(fullAt+1, at.from)
		}
		placed := max(int(n.placed), int(s.placed)+e.takes+more)
		if placed <= e.reach {
			f := n
			f.placed, f.cost = int32(placed), s.cost+amiss
			front = granted{}.begin(c, f, at, front)
		}
		if placed == max(int(n.placed), int(s.placed)+e.takes) {
			return front
		}
		// Or it was full later, and left more of those under way to the next.
		fullAt = c.t.Allowed.All[c.t.Allowed.Begun(fullAt+1)].Sent
		amiss = int32(c.t.Refused.within(s.shut, fullAt))
	}
}

// begin leaves out windows that nothing can fill any more.
func (granted) begin(c *chain, n state, at place, front []state) []state {
	if c.t.Allowed.Len()-int(n.placed)+c.t.Open.Len()-int(n.used) < c.limit && int(n.placed) == c.t.Allowed.Len() {
		return front
	}
	return c.begin(n, at, front)
}

func (granted) last(c *chain, s *state, e *edge) int32 {
	cost := s.cost + int32(c.t.Refused.within(s.shut, Far))
	if e.fullAt < Far {
		cost = min(cost, s.cost+e.amiss+int32(c.t.Refused.within(e.late, Far)))
	}
	return cost
}

// better compares what a and b must still pay for refusals before the next full
// window: of those between the ends of their last full windows, at most all, and
// at least those that are not under way any more.
func (granted) better(c *chain, a, b *state) bool {
	if a.placed > b.placed || a.used > b.used || b.joker && !a.joker {
		return false
	}
	between := int(b.asked) - int(a.asked) // refused since a's, and before b's
	if between > 0 {
		return int(a.cost)+between <= int(b.cost)
	}
	return int(a.cost) <= int(b.cost)+max(0, min(int(a.asked), c.asked)-int(b.asked)-c.denied)
}

func (granted) both(a, b *state) state {
	n := *a
	n.cost, n.placed, n.used = min(a.cost, b.cost), min(a.placed, b.placed), min(a.used, b.used)
	n.joker, n.shut, n.asked = a.joker || b.joker, max(a.shut, b.shut), max(a.asked, b.asked)
	return n
}

// nth is when the n-th of a and b together was sent; there are as many.
func nth(a, b []Span, n int) int64 {
	// Of the n first, i are of a: the fewest for which the rest of b come no later than what is left of a.
	lo, hi := max(0, n-len(b)), min(n, len(a))
	for lo < hi {
		if i := (lo + hi) / 2; a[i].Sent < b[n-i-1].Sent {
			lo = i + 1
		} else {
			hi = i
		}
	}
	at := int64(-Far)
	if lo > 0 {
		at = a[lo-1].Sent
	}
	if lo < n {
		at = max(at, b[n-lo-1].Sent)
	}
	return at
}
