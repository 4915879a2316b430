package drill

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/alerts"
	"github.com/trektribe/bench/internal/history"
)

// alertsOf are the times of the alerts that were not quiet in a window, or one moment that says why there are none.
// fired: some alert began to fire; read: what Prometheus said is known.
func alertsOf(w *window) (out []Moment, fired, read bool) {
	told := map[string][]history.Event{}
	why := "not known: no Prometheus was named (--alerts)"
	for e := range w.Events() {
		if e.Kind == history.Alert && e.Name == "" {
			why = "not known: " + e.Detail
		} else if e.Kind == history.Alert {
			told[e.Name] = append(told[e.Name], e)
		}
	}
	names := slices.Sorted(maps.Keys(told))
	for _, name := range names {
		all := told[name]
		slices.SortStableFunc(all, func(a, b history.Event) int { return cmp.Compare(a.Until, b.Until) })
		out = append(out, alertMoments(name, all, w)...)
		fired = fired || firesAfter(all, w)
	}
	if len(out) == 0 {
		if len(names) > 0 {
			why = "quiet: " + strings.Join(names, ", ")
		}
		out = append(out, Moment{Name: "alerts", Why: why})
	}
	return out, fired, len(names) > 0
}

// isState reports whether an event tells one of the states, not why none is known.
func isState(e history.Event, states ...string) bool { return slices.Contains(states, e.Detail) }

func firesAfter(all []history.Event, w *window) bool {
	return slices.ContainsFunc(all, func(e history.Event) bool { return e.Until > w.began && isState(e, history.AlertFiring) })
}

// alertMoments are when an alert was pending, fired and resolved; all is what was told of it, in order.
func alertMoments(name string, all []history.Event, w *window) (out []Moment) {
	before := history.Event{Detail: "not known: Prometheus was not asked before the fault"}
	for _, e := range all {
		if e.Until <= w.began {
			before = e
		}
	}
	if before.Detail != history.AlertInactive {
		return []Moment{{Name: "alert " + name, Why: "before the fault already: " + before.Detail}}
	}
	since := func(from string, e history.Event) Moment {
		at := w.began
		if from == lifted {
			at = w.healed
		}
		return Moment{Name: "alert " + name + " " + e.Detail, From: from, Known: true, Lo: (e.At - at).Seconds(), Hi: (e.Until - at).Seconds()}
	}
	pending, last := false, -1
	for i, e := range all {
		switch {
		case e.Until <= w.began:
		case isState(e, history.AlertPending, history.AlertFiring) && !pending:
			pending = true
			m := since(began, e)
			m.Name = "alert " + name + " pending"
			if e.Planned >= w.began && e.Planned <= e.Until { // by the clock of Prometheus, where it is that of bench
				m.Lo = (e.Planned - w.began).Seconds()
				m.Hi = m.Lo
			}
			out = append(out, m)
			if !isState(e, history.AlertFiring) {
				continue
			}
			fallthrough
		case isState(e, history.AlertFiring):
			if last < 0 {
				out = append(out, since(began, e))
			}
			last = i
		case !isState(e, history.AlertInactive, history.AlertPending, history.AlertFiring):
			if len(out) == 0 || out[len(out)-1].Why != e.Detail {
				out = append(out, Moment{Name: "alert " + name, Why: "not known for a while: " + e.Detail})
			}
		}
	}
	if last < 0 || w.healed == 0 {
		return out
	}
	m := since(lifted, all[last])
	for _, e := range all[last+1:] {
		if isState(e, history.AlertInactive, history.AlertPending) {
			m = since(lifted, e)
			m.Name = "alert " + name + " resolved"
			return append(out, m)
		}
	}
	m.Name, m.Lo, m.AtLeast = "alert "+name+" resolved", m.Hi, true
	return append(out, m)
}

// Read asks a Prometheus which alerts it has, and has the plan say so; nil: there is none to ask.
func (p *Plan) Read(ctx context.Context, from *alerts.Prometheus) error {
	if from == nil {
		return nil
	}
	rules, err := from.Rules(ctx)
	if err != nil {
		return fmt.Errorf("%s does not tell its alerts: %w; start it, or leave it out", from, err)
	}
	if len(rules) == 0 {
		return fmt.Errorf("%s has no alert, so none would be seen: give it rules, or leave it out", from)
	}
	p.Prometheus = from.String()
	for _, r := range rules {
		p.Alerts = append(p.Alerts, r.Name)
	}
	return nil
}
