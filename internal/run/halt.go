package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/scenarios"
)

const (
	// askEvery is how often abort is evaluated, and enough how often in a row it must be true: one
	// reading may be a bad moment.
	askEvery = 250 * time.Millisecond
	enough   = 2
	// leastSeen is how long a segment must run before abort is evaluated, if abort looks back as far:
	// the first requests are few, and meet a cold cache.
	leastSeen = time.Second
)

// limits are the conditions for a scenario to begin its faults, and to go on.
//
// They are evaluated on the requests that ended lately, not on those that were intended lately: a
// request that hangs counts only when its client gives up.
type limits struct {
	steady, abort         *claim.Condition // nil: none
	steadyText, abortText scenarios.Condition
	eachFault             bool         // steady is asked before each fault that begins while none is on, not before the first alone
	say                   func(string) // told what steady was; nil: nobody listens

	// Of the segment that is played.
	live *live
	arms []lab.Arm
	back putBack
}

// putBack says how the faults were lifted that were still on when the timeline ended.
type putBack struct {
	n   int
	at  time.Duration
	err error
}

func compileLimits(s *scenarios.Scenario) (limits, error) {
	var c limits
	var errs []error
	compile := func(name string, of *scenarios.Condition, text *scenarios.Condition) *claim.Condition {
		if of == nil {
			return nil
		}
		*text = *of
		out, mistakes := claim.CompileCondition(name, of.Holds, s.Scope())
		for _, m := range mistakes {
			errs = append(errs, fmt.Errorf("%s: %s: column %d: %s", s.File, name, m.Col, m.Msg))
		}
		return out
	}
	c.steady = compile("steady", s.Steady, &c.steadyText)
	c.abort = compile("abort", s.Abort, &c.abortText)
	return c, errors.Join(errs...)
}

// notes say for people what is not asked of an arm that gets this share.
func (c limits) notes(h *share) (out []string) {
	if c.steady != nil {
		if rest, lack := c.steady.Without(h.lacks); lack != nil && rest == nil {
			out = append(out, h.scenario.Name+": steady is not asked, so the faults begin without it: "+lack.Because)
		} else if lack != nil {
			out = append(out, h.scenario.Name+": steady is asked without a part: "+lack.Because)
		}
	}
	if c.abort != nil {
		if _, lack := c.abort.Without(h.lacks); lack != nil {
			out = append(out, h.scenario.Name+": abort is not asked, so nothing ends the faults early: "+lack.Because)
		}
	}
	return out
}

// start begins a segment.
func (c *limits) start(arms []lab.Arm) {
	c.live, c.arms, c.back = newLive(), arms, putBack{}
}

// tee keeps what goes to sink for the conditions as well, if there are any.
func (c *limits) tee(sink func(history.Request)) func(history.Request) {
	if c.steady == nil && c.abort == nil {
		return sink
	}
	l := c.live
	return func(r history.Request) {
		sink(r)
		l.add(r)
	}
}

// errHalt matches every halt.
var errHalt = errors.New("a condition ended the scenario")

// A halt is a condition that ended the scenario. It is an error inside a round, and not one of the run.
type halt struct {
	name string // "steady", "abort"
	arm  string
	at   time.Duration
	text string
}

func (h *halt) Error() string        { return h.text }
func (h *halt) Is(target error) bool { return target == errHalt }

// askSteady is a halt unless every arm is steady now. Arms are compared under the same faults at the same
// time, so none of them begins without the others.
func (p *player) askSteady() error {
	if p.steady == nil {
		return nil
	}
	now := p.clock.Now()
	for _, a := range p.arms {
		steady, _ := p.steady.Without(p.shares[a.Name].lacks)
		if steady == nil {
			continue
		}
		r := steady.Read(p.live.since(a.Name, now-p.steadyText.Over, nil))
		if p.say != nil {
			p.say(fmt.Sprintf("%s: steady state of %s: %s was %s", p.scenario.Name, a.Name, r.Part, r.Was))
		}
		switch {
		case !r.Known:
			return &halt{"steady", a.Name, now, fmt.Sprintf("did not begin: %s is required and unknown (%s),", r.Part, r.Was)}
		case !r.Holds:
			return &halt{"steady", a.Name, now, fmt.Sprintf("did not begin: %s is required, was %s,", r.Part, r.Was)}
		}
	}
	return nil
}

// watchAbort is a halt as soon as abort is true of an arm, twice in a row. It ends with the timeline.
func (p *player) watchAbort(ctx context.Context, t timeline) error {
	if p.abort == nil {
		return nil
	}
	_, end := t.span(len(t.phases) - 1)
	inRow := map[string]int{}
	var recent []history.Request // grows once
	// Counted from the last reading: after a stall, a fixed grid would read one moment several times.
	for at := t.start + min(p.abortText.Over, leastSeen); at < end; at = p.clock.Now() + askEvery {
		if !p.until(ctx, at) {
			return ctx.Err()
		}
		now := p.clock.Now()
		for _, a := range p.arms {
			if _, lack := p.abort.Without(p.shares[a.Name].lacks); lack != nil {
				continue // it cannot be met
			}
			recent = p.live.since(a.Name, now-p.abortText.Over, recent[:0])
			r := p.abort.Read(recent)
			if !r.Holds {
				inRow[a.Name] = 0
				continue
			}
			if inRow[a.Name]++; inRow[a.Name] >= enough {
				return &halt{"abort", a.Name, now, fmt.Sprintf("aborted: %s (was %s)", p.abortText.Holds, r.Was)}
			}
		}
	}
	return nil
}

// halted is the record of h, which ended round n; begin is when its segment began, since the round's start.
func (p *player) halted(h *halt, t timeline, n int, begin time.Duration) history.Event {
	seconds := func(d time.Duration) string { return figure.Format(d.Seconds(), "s") }
	h.text += fmt.Sprintf(" in arm %s at %s of round %d", h.arm, seconds(begin+h.at-t.start), n)
	switch back := p.back; {
	case back.err != nil:
		h.text += fmt.Sprintf(", and not every fault could be lifted: %v", back.err)
	case back.n > 0:
		h.text += ", every fault was lifted in " + seconds(back.at-h.at)
	case h.name == "abort":
		h.text += ", no fault was on"
	}
	return history.Event{Kind: history.Stopped, Arm: h.arm, Phase: t.phase(h.at), Name: h.name, At: h.at, Until: max(h.at, p.back.at), Detail: h.text}
}

// stop changes r if a condition ended the scenario. The round that met the condition does not count, so
// no claim holds for the arm that met it, as for an arm that died.
func (j *judge) stop(r *claim.Result) {
	s := j.stopped
	if s == nil {
		return
	}
	if r.Verdict == claim.Inconclusive || r.Verdict == claim.Holds && r.Arm == s.Arm {
		r.Verdict, r.Code, r.More = claim.Inconclusive, code.Halted, false
		r.Because = s.Detail + "; until then: " + r.Because
		r.Remedy = "a service that is steady before the fault"
		if s.Name == "abort" {
			r.Remedy = "a service that does not meet the condition, or another abort"
		}
	}
}
