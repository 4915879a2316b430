package sessions

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/exact/evidence"
)

// nameless compares numbers where a service does not tell sockets the ids of their sessions: of the ids that no other
// session has, there must be as many as there are sessions open.
func (u *user) nameless(c *checker) {
	var acked, possible []*session
	for _, s := range u.sessions {
		if s.ID == "" {
			acked = append(acked, s)
		}
	}
	if len(acked) == 0 {
		return
	}
	for _, s := range u.unknown {
		if s.ID == "" {
			possible = append(possible, s)
		}
	}
	possible = append(possible, acked...)
	began := -1 // what was shown before the first was asked for; −1: nobody knows
	first := slices.MinFunc(possible, func(a, b *session) int { return cmp.Compare(a.Sent, b.Sent) }).Sent
	absent, ghosts := excess{}, excess{}
	for i := range u.reads {
		r := &u.reads[i]
		n := u.others(r)
		if r.Done < first {
			began = max(began, n)
			continue
		}
		u.fewer(r, n, acked, c, &absent)
		if began >= 0 {
			u.more(r, n-began, possible, &ghosts)
		}
	}
	absent.report(&c.report.Absent)
	ghosts.report(&c.report.Ghosts)
}

// An excess is the most that one reading shows wrongly, and the longest that any does.
type excess struct {
	n       int
	longest time.Duration
	witness evidence.Witness
}

func (e *excess) note(n int, d time.Duration, w evidence.Witness) {
	if e.n == 0 || d > e.longest {
		e.witness, e.longest = w, d
	}
	e.n = max(e.n, n)
}

func (e *excess) report(f *evidence.Finding) {
	if e.n > 0 {
		f.Longest = max(f.Longest, e.longest)
		f.Add(e.n, int64(e.longest), func() evidence.Witness { return e.witness })
	}
}

// others is how many ids are shown that no session is known to have.
func (u *user) others(r *Read) (n int) {
	seen := map[string]bool{}
	for _, id := range r.Shown {
		if len(u.byID[id]) == 0 && !seen[id] {
			seen[id] = true
			n++
		}
	}
	return n
}

// fewer notes a reading that shows fewer than are surely open. Which ones it lacks is not known: the last ones, most favourably.
func (u *user) fewer(r *Read, n int, acked []*session, c *checker, e *excess) {
	var open []time.Duration
	for _, s := range acked { // by the time acknowledged
		if s.Open < r.Sent && s.sure(c.notice) > r.Done {
			open = append(open, s.Open)
		}
	}
	c.report.Open += len(open)
	if n < len(open) {
		e.note(len(open)-n, r.Sent-open[n], evidence.Witness{At: r.Sent, Until: r.Done,
			Text: fmt.Sprintf("instance %s shows %d sessions of user %s, who has %d open", r.Instance, n, acked[0].User, len(open))})
	}
}

// more notes a reading that shows more than can be open. Which ones have ended is not known: the last ones, most favourably.
func (u *user) more(r *Read, n int, possible []*session, e *excess) {
	can := 0
	var ended []time.Duration
	for _, s := range possible {
		switch {
		case s.Sent > r.Done:
		case s.End >= r.Sent:
			can++
		default:
			ended = append(ended, s.End)
		}
	}
	ghosts := min(n-can, len(ended))
	if ghosts <= 0 {
		return
	}
	slices.Sort(ended)
	e.note(ghosts, r.Sent-ended[len(ended)-ghosts], evidence.Witness{At: r.Sent, Until: r.Done,
		Text: fmt.Sprintf("instance %s shows %d sessions of user %s, who has at most %d open", r.Instance, n, possible[0].User, can)})
}
