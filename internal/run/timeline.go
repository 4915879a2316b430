package run

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/scenarios"
)

// A timeline places the phases of one segment on the run's clock.
type timeline struct {
	start  time.Duration
	phases []scenarios.Phase
	late   *lateness // nil: every phase begins when it is planned
}

// lateness is when the faults with which phases begin really began: their canaries take a moment before that.
type lateness struct {
	mu    sync.Mutex
	began map[int]time.Duration // by phase
}

// begun notes that a fault with which phase i begins is switched on now.
func (t timeline) begun(i int, now time.Duration) {
	t.late.mu.Lock()
	defer t.late.mu.Unlock()
	t.late.began[i] = max(t.late.began[i], now)
}

// begin is when phase i begins: with its faults, where it begins with any. What was asked before is not in it, as nothing
// was hurt. false: one of them has not begun yet.
func (t timeline) begin(i int) (at time.Duration, known bool) {
	at, _ = t.span(i)
	if t.late == nil || !beginsHurt(t.phases[i]) {
		return at, true
	}
	t.late.mu.Lock()
	defer t.late.mu.Unlock()
	began, known := t.late.began[i]
	return max(at, began), known
}

// beginsHurt reports whether p begins with a fault that is switched on then.
func beginsHurt(p scenarios.Phase) bool {
	return slices.ContainsFunc(p.Faults, func(f fault.Fault) bool { return f.From == 0 && !f.Start })
}

// span is when phase i begins and ends.
func (t timeline) span(i int) (from, to time.Duration) {
	from = t.start
	for _, p := range t.phases[:i] {
		from += p.For
	}
	return from, from + t.phases[i].For
}

// phase names the phase that an instant falls in; before the first it is the
// first, after the last the last.
func (t timeline) phase(at time.Duration) string {
	for i, p := range t.phases[:len(t.phases)-1] {
		if to, known := t.begin(i + 1); at < to || !known && at < to+t.phases[i+1].For {
			return p.Name
		}
	}
	return t.phases[len(t.phases)-1].Name
}

type window struct{ from, to time.Duration }

// windows are the unbroken stretches of the named phases; no names: all of them.
func (t timeline) windows(names []string) []window {
	var out []window
	for i, p := range t.phases {
		if len(names) > 0 && !slices.Contains(names, p.Name) {
			continue
		}
		from, to := t.span(i)
		if k := len(out) - 1; k >= 0 && out[k].to == from {
			out[k].to = to
		} else {
			out = append(out, window{from, to})
		}
	}
	return out
}

// hurts lists the faults of a phase: "refused on redis".
func hurts(p scenarios.Phase) string {
	var out []string
	for _, f := range p.Faults {
		out = append(out, f.Kind+" on "+f.On)
	}
	return strings.Join(out, ", ")
}

// impossible says which phases cannot be played as written against a service
// that already runs. They are played as far as possible, for the claims about
// other phases. unhurt: faults are impossible too.
func impossible(phases []scenarios.Phase, unhurt bool) []history.Event {
	var out []history.Event
	add := func(p scenarios.Phase, about, what, instead string) {
		out = append(out, history.Event{Kind: history.Problem, Phase: about,
			Detail: fmt.Sprintf("phase %s needs %s, which --target-url cannot do; %s", p.Name, what, instead)})
	}
	for _, p := range phases {
		if len(p.Env) > 0 {
			var env []string
			for _, k := range slices.Sorted(maps.Keys(p.Env)) {
				env = append(env, k+"="+p.Env[k])
			}
			add(p, p.Name, "the service restarted with "+strings.Join(env, " "), "start the service with --target-cmd")
		} else if p.Restart {
			add(p, p.Name, "the service restarted", "start the service with --target-cmd")
		}
		if unhurt && len(p.Faults) > 0 {
			add(p, "", hurts(p), "start the service with --target-cmd, or name the toxiproxy before its Redis: --toxiproxy") // what comes after a fault is about the fault too
		}
	}
	return out
}

func withoutFaults(phases []scenarios.Phase) []scenarios.Phase {
	phases = slices.Clone(phases)
	for i := range phases {
		phases[i].Faults = nil
	}
	return phases
}

func hasFaults(phases []scenarios.Phase) bool {
	return slices.ContainsFunc(phases, func(p scenarios.Phase) bool { return len(p.Faults) > 0 })
}
