package prove

// A Cursor finds places near the last that it found fast, and any others too.
type Cursor struct{ i int }

// Begun is as of Spans.
func (c *Cursor) Begun(s *Spans, t int64) int {
	c.i = min(c.i, len(s.All))
	for range near {
		switch {
		case c.i < len(s.All) && s.All[c.i].Sent < t:
			c.i++
		case c.i > 0 && s.All[c.i-1].Sent >= t:
			c.i--
		default:
			return c.i
		}
	}
	c.i = s.Begun(t)
	return c.i
}

// Over is as of Spans.
func (c *Cursor) Over(s *Spans, t int64) int {
	c.i = min(c.i, len(s.Ended))
	for range near {
		switch {
		case c.i < len(s.Ended) && s.Ended[c.i] < t:
			c.i++
		case c.i > 0 && s.Ended[c.i-1] >= t:
			c.i--
		default:
			return c.i
		}
	}
	c.i = s.Over(t)
	return c.i
}

// near is how far a Cursor walks before it searches.
const near = 24
