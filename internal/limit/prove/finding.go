package prove

import "time"

// A Finding is what can be proved of one counter.
type Finding struct {
	Errors
	Tested  int      // times that it reached the limit and was asked for more
	Renewed int      // windows that admitted somebody after a full one
	Broken  int      // windows with an error
	Windows []Window // some of these
	Excess  []Span   // some of the allowed over the limit
	Turned  []Span   // some of the refused below it
}

// Errors counts both kinds.
type Errors struct {
	Over    int // allowed over the limit
	Falsely int // refused below it
}

// Of are the errors of one side: those that break kept, or granted.
func (n Errors) Of(kept bool) int {
	if kept {
		return n.Over
	}
	return n.Falsely
}

// A Window is one that must contain errors, in the explanation that has fewest.
type Window struct {
	From, Until time.Duration // it began between these
	Admitted    int           // 0 where only refusals are wrong
	Errors
}

// some is how many examples a Finding keeps of a kind.
const some = 64

func (f *Finding) beyond(v Span) {
	if f.Over++; len(f.Excess) < some {
		f.Excess = append(f.Excess, v)
	}
}

func (f *Finding) below(v Span) {
	if f.Falsely++; len(f.Turned) < some {
		f.Turned = append(f.Turned, v)
	}
}

// Find holds a track against a reading.
func (t *Track) Find(r Reading) (f Finding) {
	w := int64(r.Window)
	switch r.Kind {
	case FixedFromFirst, FixedClock:
		t.findWindows(r, &f)
		return f
	case SlidingLog, LoggedRefusals:
		if t.admitting(newLog(r, t.Allowed.Len()), f.beyond); r.Kind == LoggedRefusals {
			t.despiteRefusals(r, &f)
		}
		t.refusing(&logHeight{t: t, limit: r.Limit, window: w, refusals: r.Kind == LoggedRefusals}, f.below)
	case GCRA:
		step := w / int64(r.Limit)
		t.admitting(newBucket(r, step), f.beyond)
		t.refusing(newBucketHeight(t, r, step+min(1, w%int64(r.Limit))), f.below)
	case SlidingCounter:
		settled := &Track{Allowed: t.Allowed.settled(w, int64(r.Epoch))}
		settled.admitting(newTally(r), f.beyond)
		t.refusing(&tallyHeight{t: t, limit: int64(r.Limit), window: w, epoch: int64(r.Epoch)}, f.below)
	case RenewedByAdmission, RenewedByRequest:
		t.findRenewed(r, &f)
	}
	f.Tested, f.Renewed = t.rounds(w, f.Turned)
	return f
}

// rounds is how often a sliding limit was reached: the refused that are right, at
// most one in each window's length; and how often somebody got in after that.
func (t *Track) rounds(window int64, wrong []Span) (tested, renewed int) {
	next := int64(-Far)
	for _, v := range t.Refused.All {
		for len(wrong) > 0 && wrong[0].Sent < v.Sent {
			wrong = wrong[1:]
		}
		if v.Sent < next || len(wrong) > 0 && wrong[0].ID == v.ID {
			continue
		}
		tested++
		next = v.Sent + window
		if t.Allowed.Begun(v.Done+1) < t.Allowed.Len() {
			renewed++
		}
	}
	return tested, renewed
}

// findWindows holds a track against a reading that counts in windows.
func (t *Track) findWindows(r Reading, f *Finding) {
	c := newChain(t, r, granted{})
	var wrong []int64 // when windows began that have errors
	if t.Refused.Len() > 0 {
		cost, path := c.run()
		f.Falsely = cost
		f.Turned = t.turnedAway(cost, path)
		f.Tested, f.Renewed = t.full(path, r.Limit, int64(r.Window))
		for _, v := range f.Turned {
			start := v.Sent // where no window is open
			for _, s := range path {
				if s.from <= v.Done {
					start = s.from
				}
			}
			if n := len(wrong); n == 0 || wrong[n-1] != start {
				wrong = append(wrong, start)
			}
			f.window(Window{From: time.Duration(start), Until: time.Duration(start), Errors: Errors{Falsely: 1}})
		}
	}
	f.Broken = len(wrong)
	if !t.crowded(r) {
		return
	}
	c.judge = kept{}
	cost, path := c.run()
	f.Over = cost
	crowded := 0
	for i, s := range path {
		end, room := t.Allowed.Len(), r.Limit
		if i+1 < len(path) {
			end = int(path[i+1].placed)
		}
		if s.joker {
			room--
		}
		over := end - int(s.placed) - room
		if over <= 0 {
			continue
		}
		crowded++
		for _, v := range t.Allowed.All[end-over : end] {
			if len(f.Excess) < some {
				f.Excess = append(f.Excess, v)
			}
		}
		f.window(Window{From: time.Duration(s.from), Until: time.Duration(s.to), Admitted: end - int(s.placed), Errors: Errors{Over: over}})
	}
	f.Broken += crowded
	f.Tested = max(f.Tested, crowded)
}

// window adds an example, or to the last where that is the same window.
func (f *Finding) window(w Window) {
	if n := len(f.Windows); n > 0 && f.Windows[n-1].From == w.From {
		f.Windows[n-1].Falsely += w.Falsely
	} else if n < some {
		f.Windows = append(f.Windows, w)
	}
}

// crowded reports whether any window can have admitted more than the limit.
func (t *Track) crowded(r Reading) bool {
	a := &t.Allowed
	for i := 0; i+r.Limit < a.Len(); i++ {
		if a.All[i+r.Limit].Sent < a.Ended[i]+int64(r.Window) {
			return true
		}
	}
	return false
}

// full counts the windows that were full and refused somebody, and those that
// admitted somebody after that.
func (t *Track) full(path []state, limit int, window int64) (tested, renewed int) {
	for i, s := range path {
		full := i+1 < len(path) && path[i+1].full || i+1 == len(path) && t.Allowed.Len()-int(s.placed) >= limit
		if full && t.Refused.Begun(s.to+window) > t.Refused.Over(s.from) {
			tested++
		}
		if s.full && t.Allowed.Len() > int(s.placed) {
			renewed++
		}
	}
	return tested, renewed
}

// turnedAway are some of those that the path leaves unexplained.
func (t *Track) turnedAway(cost int, path []state) (turned []Span) {
	take := func(from int64, n int) {
		for _, v := range t.Refused.All[t.Refused.Begun(from):] {
			if n == 0 || len(turned) == some {
				return
			}
			turned = append(turned, v)
			n--
		}
	}
	last := state{shut: -Far}
	for _, s := range path {
		take(last.shut, int(s.cost-last.cost))
		last = s
	}
	take(last.shut, cost-int(last.cost))
	return turned
}
