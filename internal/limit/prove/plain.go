package prove

import "time"

// What needs no reading.

// Trailing is the most that surely got in within a window's length, and since when.
func (t *Track) Trailing(window int64) (from int64, most int) {
	var c Cursor
	for i, v := range t.Allowed.All {
		if n := c.Over(&t.Allowed, v.Sent+window) - i; n > most {
			from, most = v.Sent, n
		}
	}
	return from, most
}

// A Stretch is the longest time that a client kept coming, never pausing for a
// window's length, until it was refused. A limiter whose windows end has admitted
// it often in that time.
type Stretch struct {
	From, To time.Duration
	Admitted int
	Refused  int
}

// Stretch finds the longest that the client kept coming without a pause, for
// what it got meanwhile: what whole windows would have granted, less that.
func (t *Track) Stretch(r Reading) (worst Stretch, starved int64) {
	var s Stretch
	allowed, refused := t.Allowed.All, t.Refused.All
	last := int64(-Far)
	for len(refused) > 0 {
		v, admitted := refused[0], false
		if len(allowed) > 0 && allowed[0].Sent < v.Sent {
			v, admitted = allowed[0], true
		}
		if v.Done-last >= int64(r.Window) {
			s = Stretch{From: time.Duration(v.Sent)}
		}
		last = v.Sent
		if admitted {
			allowed = allowed[1:]
			s.Admitted++
			continue
		}
		refused = refused[1:]
		s.Refused++
		s.To = time.Duration(v.Sent)
		if n := int64((s.To-s.From)/r.Window)*int64(r.Limit) - int64(s.Admitted); n > 0 && n >= starved {
			worst, starved = s, n
		}
	}
	return worst, starved
}

// InFlight is the most requests that were under way at once, of those with an end.
func (t *Track) InFlight(slack int64) (most int) {
	a, b := t.Allowed.All, t.Refused.All
	x, y := t.Allowed.Ended, t.Refused.Ended
	n := 0
	for len(a)+len(b) > 0 {
		var sent int64
		if len(b) == 0 || len(a) > 0 && a[0].Sent <= b[0].Sent {
			sent, a = a[0].Sent, a[1:]
		} else {
			sent, b = b[0].Sent, b[1:]
		}
		for ; len(x) > 0 && x[0]-slack <= sent+slack; x = x[1:] {
			n--
		}
		for ; len(y) > 0 && y[0]-slack <= sent+slack; y = y[1:] {
			n--
		}
		n++
		most = max(most, n)
	}
	return most
}
