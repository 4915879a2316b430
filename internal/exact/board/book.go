package board

import (
	"cmp"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/exact/evidence"
)

type checker struct {
	places int
	by     map[string]*organizer
	all    []*organizer // with a booking, by name
	reads  []Read       // by the time sent
	report Report
}

// A place is a booking's id at one organizer.
type place struct{ id, organizer string }

// book enters the bookings.
func (c *checker) book(bookings []Booking) {
	sent, acked := map[place]time.Duration{}, map[place]time.Duration{}
	organizers := map[string]int{} // of an id
	for _, b := range bookings {
		if b.Fate == evidence.Refused {
			continue
		}
		at := place{b.ID, b.Organizer}
		if first, again := sent[at]; again {
			c.report.Repeats++
			sent[at] = min(first, b.Sent)
		} else {
			sent[at] = b.Sent
			organizers[b.ID]++
		}
		if first, again := acked[at]; b.Fate == evidence.Acknowledged && (!again || b.Done < first) {
			acked[at] = b.Done
		}
	}
	for at, t := range sent {
		o := c.by[at.organizer]
		if o == nil {
			o = &organizer{name: at.organizer}
			c.by[at.organizer] = o
			c.all = append(c.all, o)
		}
		o.sent = append(o.sent, t)
		if t, ok := acked[at]; ok && organizers[at.id] == 1 {
			o.acked = append(o.acked, t)
			c.report.Acked++
		}
	}
	slices.SortFunc(c.all, func(a, b *organizer) int { return cmp.Compare(a.name, b.name) })
	for _, o := range c.all {
		slices.Sort(o.sent)
		slices.Sort(o.acked)
	}
}

// begin finds what each organizer began with: what was read before its first booking was sent.
func (c *checker) begin() {
	c.report.Organizers = len(c.all)
	early := slices.Clone(c.reads)
	slices.SortStableFunc(early, func(a, b Read) int { return cmp.Compare(a.Done, b.Done) })
	done := make([]time.Duration, len(early))
	unlisted := make([]int64, len(early)) // of the readings so far, the most that an organizer may have that is not listed
	listed := map[*organizer]int{}
	most := int64(0)
	for i, r := range early {
		done[i] = r.Done
		if c.full(&r) {
			most = max(most, r.Rows[len(r.Rows)-1].Score)
		}
		unlisted[i] = most
		for _, row := range r.Rows {
			o := c.by[row.Organizer]
			if o == nil || r.Done >= o.sent[0] {
				continue
			}
			if listed[o]++; listed[o] == 1 {
				o.lo, o.hi = row.Score, row.Score
			}
			o.lo, o.hi = min(o.lo, row.Score), max(o.hi, row.Score)
		}
	}
	for _, o := range c.all {
		n := evidence.Before(done, o.sent[0])
		if o.based = n > 0; o.based {
			c.report.Based++
		}
		if n > listed[o] {
			o.lo, o.hi = 0, max(o.hi, unlisted[n-1])
		}
		o.n = o.lo
	}
}

// strangers counts the readings that list somebody, if none lists one who was booked: then the names do not match.
func (c *checker) strangers() {
	for _, r := range c.reads {
		for _, row := range r.Rows {
			if c.by[row.Organizer] != nil {
				c.report.Strangers = 0
				return
			}
		}
		if len(r.Rows) > 0 {
			c.report.Strangers++
		}
	}
}
