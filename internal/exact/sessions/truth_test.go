package sessions_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/exact/sessions"
)

// A world is what really was, in steps of one: when each session was open, and when each was shown.
type world struct {
	rng     *rand.Rand
	notice  int
	all     []sessions.Session
	open    [][]bool // of a session, at each step
	shown   [][]bool
	planted bool
}

const steps = 200

func (w *world) play(named bool) {
	for i := range 12 {
		sent := w.rng.IntN(steps / 2)
		opens := sent + w.rng.IntN(5)
		acked := opens + w.rng.IntN(5)
		ends := acked + 1 + w.rng.IntN(steps)
		s := sessions.Session{ID: fmt.Sprint("s", i), User: fmt.Sprint("u", i%3), Instance: "1", Sent: time.Duration(sent), Open: time.Duration(acked), End: sessions.Never}
		if ends <= steps {
			s.End = time.Duration(ends)
			if s.Closed = w.rng.IntN(2) == 0; s.Closed { // its client sees it a little later
				s.End = min(time.Duration(ends+w.rng.IntN(w.notice+1)), steps)
			}
		}
		if w.rng.IntN(8) == 0 {
			s.Open, s.ID = sessions.Never, "" // its client never knew
		}
		if !named {
			s.ID = ""
		}
		open, shown := make([]bool, steps+1), make([]bool, steps+1)
		for t := range open {
			open[t] = t >= opens && t < ends
			shown[t] = open[t]
		}
		if w.planted && w.rng.IntN(2) == 0 {
			for n := w.rng.IntN(3); n > 0; n-- { // absent, or a ghost, for a while
				from := w.rng.IntN(steps)
				for t := from; t < min(steps, from+w.rng.IntN(40)); t++ {
					shown[t] = !open[t] && t >= ends
				}
			}
		}
		w.all, w.open, w.shown = append(w.all, s), append(w.open, open), append(w.shown, shown)
	}
}

// reads are readings of each user, of one step each or longer: what they show was so at one instant of theirs.
func (w *world) reads(n, length int) (reads []sessions.Read) {
	for i := range n {
		sent := i * steps / n
		done := min(steps, sent+w.rng.IntN(length+1))
		at := sent + w.rng.IntN(done-sent+1)
		r := sessions.Read{User: fmt.Sprint("u", i%3), Instance: "1", Sent: time.Duration(sent), Done: time.Duration(done)}
		for j, s := range w.all {
			if w.shown[j][at] && s.User == r.User {
				r.Shown = append(r.Shown, fmt.Sprint("s", j))
			}
		}
		reads = append(reads, r)
	}
	return reads
}

// truth is how many sessions were absent, and ghosts, at any step, and for how long one was shown after its end.
func (w *world) truth() (absent, ghosts, longestGhost int) {
	for j := range w.all {
		wasAbsent, wasGhost, last := false, false, -1
		for t := range steps + 1 {
			if w.open[j][t] {
				last = t
				wasAbsent = wasAbsent || !w.shown[j][t]
			}
			if w.shown[j][t] && !w.open[j][t] {
				wasGhost = true
				longestGhost = max(longestGhost, t-last)
			}
		}
		if wasAbsent {
			absent++
		}
		if wasGhost {
			ghosts++
		}
	}
	return absent, ghosts, longestGhost
}

func TestAReportNeverExceedsTheTruth(t *testing.T) {
	found := 0
	for seed := range uint64(1000) {
		w := &world{rng: rand.New(rand.NewPCG(seed, 4)), notice: 6, planted: seed%3 > 0}
		named := seed%2 == 0
		w.play(named)
		r := sessions.Check(w.all, w.reads(steps/(1+w.rng.IntN(4)), 6), time.Duration(w.notice))
		absent, ghosts, longestGhost := w.truth()
		found += r.Absent.Count + r.Ghosts.Count
		if r.Absent.Count > absent || r.Ghosts.Count > ghosts || r.Lost.Count > r.Absent.Count || int(r.Ghosts.Longest) > longestGhost {
			t.Fatalf("seed %d: %s; the truth: %d absent, %d ghosts for %d", seed, summary(r), absent, ghosts, longestGhost)
		}
	}
	if found < 1000 {
		t.Errorf("only %d errors were found in all", found)
	}
}

// TestAReportEqualsTheTruth where every step is read at once, and clients see every end when it comes.
func TestAReportEqualsTheTruth(t *testing.T) {
	for seed := range uint64(500) {
		w := &world{rng: rand.New(rand.NewPCG(seed, 5)), notice: 0, planted: true}
		w.play(true)
		for j := range w.all { // acknowledged as it opens
			if w.all[j].Open != sessions.Never {
				w.all[j].Open = time.Duration(first(w.open[j]) - 1)
			}
		}
		r := sessions.Check(w.all, w.everyStep(), 0)
		absent, ghosts := 0, 0
		for j, s := range w.all {
			var gone, lacks bool
			for t := range steps + 1 {
				lacks = lacks || w.open[j][t] && !w.shown[j][t] && s.Open != sessions.Never
				gone = gone || w.shown[j][t] && !w.open[j][t] && s.ID != "" && time.Duration(t) > s.End
			}
			if lacks {
				absent++
			}
			if gone {
				ghosts++
			}
		}
		if r.Absent.Count != absent || r.Ghosts.Count != ghosts {
			t.Fatalf("seed %d: %s; the truth: %d absent, %d ghosts", seed, summary(r), absent, ghosts)
		}
	}
}

func first(open []bool) int {
	for t, is := range open {
		if is {
			return t
		}
	}
	return len(open)
}

// everyStep reads each user at each step, in no time.
func (w *world) everyStep() (reads []sessions.Read) {
	for t := range steps + 1 {
		for u := range 3 {
			r := sessions.Read{User: fmt.Sprint("u", u), Instance: "1", Sent: time.Duration(t), Done: time.Duration(t)}
			for j, s := range w.all {
				if w.shown[j][t] && s.User == r.User {
					r.Shown = append(r.Shown, fmt.Sprint("s", j))
				}
			}
			reads = append(reads, r)
		}
	}
	return reads
}
