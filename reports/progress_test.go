package reports_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trektribe/bench/reports"
)

var outage = reports.State{
	Scenario: "redis-outage", N: 2, Of: 3, Round: 2, Least: 3, Most: 8,
	Phase: "fault", Hurt: "refused on redis", Left: 31 * time.Second,
}

// with returns outage changed by change.
func with(change func(*reports.State)) reports.State {
	s := outage
	change(&s)
	return s
}

func TestProgressText(t *testing.T) {
	tests := []struct {
		name  string
		state reports.State
		width int
		want  string
	}{
		{"all", outage, 120, "[2/3] redis-outage · round 2 of 3–8 · fault (refused on redis) · 31 s left"},
		{"cut to the width", outage, 40, "[2/3] redis-outage · round 2 of 3–8 · …"},
		{"unknown width", outage, 0, "[2/3] redis-outage · round 2 of 3–8 · fault (refused on redis) · 31 s left"},
		{"nothing hurt", with(func(s *reports.State) { s.Hurt = "" }), 120, "[2/3] redis-outage · round 2 of 3–8 · fault · 31 s left"},
		{"fixed rounds", with(func(s *reports.State) { s.Most = 3 }), 120, "[2/3] redis-outage · round 2 of 3 · fault (refused on redis) · 31 s left"},
		{"opening", reports.State{Scenario: "a", N: 1, Of: 1, Phase: "opening"}, 120, "[1/1] a · opening"},
		{"long", with(func(s *reports.State) { s.Left = 150 * time.Second }), 120, "[2/3] redis-outage · round 2 of 3–8 · fault (refused on redis) · 2 min 30 s left"},
		{"wide runes", reports.State{Scenario: "日本語日本語", N: 1, Of: 1}, 12, "[1/1] 日本…"},
		{"escape sequence", reports.State{Scenario: "a\x1b[2J\nb", N: 1, Of: 1}, 120, "[1/1] a�[2J b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var b bytes.Buffer
				p := reports.NewProgress(&b, true, tt.width)
				defer p.Close()
				p.Show(tt.state)
				synctest.Wait()
				if got := b.String(); got != tt.want {
					t.Errorf("Show wrote %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// A screen is a writer that may be read while it is written to.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

// take returns what was written since the last take.
func (s *screen) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.b.Reset()
	return s.b.String()
}

// What a terminal shows after each step, and that each step rewrites one line.
func TestProgressOnTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w screen
		p := reports.NewProgress(&w, true, 100)
		step := func(do func(), want string) {
			t.Helper()
			do()
			synctest.Wait()
			if got := w.take(); got != want {
				t.Errorf("wrote %q, want %q", got, want)
			}
		}
		const erase = "\r\x1b[K"
		short := reports.State{Scenario: "a", N: 1, Of: 1, Left: 10 * time.Second}
		step(func() {}, "")
		step(func() { p.Say("before") }, "before\n")
		step(func() { p.Show(short) }, "[1/1] a · 10 s left")
		step(func() { p.Show(short) }, "") // nothing new
		step(func() { time.Sleep(3 * time.Second) }, erase+"[1/1] a · 9 s left"+erase+"[1/1] a · 8 s left"+erase+"[1/1] a · 7 s left")
		step(func() { p.Say("port taken\x1b[0m\nagain") }, erase+"port taken�[0m again\n[1/1] a · 7 s left")
		step(func() { p.Show(reports.State{Scenario: "b", N: 1, Of: 1}) }, erase+"[1/1] b")
		step(p.Close, erase)
		step(p.Close, "")
		step(func() { p.Show(short); p.Say("late"); time.Sleep(time.Minute) }, "")
	})
}

// Elsewhere than on a terminal there is a line for each scenario and round, not for each phase, and a sign of life.
func TestProgressInLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		p := reports.NewProgress(&b, false, 20)
		p.Show(with(func(s *reports.State) { s.Round, s.Phase, s.Hurt = 1, "warm", "" }))
		p.Show(outage)
		p.Show(with(func(s *reports.State) { s.Phase = "after" })) // the phase alone
		synctest.Wait()
		time.Sleep(9 * time.Second)
		p.Say("instance 2 is slow to start")
		synctest.Wait()
		time.Sleep(9 * time.Second) // less than ten since the last line
		synctest.Wait()
		time.Sleep(2 * time.Second)
		p.Show(with(func(s *reports.State) { s.Scenario, s.N, s.Round = "redis-slow", 3, 1 }))
		p.Close()
		want := `[2/3] redis-outage · round 1 of 3–8 · warm · 31 s left
[2/3] redis-outage · round 2 of 3–8 · fault (refused on redis) · 31 s left
instance 2 is slow to start
[2/3] redis-outage · round 2 of 3–8 · after (refused on redis) · 12 s left
[3/3] redis-slow · round 1 of 3–8 · fault (refused on redis) · 31 s left
`
		if got := b.String(); got != want {
			t.Errorf("wrote:\n%swant:\n%s", got, want)
		}
	})
}

// stuck is a terminal that somebody paused.
type stuck struct{ released chan struct{} }

func (s stuck) Write(b []byte) (int, error) {
	<-s.released
	return 0, fmt.Errorf("closed")
}

// A paused terminal does not pause the run, and one that fails does not end it.
func TestProgressDoesNotWaitForItsWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := stuck{make(chan struct{})}
		p := reports.NewProgress(w, true, 80)
		for range 1000 { // would deadlock the bubble if it waited
			p.Show(outage)
			p.Say("still here")
		}
		close(w.released)
		p.Close()
	})
}

func TestProgressConcurrently(t *testing.T) {
	for _, tty := range []bool{true, false} {
		var b bytes.Buffer
		p := reports.NewProgress(&b, tty, 80)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for round := range 50 {
					p.Show(with(func(s *reports.State) { s.N, s.Round = i, round }))
					p.Say(fmt.Sprintf("said %d/%d", i, round))
				}
			})
		}
		wg.Wait()
		var closing sync.WaitGroup
		for range 3 {
			closing.Go(p.Close)
		}
		closing.Wait()
		if got := strings.Count(b.String(), "said "); got != 400 {
			t.Errorf("tty=%v: %d of 400 lines were written", tty, got)
		}
	}
}
