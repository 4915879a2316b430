package limit

import (
	"slices"
	"time"
)

// weigh drops, and renames, causes that would leave nothing to explain but that
// the decisions speak against.
func (j *judge) weigh(found []cause, ids []int32) (left []cause) {
	has := func(code Code) bool {
		return slices.ContainsFunc(found, func(c cause) bool { return c.code == code })
	}
	s := j.see(ids)
	for _, c := range found {
		switch c.code {
		case LeaksUnderConcurrency:
			if has(FailsOpen) && s.refused > s.during {
				continue // it would have leaked at other times as well
			}
			if has(OffByOne) && j.rep.Kept.TestedWindows < 3 {
				c.rank = 1 // one too many, once or twice, may be either
			}
		case NoLimit:
			if has(LeaksUnderConcurrency) {
				c.rank = 5 // where all came together, none may have been refused for that
			}
		case FailsOpen:
			if s.during > 0 && has(RestartsOnFallback) {
				continue // somebody counts during the fault
			}
		case RestartsOnFallback:
			if s.during == 0 && has(FailsOpen) {
				c.rank = 6 // nothing shows that anybody counts during the fault
			}
		case SharePerInstance, StaysOnFallback:
			if s.shutDuring && has(FailsClosed) {
				c.rank = 7 // nothing shows that anybody gets in during the fault
			}
		case StaysOpen:
			if s.refusedSince {
				continue
			}
		case StaysClosed:
			if s.admittedSince && !s.shut {
				continue
			} else if s.admittedSince {
				c.code, c.rank = NoExpiry, 5 // the windows of some, since the fault
			}
		}
		left = append(left, c)
	}
	return left
}

// A sight is what is seen of decisions around the faults.
type sight struct {
	refused, during             int  // refused, and during a fault
	shutDuring                  bool // nobody got in while a fault had lasted for some time
	refusedSince, admittedSince bool // after the last fault
	shut                        bool // clients with false rejections got in no more, for longer than a window
}

func (j *judge) see(ids []int32) (s sight) {
	if len(j.context.Faults) == 0 {
		return s
	}
	over := slices.MaxFunc(j.context.Faults, func(a, b Span) int { return int(min(1, max(-1, a.To-b.To))) }).To
	type times struct{ admitted, asked time.Duration }
	last := map[int32]times{}
	s.shutDuring = true
	for _, id := range ids {
		d := &j.ds[id]
		at := last[j.book.client[id]]
		switch d.Answer {
		case Allowed:
			s.admittedSince = s.admittedSince || d.Sent > over
			at.admitted = max(at.admitted, d.Done)
			// Not right at its beginning, and not when it may have ended.
			s.shutDuring = s.shutDuring && !slices.ContainsFunc(j.context.Faults, func(f Span) bool {
				return d.Sent > f.From+(f.To-f.From)/4 && d.Done < f.To-(f.To-f.From)/2
			})
		case Refused:
			s.refused++
			s.refusedSince = s.refusedSince || d.Sent > over
			if slices.ContainsFunc(j.context.Faults, func(f Span) bool { return f.touches(d) }) {
				s.during++
			}
		}
		at.asked = max(at.asked, d.Sent)
		last[j.book.client[id]] = at
	}
	turned := map[string]bool{}
	for _, c := range j.rep.Clients {
		turned[c.Name] = c.Falsely > 0
	}
	s.shut = true
	for client, at := range last {
		if turned[j.clients[client]] && at.asked-at.admitted <= j.reading.Window {
			s.shut = false
		}
	}
	return s
}
