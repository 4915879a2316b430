package drill

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/reports"
	"github.com/trektribe/bench/scenarios"
)

// A Target is what is hurt, in words.
type Target struct {
	Text    string   // its command or URLs, without secrets
	Arms    []string // of it
	Running bool     // it already runs, and bench did not start it
	Compose string   // the file whose containers it is; empty: none
}

// String says what is hurt, and whose it is.
func (t Target) String() string {
	if t.Running {
		return t.Text + ", which already runs: only its path to Redis is touched"
	}
	if t.Compose != "" {
		return fmt.Sprintf("%s (%s), in containers that bench starts as %s has them, with a Redis, networks and volumes of their own", t.Text, strings.Join(t.Arms, ", "), t.Compose)
	}
	return fmt.Sprintf("%s (%s), started by bench on this machine, with a Redis of its own", t.Text, strings.Join(t.Arms, ", "))
}

// Show prints the plan: what will be hurt, for how long, who is told, what ends it early, and what is predicted.
func (p *Plan) Show(w io.Writer, all []*scenarios.Scenario, on Target) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	each := Episodes(all)
	line("drill\t%s", p.Question)
	line("target\t%s", on)
	for i, a := range each {
		for j, f := range a.FaultTexts() {
			head, name, long := "", "", ""
			if i == 0 && j == 0 {
				head = "hurt"
			}
			if j == 0 {
				name, long = a.Scenario.Name+": "+a.Phase.Name, ", in a phase of "+span(a.Phase.For)
			}
			line("%s\t%s\t%s%s", head, name, f, long)
		}
	}
	var whole, hurt time.Duration
	for _, s := range all {
		whole += s.RoundLength()
	}
	for _, a := range each {
		hurt += a.Phase.For
	}
	line("lasts\tabout %s, of it %s with faults", span(whole), span(hurt))
	line("told\t%s", orNobody(p.Told))
	for i, s := range all {
		line("%s\t%s: %s over the last %v, before each fault; else it is not begun, and the drill ends", first(i, "steady"), s.Name, s.Steady.Holds, s.Steady.Over)
	}
	for i, s := range all {
		if s.Abort == nil {
			line("%s\t%s: no condition ends it early; the scenario's key abort gives one", first(i, "abort"), s.Name)
		} else {
			line("%s\t%s: when %s over the last %v, every fault is lifted and the drill ends", first(i, "abort"), s.Name, s.Abort.Holds, s.Abort.Over)
		}
	}
	stops := []string{"Ctrl-C", "bench halt, in another terminal"}
	for _, f := range p.HaltFiles {
		stops = append(stops, "the file "+f)
	}
	if p.HaltURL != "" {
		stops = append(stops, p.HaltURL+` when it answers anything but 200 and "go"`)
	}
	for i, s := range stops {
		line("%s\t%s", first(i, "to stop"), s)
	}
	line("if bench dies\tits watchdog puts everything back within %v", process.LeaseFor+time.Second)
	if p.Prometheus != "" {
		line("alerts\tread from %s: %s", p.Prometheus, strings.Join(p.Alerts, ", "))
	}
	for i, one := range p.Predictions {
		line("%s\t%s: %s\t%s (%s)", first(i, "predicted"), one.Scenario, one.Phase, one.Text, one.By)
	}
	for _, why := range p.LeftOut {
		line("left out\t%s", why)
	}
	return out.Flush()
}

// first is the name of a row for its first line only.
func first(i int, name string) string {
	if i > 0 {
		return ""
	}
	return name
}

// span is a planned time as a person reads it.
func span(d time.Duration) string {
	if d < 10*time.Second {
		return d.String()
	}
	return reports.Span(d)
}

func orNobody(who []string) string {
	who = slices.DeleteFunc(slices.Clone(who), func(s string) bool { return strings.TrimSpace(s) == "" })
	if len(who) == 0 {
		return "nobody"
	}
	return strings.Join(who, ", ")
}
