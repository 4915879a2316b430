package board

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/trektribe/bench/internal/exact/evidence"
)

// A history is what one instance said of one organizer, by when it was answered.
type history struct {
	reads []*Read
	most  []int64 // the highest score so far
}

// A teller is one instance on one organizer.
type teller struct{ instance, organizer string }

// monotonic compares each listed score with those that were answered before it was asked for.
func (c *checker) monotonic() {
	said := map[teller]*history{}
	byDone := make([]*Read, len(c.reads))
	instances := map[string]bool{}
	for i := range c.reads {
		byDone[i] = &c.reads[i]
		instances[c.reads[i].Instance] = true
	}
	slices.SortStableFunc(byDone, func(a, b *Read) int { return cmp.Compare(a.Done, b.Done) })
	for _, r := range byDone {
		for _, row := range r.Rows {
			at := teller{r.Instance, row.Organizer}
			h := said[at]
			if h == nil {
				h = &history{}
				said[at] = h
			}
			most := row.Score
			if n := len(h.most); n > 0 {
				most = max(most, h.most[n-1])
			}
			h.reads, h.most = append(h.reads, r), append(h.most, most)
		}
	}
	names := slices.Sorted(maps.Keys(instances))
	for i := range c.reads {
		r := &c.reads[i]
		var back, apart step
		for _, instance := range names {
			if instance == r.Instance {
				back = r.behind(instance, said)
			} else if s := r.behind(instance, said); s.by > apart.by {
				apart = s
			}
		}
		if back.by > 0 {
			c.report.Back.AddFor(back.by, back.witness)
		}
		if apart.by > 0 {
			c.report.Apart.AddFor(apart.by, apart.witness)
		}
	}
}

// A step is how long before a reading a higher score had been answered.
type step struct {
	by      time.Duration // 0: none had
	witness func() evidence.Witness
}

// behind is how long a reading is behind what an instance had answered.
func (r *Read) behind(instance string, said map[teller]*history) (s step) {
	for _, row := range r.Rows {
		h := said[teller{instance, row.Organizer}]
		if h == nil {
			continue
		}
		i := sort.Search(len(h.most), func(i int) bool { return h.most[i] > row.Score })
		if i == len(h.most) || r.Sent-h.reads[i].Done <= s.by {
			continue
		}
		s.by = r.Sent - h.reads[i].Done
		s.witness = func() evidence.Witness {
			return evidence.Witness{At: r.Sent, Until: r.Done, Text: fmt.Sprintf("%s shows %d for %s, and that of instance %s had shown %d %s before",
				r.title(), row.Score, row.Organizer, instance, h.most[i], evidence.Span(r.Sent-h.reads[i].Done))}
		}
	}
	return s
}
