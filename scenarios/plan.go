package scenarios

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/trektribe/bench/internal/fault"
)

// Plan prints what a run of s against arms would do: every default resolved,
// the timeline of one round, the traffic, the claims. The same s and arms give
// the same bytes. It returns w's error.
func Plan(w io.Writer, s *Scenario, arms []string) error {
	var out bytes.Buffer
	p := planner{Writer: tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0), s: s}
	p.head(arms)
	p.timeline()
	p.traffic(len(arms))
	p.claims()
	p.curves()
	p.Flush() // into a buffer: no error
	_, err := w.Write(tidy(out.Bytes()))
	return err
}

type planner struct {
	*tabwriter.Writer
	s *Scenario
}

// line prints one line; tabs in it are columns.
func (p planner) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

func (p planner) head(arms []string) {
	s := p.s
	segments, length := len(s.Segments()), s.RoundLength()
	least, most := time.Duration(s.Rounds.Min)*length, time.Duration(s.Rounds.Max)*length
	p.line("scenario\t%s", s.Name)
	if s.About != "" {
		p.line("about\t%s", s.About)
	}
	if s.Group != "" {
		p.line("group\t%s", s.Group)
	}
	if s.Profile != "" {
		p.line("profile\t%s", s.Profile)
	}
	p.line("file\t%s", s.File)
	if len(arms) > 0 {
		p.line("arms\t%s, each with its own Redis, database and instances", strings.Join(arms, ", "))
	}
	p.line("target\t%s an arm, env %s", count(s.Target.Instances, "instance"), envText(s.Target.Env))
	if s.Target.Redis != "" {
		p.line("redis\t%s", s.Target.Redis)
	}
	p.line("rounds\t%d to %d, until every claim is decided", s.Rounds.Min, s.Rounds.Max)
	if c := s.Steady; c != nil {
		p.line("steady\t%s in every arm over the last %v before the first fault after a restart; otherwise the scenario ends", c.Holds, c.Over)
	}
	if c := s.Abort; c != nil {
		p.line("abort\twhen %s in an arm over the last %v, twice in a row: every fault is lifted, and the scenario ends", c.Holds, c.Over)
	}
	p.line("lasts\t%v to %v, plus %s a round", least, most, count(segments, "restart"))
	p.line("")
}

// timeline prints one round; its times are since the round's start, restarts not counted.
func (p planner) timeline() {
	p.line("one round of %v", p.s.RoundLength())
	at := time.Duration(0)
	for i, seg := range p.s.Segments() {
		with := ""
		switch {
		case seg.Env != nil:
			with = ", with " + envText(seg.Env)
		case i > 0:
			with = ", with the target's env"
		}
		p.line("  %v\t\trestart from a fresh state%s", at, with)
		for _, ph := range seg.Phases {
			p.line("  %v\t.. %v\t%s", at, at+ph.For, ph.Name)
			for _, f := range ph.Faults {
				from := (at + f.From).String()
				if f.Start {
					from = "restart"
				}
				p.line("  %s\t.. %v\t  %s", from, at+f.From+f.For, faultText(f))
			}
			for _, e := range ph.Expect {
				p.line("  \t\t  predicted for a drill: %s", e)
			}
			at += ph.For
		}
	}
	p.line("")
}

func (p planner) traffic(arms int) {
	p.line("traffic, the same for each arm")
	some := slices.ContainsFunc(p.s.Traffic, func(st Stream) bool { return len(st.Instances) > 0 })
	instances := func(text string) string {
		if !some {
			return ""
		}
		return text + "\t"
	}
	p.line("  name\tcall\trate\tarrivals\tkeys\tphases\t%stimeout\tworkers\trequests a round", instances("instances"))
	total := 0
	for _, st := range p.s.Traffic {
		n := p.s.Planned(st)
		total += n
		rate := rateText(st.From)
		if st.To != st.From {
			rate += ".." + rateText(st.To)
		}
		arrivals, about := "constant", ""
		if st.Poisson {
			arrivals, about = "poisson", "about "
		}
		p.line("  %s\t%s\t%s\t%s\t%s\t%s\t%s%v\t%d\t%s%d", st.Name, st.Text(), rate, arrivals, keysText(st.Keys),
			orAll(st.Phases), instances(orAll(st.Instances)), st.Timeout, st.Workers, about, n)
	}
	for _, st := range p.s.Traffic {
		p.details(st)
	}
	p.line("  in all %d requests a round for each arm, %d to %d for %s", total,
		total*p.s.Rounds.Min*max(arms, 1), total*p.s.Rounds.Max*max(arms, 1), count(max(arms, 1), "arm"))
	p.line("")
}

// details prints what does not fit into a stream's line.
func (p planner) details(st Stream) {
	for _, d := range slices.Concat(typeOf(st.Stream).details(st.Stream), clientDetails(st.Stream)) {
		if d[1] != "" {
			p.line("    %s %s: %s", st.Name, d[0], d[1])
		}
	}
}

func (p planner) claims() {
	if len(p.s.Claims) == 0 {
		p.line("no claims: the run observes and decides nothing")
		return
	}
	p.line("claims")
	for _, c := range p.s.Claims {
		p.line("  %s", c.ID)
		for _, row := range [][2]string{{"says", c.Says}, {"source", c.Source}, {"reading", c.Reading}, {"requires", c.Requires}, {"holds", c.Holds}} {
			if row[1] != "" {
				p.line("    %-9s %s", row[0], row[1])
			}
		}
	}
}

func (p planner) curves() {
	if len(p.s.Curves) == 0 {
		return
	}
	p.line("")
	p.line("curves")
	for _, c := range p.s.Curves {
		p.line("  %s", c.ID)
		if c.Says != "" {
			p.line("    says  %s", c.Says)
		}
		p.line("    of    %s", c.Of)
		p.line("    ttl   %v", c.TTL)
	}
}

func orAll(names []string) string {
	if len(names) == 0 {
		return "all"
	}
	return strings.Join(names, ", ")
}

func faultText(f fault.Fault) string {
	s := f.Kind + parameterText(f)
	switch process := !f.OnPath(); {
	case process && f.On == "redis":
		return s + " on redis itself"
	case process && f.On == "database":
		return s + " on the database of all instances"
	case process:
		s += " on"
	default:
		s += " on " + f.On + " of"
	}
	switch len(f.Instances) {
	case 0:
		return s + " every instance"
	case 1:
		return s + " instance " + f.Instances[0]
	}
	return s + " instances " + strings.Join(f.Instances, ", ")
}

func envText(env map[string]string) string {
	if len(env) == 0 {
		return "as in the contract"
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(env)) {
		v := env[k]
		if v == "" || strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' }) {
			v = strconv.Quote(v)
		}
		out = append(out, k+"="+v)
	}
	return strings.Join(out, " ")
}

// rateText is a rate in the unit in which it reads best.
func rateText(perSecond float64) string {
	if perSecond < 1 {
		return strconv.FormatFloat(perSecond*60, 'g', 6, 64) + "/min"
	}
	return strconv.FormatFloat(perSecond, 'g', 6, 64) + "/s"
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// tidy drops the blanks that columns leave at the ends of lines.
func tidy(text []byte) []byte {
	lines := bytes.Split(text, []byte("\n"))
	for i, l := range lines {
		lines[i] = bytes.TrimRight(l, " ")
	}
	return bytes.Join(lines, []byte("\n"))
}
