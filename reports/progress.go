package reports

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// A State is what a run is doing now.
type State struct {
	Scenario     string
	N, Of        int // scenario N of Of, from 1
	Round, Least int // round Round, from 1; 0: none yet. At least Least are needed
	Most         int // and at most Most are played
	Phase        string
	Hurt         string        // the faults of the phase: "blackhole on redis"; empty: none
	Left         time.Duration // estimate for the whole run, at the time of Show; 0: not known
}

// Progress shows States on stderr: one line rewritten on a terminal, plain lines elsewhere.
// Safe for concurrent use. None of its methods but Close waits for the writer: a
// terminal that is paused with Ctrl-S must not pause the faults. Write errors are ignored.
type Progress struct {
	w     io.Writer
	tty   bool
	width int

	mu     sync.Mutex
	state  State
	shown  time.Time // when state was set; zero: never
	queue  []string  // lines that stay, not written yet
	closed bool

	wake chan struct{} // holds one token: there is something to write
	done chan struct{} // closed when the writing goroutine has ended
}

const (
	refresh = 250 * time.Millisecond // of the live line
	silence = 10 * time.Second       // the longest without a plain line
)

// NewProgress shows on w; tty says whether w is a terminal of the given width
// in columns (below 1: 80). Nothing is written before the first Show or Say.
func NewProgress(w io.Writer, tty bool, width int) *Progress {
	if width < 1 {
		width = 80
	}
	p := &Progress{w: w, tty: tty, width: width, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go p.write()
	return p
}

// Show replaces what is shown. After Close it does nothing.
func (p *Progress) Show(s State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	before, first := p.state, p.shown.IsZero()
	p.state, p.shown = s, time.Now()
	if p.tty {
		p.signal()
	} else if first || s.Scenario != before.Scenario || s.N != before.N || s.Round != before.Round {
		p.queue = append(p.queue, p.text())
		p.signal()
	}
}

// Say prints a line that stays, above the live one. After Close it does nothing.
func (p *Progress) Say(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.queue = append(p.queue, clean(line))
	p.signal()
}

// Close writes the lines that still wait, clears the live line and waits for the
// writing goroutine. After it returns, Progress writes no more. Safe to call again.
func (p *Progress) Close() {
	p.mu.Lock()
	p.closed = true
	p.signal()
	p.mu.Unlock()
	<-p.done
}

// signal wakes the writer; p.mu is held.
func (p *Progress) signal() {
	select {
	case p.wake <- struct{}{}:
	default: // a token is there already
	}
}

// write is the only goroutine that touches p.w.
func (p *Progress) write() {
	defer close(p.done)
	period := silence
	if p.tty {
		period = refresh
	}
	tick := time.NewTicker(period)
	defer tick.Stop()
	live := "" // what the terminal's last line shows
	for {
		due := false
		select {
		case <-p.wake:
		case <-tick.C:
			due = true
		}
		p.mu.Lock()
		said, closed, line := p.queue, p.closed, ""
		p.queue = nil
		if !p.shown.IsZero() && !closed {
			line = p.text()
		}
		p.mu.Unlock()

		out := ""
		switch {
		case p.tty:
			// One column stays free: a terminal wraps when the last one is filled.
			line = cut(line, p.width-1)
			if len(said) > 0 || line != live {
				if live != "" {
					out = eraseLine
				}
				for _, s := range said {
					out += s + "\n"
				}
				out += line
				live = line
			}
		case due && line != "" && len(said) == 0:
			out = line + "\n"
		default:
			for _, s := range said {
				out += s + "\n"
			}
		}
		if out != "" {
			io.WriteString(p.w, out) // progress is a courtesy: a closed stderr must not end a run
			if !p.tty {
				tick.Reset(silence)
			}
		}
		if closed {
			return
		}
	}
}

// eraseLine returns to the line's start and clears to its end.
const eraseLine = "\r\x1b[K"

// text is the state in one line; p.mu is held. What is left counts down between two Shows.
func (p *Progress) text() string {
	s := p.state
	round := ""
	switch {
	case s.Round < 1:
	case s.Least == s.Most:
		round = fmt.Sprintf("round %d of %d", s.Round, s.Most)
	default:
		round = fmt.Sprintf("round %d of %d–%d", s.Round, s.Least, s.Most)
	}
	phase := s.Phase
	if s.Hurt != "" {
		phase = join(" ", phase, "("+s.Hurt+")")
	}
	left := ""
	if s.Left > 0 {
		left = Span(max(0, s.Left-time.Since(p.shown)).Round(time.Second)) + " left"
	}
	place := ""
	if s.Of > 0 {
		place = fmt.Sprintf("[%d/%d]", s.N, s.Of)
	}
	return clean(join(" · ", join(" ", place, s.Scenario), round, phase, left))
}
