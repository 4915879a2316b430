package prove

import "slices"

// findStarts collects where the next window may begin, after any of the edges.
func (c *chain) findStarts() {
	c.starts, c.marks = c.starts[:0], c.marks[:0]
	if c.clock {
		for i := range c.edges {
			at := c.tick(&c.edges[i])
			if c.edges[i].upto = at; at < Far {
				c.starts = append(c.starts, stretch{at, at})
			}
		}
		c.starts = slices.Compact(c.starts)
		return
	}
	lo, hi := int64(Far), int64(-Far)
	for i := range c.edges {
		e := &c.edges[i]
		if e.upto < e.end {
			continue
		}
		lo, hi = min(lo, c.opens(e)), max(hi, e.upto)
	}
	if lo > hi {
		return
	}
	// Where one more request comes into reach of the window, or can open it.
	tails := []*Spans{&c.t.Allowed}
	if _, ok := c.judge.(granted); ok {
		tails = append(tails, &c.t.Refused, &c.t.Open)
	}
	n := c.t.Open.Begun(hi+1) - c.t.Open.Begun(lo+1)
	for _, s := range tails {
		n += s.Begun(hi+c.window) - s.Begun(lo+c.window)
	}
	if n+len(c.marks) > c.width {
		c.quantiles(tails, lo, hi, n)
		return
	}
	for _, s := range tails {
		for _, v := range s.All[s.Begun(lo+c.window):s.Begun(hi+c.window)] {
			c.marks = append(c.marks, v.Sent-c.window+1)
		}
	}
	for _, v := range c.t.Open.All[c.t.Open.Begun(lo+1):c.t.Open.Begun(hi+1)] {
		c.marks = append(c.marks, v.Sent)
	}
	slices.Sort(c.marks)
	c.marks = slices.Compact(c.marks)
	for _, m := range c.marks {
		c.starts = append(c.starts, stretch{m, m})
	}
	slices.SortFunc(c.starts, func(a, b stretch) int { return int(min(1, max(-1, a.from-b.from))) })
	c.starts = slices.Compact(c.starts)
}

// opens notes the earliest instants at which something can open the window after e.
func (c *chain) opens(e *edge) int64 {
	a, used := &c.t.Allowed, int(c.states[e.i].used)
	lo := int64(Far)
	note := func(at int64) {
		if at <= e.upto {
			c.marks = append(c.marks, at)
			lo = min(lo, at)
		}
	}
	i := a.Begun(e.end)
	if i > a.Over(e.end) {
		note(e.end) // some are under way
	}
	// The first that this window cannot have counted; where it is open when the
	// window ends, that may be a later one.
	for ; i < a.Len() && i <= e.reach && len(c.marks) <= c.width; i++ {
		note(a.All[i].Sent)
	}
	if c.t.Open.Len() > used {
		note(max(e.end, c.t.Open.All[used].Sent))
	}
	return lo
}

// quantiles covers [lo, hi] with stretches in which about equally many of the n marks lie.
func (c *chain) quantiles(tails []*Spans, lo, hi int64, n int) {
	c.marks = append(c.marks[:0], lo)
	stride := max(1, 2*n/c.width)
	for _, s := range tails {
		for i := s.Begun(lo + c.window); i < s.Begun(hi+c.window); i += stride {
			c.marks = append(c.marks, s.All[i].Sent-c.window+1)
		}
	}
	// Where few marks lie, states do: they are as many, and as close, as their starts.
	for i := range c.edges {
		if e := &c.edges[i]; e.end > lo && e.end <= hi && len(c.marks) < c.width {
			c.marks = append(c.marks, e.end)
		}
	}
	slices.Sort(c.marks)
	c.marks = slices.Compact(c.marks)
	for i, m := range c.marks {
		to := hi
		if i+1 < len(c.marks) {
			to = c.marks[i+1] - 1
		}
		c.starts = append(c.starts, stretch{m, to})
	}
}

// tick is when the next window of the clock begins that matters; Far: none does.
func (c *chain) tick(e *edge) int64 {
	next := int64(Far)
	for _, s := range []*Spans{&c.t.Allowed, &c.t.Refused} {
		if s == &c.t.Refused && c.t.Open.Len() < c.limit {
			continue // without an allowed request nothing can fill a window
		}
		i := s.Begun(e.end)
		if i > s.Over(e.end) {
			return e.end // one is under way
		}
		if i < s.Len() {
			next = min(next, s.All[i].Sent)
		}
	}
	if next == Far {
		return Far
	}
	return e.end + (next-e.end)/c.window*c.window
}
