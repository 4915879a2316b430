package drill

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/reports"
)

// A Live shows a drill while it is played: each phase is a line that stays, with what was predicted of it.
type Live struct {
	run.Progress
	plan  *Plan
	shown [2]string // scenario and phase
}

// NewLive shows on a Progress what a run shows, and the plan beside it.
func NewLive(on run.Progress, p *Plan) *Live { return &Live{Progress: on, plan: p} }

// Show says which phase begins.
func (l *Live) Show(s reports.State) {
	now := [2]string{s.Scenario, s.Phase}
	if now != l.shown && s.Phase != "opening" && s.Phase != "starting" { // those the other lines tell
		l.shown = now
		line := fmt.Sprintf("%s: %s", s.Scenario, s.Phase)
		if s.Hurt != "" {
			line += ", with " + s.Hurt
		}
		for _, p := range l.plan.Of(s.Scenario, s.Phase) {
			line += "; predicted " + p.Text
		}
		l.Say(line)
	}
	l.Progress.Show(s)
}

// Table prints what came of a drill for a terminal: each prediction in a row, then what to read.
func (a *After) Table(w io.Writer, report string, p *Plan) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "fault\tpredicted\tmeasured\tis")
	for _, e := range a.Episodes {
		for _, o := range e.Predictions {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", a.name(e), o.Text, orElse(o.Was, "–"), strings.ToUpper(o.Is))
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for _, e := range a.Episodes {
		for _, u := range e.unseen() {
			fmt.Fprintf(w, "%s: not observable: %s\n", a.name(e), u.why)
		}
		switch {
		case e.After.Is == NotSteady:
			fmt.Fprintf(w, "%s: the service was not steady again: %s was %s\n", a.name(e), e.After.Condition, e.After.Was)
		case !e.Begun:
			fmt.Fprintf(w, "%s was not begun: %s\n", a.name(e), e.Why)
		case !e.Whole:
			fmt.Fprintf(w, "%s was cut short: %s\n", a.name(e), e.Why)
		}
	}
	if p.Ended != nil && p.Ended.Halted != "" {
		fmt.Fprintf(w, "HALTED by %s: everything was put back within %s\n", p.Ended.Halted, seconds(p.Ended.Back))
	}
	_, err := fmt.Fprintf(w, "\n%s · %s\n", a.Summary(), report)
	return err
}
