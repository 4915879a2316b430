package drill

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/reports"
)

// A section is a part of the page: lines, and tables.
type section struct {
	title  string
	lines  []string
	tables []table
	tracks []track // pictures, where the page can have some
}

type table struct {
	title string // may be empty
	head  []string
	rows  [][]string
}

// A page is what is told of a drill, whatever it is written in.
type page struct {
	title    string
	sections []section
}

// document is the report of a drill, in the order in which somebody who was not there asks.
func document(p *Plan, a *After, saved *run.Saved, r reports.Run) page {
	out := page{title: "Drill: " + p.Question}
	out.sections = append(out.sections, answer(p, a, saved), expected(p, a), steadyTable(a), timeline(a, saved), losses(a, r), skipped(p, a), safety(p, a, saved),
		actions(a, r), last(p), replay(saved, r))
	return out
}

// count is the number of predictions that are so.
func (a *After) count(is string) (n int) {
	for _, e := range a.Episodes {
		for _, o := range e.Predictions {
			if o.Is == is {
				n++
			}
		}
	}
	return n
}

// Summary is the drill in one line.
func (a *After) Summary() string {
	begun, proved := 0, 0
	for _, e := range a.Episodes {
		if e.Begun {
			begun++
		}
		if e.Proved {
			proved++
		}
	}
	return fmt.Sprintf("%d of %d faults begun, %d proved · predictions: %d hit, %d missed, %d not observable",
		begun, len(a.Episodes), proved, a.count(Hit), a.count(Miss), a.count(Unseen))
}

func answer(p *Plan, a *After, saved *run.Saved) section {
	out := section{title: "What was done, and what came of it"}
	out.lines = append(out.lines, a.Summary()+".")
	switch end := p.Ended; {
	case end == nil:
		out.lines = append(out.lines, "Bench was killed before the end of the drill: its watchdog put everything back.")
	case end.Halted != "":
		out.lines = append(out.lines, fmt.Sprintf("HALTED by %s at %s: every process that bench had started was gone %s later.", end.Halted, clockTime(end.HaltAt), seconds(end.Back)))
	case end.Wrong != "":
		out.lines = append(out.lines, "It went wrong: "+end.Wrong+".")
	}
	told := "Nobody was named who was told before."
	if len(p.Told) > 0 {
		told = "Told before: " + orNobody(p.Told) + "."
	}
	out.lines = append(out.lines, fmt.Sprintf("Confirmed by %s at %s, %s. %s", p.By, clockTime(p.At), p.Confirmed, told))
	if p.Ended != nil {
		out.lines = append(out.lines, fmt.Sprintf("Played from %s to %s, %s in all.", clockTime(saved.Started), clockTime(p.Ended.At), seconds(p.Ended.At.Sub(saved.Started).Seconds())))
	}
	var arms []string
	for _, arm := range saved.Arms {
		arms = append(arms, arm.Name)
	}
	target := "Target: " + a.Target
	if len(arms) > 0 {
		target += " (" + strings.Join(arms, ", ") + ")"
	}
	if saved.Stack != "" {
		target += ", of a compose file: " + saved.Stack
	}
	out.lines = append(out.lines, target+".")
	return out
}

func clockTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// name is an episode in a row.
func (a *After) name(e Episode) string {
	name := e.Scenario + ": " + e.Phase
	if slices.ContainsFunc(a.Episodes, func(o Episode) bool { return o.Arm != e.Arm }) {
		name += ", " + e.Arm
	}
	return name
}

func expected(p *Plan, a *After) section {
	out := section{title: "Predicted against measured", lines: []string{"Each prediction was written down before the first fault. Measured is this drill alone: another may differ."}}
	t := table{head: []string{"fault", "predicted", "by", "written", "measured", "is"}}
	for _, e := range a.Episodes {
		for _, o := range e.Predictions {
			measured := o.Was
			if o.Why != "" {
				measured = strings.TrimPrefix(measured+"; "+o.Why, "; ")
			}
			t.rows = append(t.rows, []string{a.name(e) + " (" + strings.Join(e.Faults, ", ") + ")", o.Text, o.By, clockTime(o.At), measured, strings.ToUpper(o.Is)})
		}
	}
	out.tables = append(out.tables, t)
	return out
}

func steadyTable(a *After) section {
	out := section{title: "Steady state, before and after"}
	t := table{head: []string{"fault", "required", "just before it", "at the end of what follows it"}}
	text := func(s Steady) string {
		if s.Was == "" {
			return s.Is
		}
		return s.Is + " (" + s.Was + ")"
	}
	for _, e := range a.Episodes {
		t.rows = append(t.rows, []string{a.name(e), e.Before.Condition, text(e.Before), text(e.After)})
	}
	out.tables = append(out.tables, t)
	return out
}

