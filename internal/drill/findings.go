package drill

import (
	"fmt"
	"slices"

	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/reports"
)

func skipped(p *Plan, a *After) section {
	out := section{title: "What was skipped or did not arrive"}
	out.lines = append(out.lines, p.LeftOut...)
	for _, e := range a.Episodes {
		switch {
		case !e.Begun:
			out.lines = append(out.lines, a.name(e)+" was not begun: "+e.Why+".")
		case !e.Whole:
			out.lines = append(out.lines, a.name(e)+" was cut short: "+e.Why+".")
		case !e.Proved:
			out.lines = append(out.lines, a.name(e)+" did not arrive everywhere, or nothing proves it: what was measured says nothing of this fault.")
		}
	}
	if len(out.lines) == 0 {
		out.lines = []string{"Nothing: every fault was begun, proved and lifted."}
	}
	return out
}

func safety(p *Plan, a *After, saved *run.Saved) section {
	out := section{title: "Safety"}
	var all []string
	on, off := 0, 0
	for _, e := range a.Episodes {
		if e.Begun {
			for _, f := range e.Faults {
				all = appendNew(all, f)
			}
		}
		on, off = on+e.On, off+e.Off
	}
	radius := "processes that bench started on this machine, and a Redis of their own"
	switch {
	case saved.Stack != "":
		radius = "containers that bench started of a compose file, in networks and with volumes of their own (" + saved.Stack + ")"
	case saved.Running:
		radius = "the path between " + saved.Target + " and its Redis"
	}
	out.lines = append(out.lines, fmt.Sprintf("Blast radius: %s. Done to it: %s.", radius, orNobody(all)))
	left := fmt.Sprintf("Leftovers: none. %d faults were switched on, and %d lifted.", on, off)
	switch {
	case on > off && p.Ended == nil:
		left = fmt.Sprintf("Leftovers: of %d faults, the end of %d is not recorded, because bench was killed. Its watchdog ends them with the processes.", on, on-off)
	case on > off || p.Ended != nil && p.Ended.Wrong != "":
		left = fmt.Sprintf("Leftovers: look after it. %d faults were switched on, and %d lifted.", on, off)
	}
	out.lines = append(out.lines, left)
	for _, s := range saved.Scenarios {
		abort := "nothing but a person"
		if s.Abort != nil {
			abort = s.Abort.Holds
		}
		out.lines = append(out.lines, fmt.Sprintf("%s: steady state %s; ended early by: %s.", s.Name, s.Steady.Holds, abort))
	}
	halts := append(slices.Clone(p.HaltFiles), p.HaltURL)
	out.lines = append(out.lines, "Halts that were watched: Ctrl-C, bench halt, "+orNobody(halts)+".")
	return out
}

// actions are the findings that somebody has to look at, with room for who and when.
func actions(a *After, r reports.Run) section {
	out := section{title: "Findings, to be given to somebody"}
	t := table{head: []string{"finding", "owner", "due", "done"}}
	add := func(text string) { t.rows = append(t.rows, []string{text, "", "", "☐"}) }
	for _, e := range a.Episodes {
		name := a.name(e)
		for _, o := range e.Predictions {
			if o.Is == Miss {
				add(fmt.Sprintf("%s: predicted %s, was %s. Is the service wrong, or what we believe of it?", name, o.Text, o.Was))
			}
		}
		for _, u := range e.unseen() {
			add(fmt.Sprintf("%s: %s not observable: %s. Play it again once that is mended", name, u.texts, u.why))
		}
		for _, l := range e.Lost {
			if l.Failed > 0 {
				add(fmt.Sprintf("%s: of %d requests of %s %s the fault, %d had no correct answer: %s", name, l.Asked, l.Stream, l.When, l.Failed, l.Kinds))
			}
		}
		if e.Begun && !e.Proved {
			add(name + ": the fault was not proved. Does the service use this Redis?")
		}
		for _, m := range e.Moments {
			if m.AtLeast {
				add(fmt.Sprintf("%s: %s had not come %s after %s, when the observation ended", name, m.Name, seconds(m.Hi), fromText(m)))
			}
		}
		if e.Unnoticed {
			add(name + ": no alert began to fire. Who would have noticed?")
		}
		if e.After.Is == NotSteady {
			add(fmt.Sprintf("%s: the service was not steady again: %s was %s", name, e.After.Condition, e.After.Was))
		}
		if e.Before.Is == NotSteady || e.Before.Is == Unknown {
			add(fmt.Sprintf("%s: the service was not steady before: %s was %s", name, e.Before.Condition, e.Before.Was))
		}
	}
	for _, res := range r.Results {
		if res.Verdict == "refuted" {
			add(fmt.Sprintf("%s (%s) is refuted: %s", res.ID, res.Arm, res.Because))
		}
	}
	for len(t.rows) < 3 {
		add("") // for what people saw
	}
	out.tables = append(out.tables, t)
	return out
}

// unseen are the predictions of an episode that were not observable, by why.
func (e Episode) unseen() (out []unseen) {
	for _, o := range e.Predictions {
		if o.Is != Unseen {
			continue
		}
		i := slices.IndexFunc(out, func(u unseen) bool { return u.why == o.Why })
		if i < 0 {
			out = append(out, unseen{texts: o.Text, why: o.Why})
			continue
		}
		out[i].texts += ", " + o.Text
	}
	return out
}

// unseen is why some predictions were not observable.
type unseen struct{ texts, why string }
