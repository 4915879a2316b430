package drill

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/recovery"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/scenarios"
)

// observe is what came of each episode of a scenario in one arm. halted: how the drill was cut short; empty: it was not.
func observe(p *Plan, s *scenarios.Scenario, arm string, h history.History, halted string) (out []Episode) {
	stopped, began := stoppedBy(h)
	halted = cmp.Or(stopped, halted)
	for _, w := range windows(s, h) {
		e := episodeOf(s, arm, w.episode)
		e.Begun, e.Whole, e.On, e.Off = w.begun, w.begun && w.whole, w.on, w.off
		if !e.Whole {
			e.Why = cmp.Or(halted, "the round was cut short")
		}
		if w.begun {
			e.At = (w.began - began).Seconds()
			e.Before, e.After = steadyBefore(s, w), steadyAfter(s, w)
			e.Proved, e.Moments = moments(w)
			alerts, fired, read := alertsOf(w)
			e.Moments, e.Unnoticed = append(e.Moments, alerts...), read && !fired
			e.Lost = lost(w)
		}
		for _, one := range p.Of(s.Name, e.Phase) {
			e.Predictions = append(e.Predictions, outcome(s, w, one, e.Why))
		}
		out = append(out, e)
	}
	return out
}

// stoppedBy says which condition ended the round, and when its first phase began.
func stoppedBy(h history.History) (why string, began time.Duration) {
	seen := false
	for e := range h.Events() {
		switch {
		case e.Kind == history.Stopped:
			why = e.Detail
		case e.Kind == history.PhaseSpan && (!seen || e.At < began):
			began, seen = e.At, true
		case e.Kind == history.Wall && !seen:
			began = e.At
		}
	}
	return why, began
}

// outcome holds a prediction against one window.
func outcome(s *scenarios.Scenario, w *window, p Prediction, why string) Outcome {
	out := Outcome{Prediction: p, Is: Unseen}
	c, mistakes := s.Predict(w.episode, p.Text)
	switch {
	case len(mistakes) > 0:
		out.Why = mistakes[0].Msg
		return out
	case !w.begun:
		out.Why = "the fault was not begun: " + why
		return out
	case !w.whole:
		out.Why = why
		return out
	}
	once := c.Once(w)
	var was []string
	for _, part := range once.Parts {
		if part.Known || once.Known {
			was = append(was, part.Was)
		}
	}
	out.Was, out.Why = strings.Join(was, " and "), cmp.Or(once.Why, once.Note)
	switch {
	case !once.Known:
	case once.Holds:
		out.Is = Hit
	default:
		out.Is = Miss
	}
	return out
}

// steadyBefore is the steady state just before the first fault.
func steadyBefore(s *scenarios.Scenario, w *window) Steady {
	if w.episode.Started() {
		return Steady{Condition: s.Steady.Holds, Is: NotAsked, Was: "the fault is on before the service starts"}
	}
	return steadyAt(s, w, w.began)
}

// steadyAfter is the steady state at the end of the window.
func steadyAfter(s *scenarios.Scenario, w *window) Steady {
	if !w.whole || len(w.episode.After) == 0 {
		return Steady{Condition: s.Steady.Holds, Is: NotAsked, Was: "no phase without faults was played to its end after it"}
	}
	return steadyAt(s, w, w.to)
}

// steadyAt asks the condition of the requests that ended just before an instant.
func steadyAt(s *scenarios.Scenario, w *window, at time.Duration) Steady {
	out := Steady{Condition: s.Steady.Holds, Is: Unknown}
	c, mistakes := claim.CompileCondition("steady", s.Steady.Holds, s.Scope())
	if len(mistakes) > 0 {
		out.Was = mistakes[0].Msg
		return out
	}
	var recent []history.Request
	for r := range w.History.Requests() {
		if r.Done > at-s.Steady.Over && r.Done <= at {
			recent = append(recent, r)
		}
	}
	read := c.Read(recent)
	out.Was = read.Was
	switch {
	case read.Holds:
		out.Is = IsSteady
	case read.Known:
		out.Is = NotSteady
	}
	return out
}