func timeline(a *After, saved *run.Saved) section {
	out := section{title: "Timeline", lines: []string{"Of several streams and instances: the earliest to the latest. Health is asked 20 times a second."}}
	if saved.Alerts != "" {
		out.lines = append(out.lines, "Alerts are read once a second from "+saved.Alerts+": a time of theirs lies between two questions. Pending is since when the condition is true, by the clock of Prometheus.")
	}
	for _, e := range a.Episodes {
		if !e.Begun {
			continue
		}
		t := table{title: fmt.Sprintf("%s: %s, begun %s into the round", a.name(e), strings.Join(e.Faults, ", "), seconds(e.At)), head: []string{"what", "when", "counted from"}}
		for _, m := range e.Moments {
			t.rows = append(t.rows, []string{m.Name, m.text(), fromText(m)})
		}
		out.tables = append(out.tables, t)
		out.tracks = append(out.tracks, trackOf(t.title, e))
	}
	if len(out.tables) == 0 {
		out.lines = []string{"No fault was begun."}
	}
	return out
}

func fromText(m Moment) string {
	switch {
	case !m.Known:
		return ""
	case m.From == began:
		return "the beginning of the fault"
	case m.From == lifted:
		return "its end"
	}
	return "its own beginning"
}

// text is a moment's time.
func (m Moment) text() string {
	if !m.Known {
		return m.Why
	}
	sign := ""
	if m.From != "" {
		sign = "+"
	}
	one := func(x float64) string {
		if x < 0 {
			return "−" + seconds(-x)
		}
		return sign + seconds(x)
	}
	text := one(m.Lo)
	if one(m.Hi) != text {
		text += " to " + one(m.Hi)
	}
	if m.AtLeast {
		text += " at least: it had not come when the observation ended"
	}
	return text
}

func losses(a *After, r reports.Run) section {
	out := section{title: "What was lost"}
	t := table{title: "Requests without a correct answer", head: []string{"fault", "stream", "when", "asked", "lost", "how"}}
	asked, failed := 0, 0
	for _, e := range a.Episodes {
		for _, l := range e.Lost {
			asked, failed = asked+l.Asked, failed+l.Failed
			if l.Failed == 0 {
				continue
			}
			t.rows = append(t.rows, []string{a.name(e), l.Stream, l.When, fmt.Sprint(l.Asked), fmt.Sprint(l.Failed), l.Kinds})
		}
	}
	out.lines = append(out.lines, fmt.Sprintf("Of %d requests since the beginning of each fault, %d had no correct answer.", asked, failed))
	if failed > 0 {
		out.tables = append(out.tables, t)
	}
	data := table{title: "Data, as the claims of the scenarios check it", head: []string{"claim", "arm", "verdict", "because"}}
	for _, res := range r.Results {
		data.rows = append(data.rows, []string{res.ID, res.Arm, strings.Replace(string(res.Verdict), "inconclusive", "undecided", 1), res.Because})
	}
	if len(data.rows) == 0 {
		out.lines = append(out.lines, "No claim of these scenarios checks data: what was lost of it is not known.")
	} else {
		out.tables = append(out.tables, data)
		out.lines = append(out.lines, "A drill plays one round, which proves what is counted and little else: bench run plays as many as a verdict needs.")
	}
	return out
}

func last(p *Plan) section {
	out := section{title: "When each was rehearsed last", lines: []string{"Before this drill, by the runs beside it. bench drill --ledger tells of all kinds."}}
	t := table{head: []string{"fault", "last time", "age then"}}
	for _, r := range p.Last {
		if r.At.IsZero() {
			t.rows = append(t.rows, []string{r.Kind, "never", ""})
			continue
		}
		t.rows = append(t.rows, []string{r.Kind, clockTime(r.At) + " in " + r.Run, age(p.At.Sub(r.At))})
	}
	out.tables = append(out.tables, t)
	return out
}

func replay(saved *run.Saved, r reports.Run) section {
	out := section{title: "To play it again"}
	for _, plan := range r.Plans {
		out.lines = append(out.lines, strings.Replace(plan.Command, "bench run ", "bench drill --yes ", 1))
	}
	out.lines = append(out.lines, "bench bundle DIR packs this folder, "+saved.Folder()+", into one file, and bench judge FILE judges that anywhere.",
		"report.html, in the same folder, has the verdicts of the claims and pictures.")
	return out
}

// age is how long ago something was.
func age(d time.Duration) string {
	switch days := int(d.Hours() / 24); {
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case days < 2:
		return fmt.Sprintf("%d h", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days", days)
	}
}
