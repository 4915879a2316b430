package sessions

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/exact/evidence"
)

type checker struct {
	notice time.Duration
	users  map[string]*user
	report Report
}

// A user is one with sessions or readings.
type user struct {
	reads    []Read     // by the time sent
	sessions []*session // that were acknowledged, by that
	unknown  []*session // that may have been open all the same
	byID     map[string][]*session
	ends     []time.Duration // of sessions, sorted
}

// A session is what the readings say of one.
type session struct {
	Session
	seen   map[string]*sight // by the instance that was asked
	absent bool              // a reading lacks it
	worst  evidence.Witness  // of the longest absence
	length time.Duration     // of that
	ghost  time.Duration     // shown so long after its end; negative: never
	late   evidence.Witness  // that shows it
}

// A sight is what one instance last said of a session.
type sight struct {
	lacks bool
	since *Read // where it lacks it: the first reading without one after it that shows it
	last  *Read
}

func (c *checker) user(name string) *user {
	u := c.users[name]
	if u == nil {
		u = &user{byID: map[string][]*session{}}
		c.users[name] = u
	}
	return u
}

func (c *checker) enter(s Session) {
	if s.Refused {
		return
	}
	u, entry := c.user(s.User), &session{Session: s, ghost: -1}
	if s.End != Never {
		u.ends = append(u.ends, s.End)
	}
	if s.ID != "" {
		u.byID[s.ID] = append(u.byID[s.ID], entry)
	}
	if s.Open == Never {
		u.unknown = append(u.unknown, entry)
		return
	}
	u.sessions = append(u.sessions, entry)
	c.report.Sessions++
	if s.ID != "" {
		c.report.Named++
	}
	if s.End != Never {
		c.report.Ended++
	}
}

// sure is until when a session is surely open.
func (s *session) sure(notice time.Duration) time.Duration {
	if s.Closed && s.End != Never {
		return s.End - notice
	}
	return s.End
}

func (c *checker) check() {
	for _, name := range slices.Sorted(maps.Keys(c.users)) {
		u := c.users[name]
		slices.SortStableFunc(u.sessions, func(a, b *session) int { return cmp.Compare(a.Open, b.Open) })
		slices.Sort(u.ends)
		u.named(c)
		u.nameless(c)
		u.sum(c)
	}
}

// named follows the sessions whose id is known through the readings.
func (u *user) named(c *checker) {
	var open []*session // acknowledged, and not ended before the reading
	next := 0
	for i := range u.reads {
		r := &u.reads[i]
		for ; next < len(u.sessions) && u.sessions[next].Open < r.Sent; next++ {
			if u.sessions[next].ID != "" {
				open = append(open, u.sessions[next])
			}
		}
		open = slices.DeleteFunc(open, func(s *session) bool { return s.End <= r.Sent })
		if evidence.Before(u.ends, r.Sent) > 0 {
			c.report.Gone++
		}
		shown := map[string]bool{}
		for _, id := range r.Shown {
			if !shown[id] {
				shown[id] = true
				u.shows(r, id, c)
			}
		}
		for _, s := range open {
			if s.sure(c.notice) > r.Done {
				c.report.Open++
				s.look(r, shown[s.ID])
			}
		}
	}
}

// look notes whether a reading shows a session that is surely open.
func (s *session) look(r *Read, shown bool) {
	if s.seen == nil {
		s.seen = map[string]*sight{}
	}
	at := s.seen[r.Instance]
	if at == nil {
		at = &sight{}
		s.seen[r.Instance] = at
	}
	at.last = r
	if shown {
		at.lacks, at.since = false, nil
		return
	}
	if at.lacks = true; at.since == nil {
		at.since = r
	}
	length := max(0, r.Sent-at.since.Done)
	if s.absent && length <= s.length {
		return
	}
	s.absent, s.length = true, length
	s.worst = evidence.Witness{At: at.since.Sent, Until: r.Done, Text: s.lacked(r)}
}

func (s *session) lacked(r *Read) string {
	return fmt.Sprintf("instance %s does not show session %s of user %s, which is open on instance %s since %s before", r.Instance, s.ID, s.User, s.Instance, evidence.Span(r.Sent-s.Open))
}

// shows notes an id that a reading shows.
func (u *user) shows(r *Read, id string, c *checker) {
	var gone *session // that ended last
	for _, s := range u.byID[id] {
		switch {
		case s.Sent > r.Done:
		case s.End >= r.Sent:
			return // it may be open
		case gone == nil || s.End > gone.End:
			gone = s
		}
	}
	if gone == nil {
		c.report.Strange++
		return
	}
	if d := r.Sent - gone.End; d > gone.ghost {
		gone.ghost = d
		how := "its client had left"
		if gone.Closed {
			how = "it had been closed"
		}
		gone.late = evidence.Witness{At: r.Sent, Until: r.Done, Text: fmt.Sprintf("instance %s shows session %s of user %s: %s %s before", r.Instance, id, gone.User, how, evidence.Span(d))}
	}
}

// sum reports the sessions of a user.
func (u *user) sum(c *checker) {
	for _, s := range slices.Concat(u.sessions, u.unknown) {
		if s.absent {
			c.report.Absent.AddFor(s.length, func() evidence.Witness { return s.worst })
			if r := s.lost(); r != nil && s.End >= u.reads[len(u.reads)-1].Sent {
				c.report.Lost.Add(1, int64(s.length), func() evidence.Witness { return evidence.Witness{At: r.Sent, Until: r.Done, Text: s.lacked(r)} })
			}
		}
		if s.ghost >= 0 {
			c.report.Ghosts.AddFor(s.ghost, func() evidence.Witness { return s.late })
		}
	}
}

// lost is the last reading that lacks a session which no instance shows any more; nil: one does, or nobody knows.
func (s *session) lost() (lacks *Read) {
	for _, at := range s.seen {
		if !at.lacks {
			return nil
		}
		if lacks == nil || at.last.Sent > lacks.Sent {
			lacks = at.last
		}
	}
	return lacks
}
