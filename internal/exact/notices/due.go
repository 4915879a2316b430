package notices

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/trektribe/bench/internal/exact/evidence"
)

// until is how long a socket was surely attached.
func (c *checker) until(s *socket) time.Duration {
	switch {
	case s.End == Never:
		return c.terms.Until
	case s.Closed:
		return min(s.End-c.terms.Notice, c.terms.Until)
	}
	return min(s.End, c.terms.Until)
}

// due looks for what must have come on each socket.
func (c *checker) due() {
	for _, s := range c.sockets {
		if s.Attached == Never {
			continue
		}
		until := c.until(s)
		for _, n := range from(c.byUser[s.User], s.Attached) {
			if n.sent > until {
				break
			}
			if n.acked == Never || n.acked > until-c.terms.Within {
				continue
			}
			c.report.Due++
			at, came := s.first[n.ID]
			if came && at <= n.acked+c.terms.Within {
				continue
			}
			c.report.LastLost = max(c.report.LastLost, n.sent)
			if came {
				c.report.Lost.AddFor(at-n.acked, func() evidence.Witness { return s.missed(n, "no sooner than", at) })
			} else {
				c.report.Lost.Add(1, int64(Never), func() evidence.Witness { return s.missed(n, "not, though attached until", until) })
			}
		}
	}
}

// from are the notices that were sent after an instant.
func from(all []*notice, t time.Duration) []*notice {
	return all[sort.Search(len(all), func(i int) bool { return all[i].sent > t }):]
}

// missed is that a socket did not get a notification, from its acknowledgement until an instant.
func (s *socket) missed(n *notice, how string, until time.Duration) evidence.Witness {
	return evidence.Witness{At: n.acked, Until: until, Text: fmt.Sprintf("socket %s on instance %s gets %s of %s from instance %s %s %s after its acknowledgement",
		s.Name, s.Instance, n.ID, n.Publisher, n.Instance, how, evidence.Span(until-n.acked))}
}

// gaps are the times between the sockets of each client.
func (c *checker) gaps() {
	byClient := map[string][]*socket{}
	for _, s := range c.sockets {
		if s.Client != "" && s.Attached != Never {
			byClient[s.Client] = append(byClient[s.Client], s)
		}
	}
	for _, of := range byClient {
		slices.SortFunc(of, func(a, b *socket) int {
			return cmp.Or(cmp.Compare(a.Attached, b.Attached), cmp.Compare(a.End, b.End), cmp.Compare(a.Name, b.Name))
		})
		for i, next := range of[1:] {
			last := of[i]
			if last.End > next.Attached {
				continue // both were there at once
			}
			c.report.Gaps = append(c.report.Gaps, Gap{last.End, next.Attached})
		}
	}
	slices.SortFunc(c.report.Gaps, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Until, b.Until))
	})
}
