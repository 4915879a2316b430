package board

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/exact/evidence"
)

// A gap is what one reading lacks of one organizer.
type gap struct {
	of    *organizer
	shown int64 // at most
	lacks int64
}

// walk holds each reading against what was acknowledged before it was sent.
func (c *checker) walk() {
	type ack struct {
		at time.Duration
		of *organizer
	}
	var acks []ack
	for _, o := range c.all {
		for _, t := range o.acked {
			acks = append(acks, ack{t, o})
		}
	}
	slices.SortStableFunc(acks, func(a, b ack) int { return cmp.Compare(a.at, b.at) })
	ranking := slices.Clone(c.all)
	slices.SortFunc(ranking, byRank)
	next := 0
	for i := range c.reads {
		r := &c.reads[i]
		for ; next < len(acks) && acks[next].at < r.Sent; next++ {
			rise(ranking, acks[next].of)
		}
		if next > 0 {
			c.report.Compared++
		}
		gaps, missing := c.lacking(r, ranking)
		c.late(r, gaps)
		c.order(r, missing)
		c.beyond(r)
		if i == len(c.reads)-1 {
			c.lost(r, gaps)
		}
	}
	for _, o := range c.all {
		if o.most > 0 {
			c.report.Doubled.Add(int(o.most), o.most, o.excess)
		}
	}
}

func byRank(a, b *organizer) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(b.name, a.name)) }

// rise counts one more for o, and moves it to its place in the ranking.
func rise(ranking []*organizer, o *organizer) {
	was, _ := slices.BinarySearchFunc(ranking, o, byRank)
	o.n++
	to, _ := slices.BinarySearchFunc(ranking[:was], o, byRank)
	copy(ranking[to+1:was+1], ranking[to:was])
	ranking[to] = o
}

// lacking is what a reading lacks, and, where it is full, who is ahead of the last one and is not listed.
func (c *checker) lacking(r *Read, ranking []*organizer) (gaps []gap, missing []*organizer) {
	listed := map[string]bool{}
	for _, row := range r.Rows {
		listed[row.Organizer] = true
		if o, shown := c.by[row.Organizer], max(0, row.Score); o != nil && shown < o.n {
			gaps = append(gaps, gap{o, shown, o.n - shown})
		}
	}
	full := c.full(r)
	for _, o := range ranking {
		shown := int64(0)
		if full {
			last := r.Rows[len(r.Rows)-1]
			if !ahead(o.n, o.name, last.Score, last.Organizer) {
				break // nor is anybody after it
			}
			if shown = last.Score; ahead(shown, o.name, last.Score, last.Organizer) {
				shown--
			}
			shown = max(0, shown) // who has none need not be listed
		}
		if o.n <= shown {
			break
		}
		if listed[o.name] {
			continue
		}
		gaps = append(gaps, gap{o, shown, o.n - shown})
		if full {
			missing = append(missing, o)
		}
	}
	return gaps, missing
}

// late notes a reading that lacks something.
func (c *checker) late(r *Read, gaps []gap) {
	if len(gaps) == 0 {
		return
	}
	longest, worst := time.Duration(0), gaps[0]
	for _, g := range gaps {
		// What is shown may be any of the bookings: most favourably, the first ones.
		first := max(0, g.shown-g.of.lo)
		if first >= int64(len(g.of.acked)) {
			continue // what it began with is gone
		}
		if d := r.Sent - g.of.acked[first]; d > longest {
			longest, worst = d, g
		}
	}
	c.report.Late.AddFor(longest, func() evidence.Witness { return worst.witness(r) })
}

// lost notes what the last reading lacks.
func (c *checker) lost(r *Read, gaps []gap) {
	for _, g := range gaps {
		c.report.Lost.Add(int(g.lacks), g.lacks, func() evidence.Witness { return g.witness(r) })
	}
}

func (g gap) witness(r *Read) evidence.Witness {
	text := fmt.Sprintf("%s shows at most %d for %s, which has at least %d", r.title(), g.shown, g.of.name, g.shown+g.lacks)
	if n := evidence.Before(g.of.acked, r.Sent); n > 0 {
		ago := func(i int64) string { return evidence.Span(r.Sent - g.of.acked[i]) }
		text += fmt.Sprintf(": of its %d bookings one more than shown was acknowledged %s before, and all %s before", n, ago(min(max(0, g.shown-g.of.lo), int64(n-1))), ago(int64(n-1)))
	}
	if g.of.lo > 0 {
		text += fmt.Sprintf(", and it began with %d", g.of.lo)
	}
	return evidence.Witness{At: r.Sent, Until: r.Done, Text: text}
}

func (r *Read) title() string { return "the leaderboard of instance " + r.Instance }

// order holds the rows of a reading against one another, and notes who is missing.
func (c *checker) order(r *Read, missing []*organizer) {
	seen := map[string]bool{}
	for i, row := range r.Rows {
		wrong := ""
		switch {
		case seen[row.Organizer]:
			wrong = fmt.Sprintf("%s lists %s twice", r.title(), row.Organizer)
		case i > 0 && ahead(row.Score, row.Organizer, r.Rows[i-1].Score, r.Rows[i-1].Organizer):
			wrong = fmt.Sprintf("%s lists %s with %d before %s with %d", r.title(),
				r.Rows[i-1].Organizer, r.Rows[i-1].Score, row.Organizer, row.Score)
		}
		if wrong != "" {
			c.report.Misordered.Add(1, 0, func() evidence.Witness { return evidence.Witness{At: r.Sent, Until: r.Done, Text: wrong} })
			break
		}
		seen[row.Organizer] = true
	}
	if len(missing) > 0 {
		c.report.Missing.Add(1, int64(len(missing)), func() evidence.Witness {
			o, last := missing[0], r.Rows[len(r.Rows)-1]
			return evidence.Witness{At: r.Sent, Until: r.Done, Text: fmt.Sprintf("%s ends with %s at %d, without %s, which has at least %d",
				r.title(), last.Organizer, last.Score, o.name, o.n)}
		})
	}
}

// beyond notes counts that no bookings explain.
func (c *checker) beyond(r *Read) {
	for _, row := range r.Rows {
		o := c.by[row.Organizer]
		if o == nil || !o.based {
			continue
		}
		n := o.hi + int64(evidence.UpTo(o.sent, r.Done))
		if excess := row.Score - n; excess > o.most {
			o.most = excess
			o.excess = func() evidence.Witness {
				return evidence.Witness{At: r.Sent, Until: r.Done, Text: fmt.Sprintf("%s shows %d for %s: %d bookings were sent by then, and it began with at most %d",
					r.title(), row.Score, o.name, n-o.hi, o.hi)}
			}
		}
	}
}
