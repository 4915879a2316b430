package notices

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/exact/evidence"
)

// A key is what a notification is known by.
type key struct{ user, id string }

// A notice is what is known of one, over all its requests.
type notice struct {
	Notice                 // the first request
	sent     time.Duration // the first that was not refused; Never: all were
	lastSent time.Duration
	acked    time.Duration // the first acknowledgement; Never: there is none
	alone    bool          // one publisher sent it, once: it has a place in its order
}

// A socket is one with what came on it.
type socket struct {
	Socket
	first map[string]time.Duration // when an id first came; nil: nothing came
	after map[string]*notice       // of a publisher: what had come that was sent last
}

type checker struct {
	terms   Terms
	notices map[key]*notice
	byUser  map[string][]*notice // by the time sent
	sockets []*socket            // in the order given
	named   map[string]*socket
	report  Report
}

func newChecker(notices []Notice, sockets []Socket, terms Terms) *checker {
	c := &checker{terms: terms, notices: map[key]*notice{}, byUser: map[string][]*notice{}, named: map[string]*socket{}, report: Report{
		Lost:       evidence.Finding{Code: "lost-notifications", Says: "notifications do not reach a socket that was there"},
		Doubled:    evidence.Finding{Code: "doubled-notifications", Says: "notifications come more than once"},
		Misordered: evidence.Finding{Code: "misordered-notifications", Says: "notifications come after others that were sent later"},
		Phantoms:   evidence.Finding{Code: "phantom-notifications", Says: "notifications come that nobody had sent"},
		Back:       evidence.Finding{Code: "notifications-went-back", Says: "notifications come again after later ones"},
	}}
	for _, n := range evidence.BySent(notices, func(n *Notice) time.Duration { return n.Sent }) {
		c.enter(n)
	}
	for _, n := range c.notices {
		if n.acked != Never {
			c.report.Notices++
		}
		c.byUser[n.User] = append(c.byUser[n.User], n)
	}
	for _, of := range c.byUser {
		slices.SortFunc(of, func(a, b *notice) int { return cmp.Or(cmp.Compare(a.sent, b.sent), cmp.Compare(a.ID, b.ID)) })
	}
	for _, s := range sockets {
		if s.Attached != Never {
			c.report.Sockets++
		}
		entry := &socket{Socket: s}
		c.sockets = append(c.sockets, entry)
		c.named[s.Name] = entry
	}
	return c
}

func (c *checker) enter(n Notice) {
	at := key{n.User, n.ID}
	known := c.notices[at]
	if known == nil {
		known = &notice{Notice: n, sent: Never, acked: Never, alone: true}
		c.notices[at] = known
	} else {
		known.alone = false
	}
	if n.Fate == evidence.Refused {
		return
	}
	known.sent, known.lastSent = min(known.sent, n.Sent), max(known.lastSent, n.Sent)
	if n.Fate == evidence.Acknowledged {
		known.acked = min(known.acked, n.Done)
	}
}

// take goes through the messages of all sockets as they came.
func (c *checker) take(messages []Message) {
	order := make([]int, len(messages)) // sorts four times as fast as the messages, which are large
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(messages[a].At, messages[b].At), cmp.Compare(a, b)) })
	for _, i := range order {
		m := messages[i]
		s := c.named[m.Socket]
		if s == nil {
			continue
		}
		c.report.Messages++
		n := c.notices[key{s.User, m.ID}]
		if n == nil || n.sent == Never || n.sent > m.At {
			c.report.Phantoms.Add(1, 0, func() evidence.Witness { return s.got(m, "which nobody had sent by then") })
			continue
		}
		if at, again := s.first[m.ID]; again {
			c.report.Doubled.Add(1, 0, func() evidence.Witness { return s.got(m, "which had come "+evidence.Span(m.At-at)+" before") })
			if later := s.after[n.Publisher]; later.overtakes(n) {
				c.report.Back.Add(1, 0, func() evidence.Witness { return s.got(m, "again, after "+later.when(m.At)) })
			}
			continue
		}
		if s.first == nil {
			s.first, s.after = map[string]time.Duration{}, map[string]*notice{}
		}
		s.first[m.ID] = m.At
		c.delay(m, n)
		c.order(s, m, n)
	}
}

func (c *checker) delay(m Message, n *notice) {
	d := Delay{Most: m.At - n.sent}
	if n.acked != Never {
		d.Least = max(0, m.At-n.acked)
	}
	c.report.Delays = append(c.report.Delays, d)
}

// order holds a message against those of its publisher that came before it.
func (c *checker) order(s *socket, m Message, n *notice) {
	later := s.after[n.Publisher]
	if later.overtakes(n) {
		c.report.Misordered.Add(1, int64(later.sent-n.acked), func() evidence.Witness {
			return s.got(m, fmt.Sprintf("%s, after %s", n.when(m.At), later.when(m.At)))
		})
	}
	if n.alone && (later == nil || n.sent > later.sent) {
		s.after[n.Publisher] = n
	}
}

// overtakes reports whether n was acknowledged before later, which came first, was sent.
func (later *notice) overtakes(n *notice) bool {
	return later != nil && n.alone && n.acked < later.sent
}

// when names a notification, and how long before an instant it was sent and acknowledged.
func (n *notice) when(at time.Duration) string {
	if n.acked == Never {
		return fmt.Sprintf("%s of %s, sent %s before and not acknowledged", n.ID, n.Publisher, evidence.Span(at-n.sent))
	}
	return fmt.Sprintf("%s of %s, sent %s and acknowledged %s before", n.ID, n.Publisher, evidence.Span(at-n.sent), evidence.Span(at-n.acked))
}

func (s *socket) got(m Message, what string) evidence.Witness {
	return evidence.Witness{At: m.At, Until: m.At, Text: fmt.Sprintf("socket %s on instance %s gets %s, %s", s.Name, s.Instance, m.ID, what)}
}