// lost counts the requests without a correct answer, by stream, during the fault and after it.
func lost(w *window) (out []Lost) {
	type key struct{ stream, when string }
	all := map[key]*Lost{}
	kinds := map[key]map[string]int{}
	for r := range w.Requests() {
		if r.Failure == history.Canceled || r.Intended < w.began {
			continue
		}
		k := key{r.Stream, "during"}
		if w.healed > 0 && r.Intended >= w.healed {
			k.when = "after"
		}
		if all[k] == nil {
			all[k], kinds[k] = &Lost{Stream: k.stream, When: k.when}, map[string]int{}
		}
		if all[k].Asked++; !r.OK() {
			all[k].Failed++
			kind := string(r.Failure)
			if r.Failure == history.Status {
				kind = fmt.Sprintf("status %d", r.Status)
			}
			kinds[k][kind]++
		}
	}
	for k, l := range all {
		var texts []string
		for _, kind := range slices.Sorted(maps.Keys(kinds[k])) {
			texts = append(texts, fmt.Sprintf("%d × %s", kinds[k][kind], kind))
		}
		l.Kinds = strings.Join(texts, ", ")
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b Lost) int {
		return cmp.Or(cmp.Compare(b.When, a.When), cmp.Compare(a.Stream, b.Stream)) // during, then after
	})
	return out
}

// moments is the timeline of a window, and whether its faults were proved.
func moments(w *window) (proved bool, out []Moment) {
	planned, shown, arrived, why := history.Event{}, time.Duration(0), 0, ""
	deliveries := 0
	for e := range w.Events() {
		switch {
		case e.Kind == history.FaultOn && e.At == w.began:
			planned = e
		case e.Kind == history.Canary && e.Name != "" && e.At >= w.began && (shown == 0 || e.Until < shown):
			shown = e.Until
		case e.Kind == history.Delivery:
			deliveries++
			if e.Value == 1 {
				arrived++
			} else {
				why = cmp.Or(why, e.Detail, "a canary did not meet it")
			}
		}
	}
	at := func(name, from string, d time.Duration) Moment {
		return Moment{Name: name, From: from, Known: true, Lo: d.Seconds(), Hi: d.Seconds()}
	}
	out = append(out, at("planned", began, planned.Planned-w.began), at("began", began, 0))
	proved = deliveries > 0 && arrived == deliveries
	switch {
	case proved && shown > 0:
		out = append(out, at("proved by canaries", began, shown-w.began))
	case proved:
		out = append(out, Moment{Name: "proved by canaries", From: began, Why: "proved, at no single instant"})
	default:
		out = append(out, Moment{Name: "proved by canaries", From: began, Why: "NOT PROVED: " + cmp.Or(why, "no canary told")})
	}
	return proved, append(out, recovered(w)...)
}

const (
	began  = "began"
	lifted = "lifted"
)

// recovered are the times of the service, over its streams and instances.
func recovered(w *window) (out []Moment) {
	kinds := map[string]bool{}
	for _, f := range w.episode.Phase.Faults {
		kinds[f.Kind] = true
	}
	calm := *w
	calm.noStalls = true // a stall makes a time longer, and is told beside it
	spec := recovery.Of(slices.Sorted(maps.Keys(kinds)))
	all := spec.Judge([]recovery.Round{spec.Observe(&calm)})
	for _, row := range []struct{ time, name, from string }{
		{recovery.FirstTouched, "first request touched", began}, {recovery.Detected, "detected by /health", began},
		{recovery.Fallback, "fallback", began}, {recovery.Lifted, "lifted", began},
		{recovery.UsedAgain, "Redis used again", lifted}, {recovery.SteadyAgain, "steady again", lifted}, {recovery.WorstWait, "worst wait", ""},
	} {
		m := Moment{Name: row.name, From: row.from}
		for _, t := range all {
			one := t.Named(row.time)
			switch {
			case one.N == 0:
				m.Why = cmp.Or(m.Why, one.Why, t.Why)
			case !m.Known:
				m.Known, m.Lo, m.Hi, m.AtLeast = true, one.Median, one.Median, one.AtLeast
			default:
				m.Lo = min(m.Lo, one.Median)
				if one.Median >= m.Hi {
					m.Hi, m.AtLeast = one.Median, one.AtLeast || m.AtLeast && one.Median == m.Hi
				}
				m.AtLeast = m.AtLeast || one.AtLeast
			}
		}
		if m.Known {
			m.Why = ""
		}
		m.Why = strings.TrimPrefix(m.Why, "round 1: ") // there is one
		out = append(out, m)
	}
	if !slices.ContainsFunc(out, func(m Moment) bool { return m.Known || m.Why != out[0].Why }) {
		return []Moment{{Name: "times of the service", Why: "not known: " + out[0].Why}}
	}
	return out
}

// seconds is a time as people read it.
func seconds(s float64) string { return figure.Format(s, "s") }

// appendNew adds what is not there yet.
func appendNew(all []string, one string) []string {
	if slices.Contains(all, one) {
		return all
	}
	return append(all, one)
}
