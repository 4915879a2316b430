package prove

// kept asks how few of the allowed requests were over the limit.
type kept struct{}

func (kept) leave(*chain, *state, *edge) {}

func (kept) enter(c *chain, s *state, e *edge, at place, front []state) []state {
	n := *s
	n.parent = e.i
	// What is under way may as well be counted in this window while it has room.
	// Over the limit it is no worse off in the next, where it costs one at most.
	placed := max(int(s.placed), at.must, min(e.reach, int(s.placed)+e.room))
	if spare := at.there - 1; !c.clock && placed > spare && spare >= max(int(s.placed), at.must) {
		placed = spare // one is left to open the next window
	}
	n.placed = int32(placed)
	n.full = placed-int(s.placed) >= e.room
	n.cost = s.cost + int32(max(0, placed-int(s.placed)-e.room))
	if s.parent < 0 {
		n.cost, n.full = 0, false
		if placed > 0 {
			return front // nothing was decided before the first window
		}
	}
	if placed == c.t.Allowed.Len() {
		return front // whoever comes last needs no window more
	}
	return c.begin(n, at, front)
}

func (kept) last(c *chain, s *state, e *edge) int32 {
	return s.cost + int32(max(0, c.t.Allowed.Len()-int(s.placed)-e.room))
}

func (kept) better(_ *chain, a, b *state) bool {
	return a.cost+max(0, b.placed-a.placed) <= b.cost && a.used <= b.used && (!a.joker || b.joker)
}

func (kept) both(a, b *state) state {
	n := *a
	n.cost, n.placed, n.used = min(a.cost, b.cost), max(a.placed, b.placed), min(a.used, b.used)
	n.joker = a.joker && b.joker
	return n
}
