package measure

import (
	"fmt"
	"strings"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/ledger"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/exact/evidence"
	"github.com/trektribe/bench/internal/exact/sessions"
	"github.com/trektribe/bench/internal/history"
)

// sessionRows are the measures of who is shown as connected.
func sessionRows() []Measure {
	row := func(name, label, doc string, form expr.Form, value func(*presence) figure.Value) Measure {
		return exactRow(name, label, "readings", doc, form, func(w *probe.Walk, args []expr.Arg) probe.Probe {
			return &presence{Tally: probe.Tally{Sel: args[0].Selector}, ledger: ledgerOf(w), checker: sharedBy[sessions.Report](w, "sessions"), value: value}
		})
	}
	return []Measure{
		row("absent_sessions", "absent sessions", "Number of sessions that a selected reading lacks while they are open: told to their socket before the reading "+
			"was sent, and not ended when it was answered. A service may have ended a session up to 1 s before its client saw the close.",
			expr.Counted, (*presence).absent),
		row("lost_sessions", "lost sessions", "Number of absent sessions that no instance shows any more: the last selected reading of each instance, while the "+
			"session was open, lacks it. Sessions that ended before their user was last asked for do not count.", expr.Counted, (*presence).lost),
		row("absence", "longest absence", "Longest time from one selected reading that lacks an open session to another of the same instance, with no reading "+
			"between them that shows it. Zero when no session was absent twice in a row.", expr.Proved, (*presence).absence),
		row("ghost_sessions", "ghost sessions", "Number of sessions that a selected reading shows though they ended before it was sent: their client left, or saw "+
			"the close.", expr.Counted, (*presence).ghosts),
		row("haunting", "longest haunting", "Longest time from the end of a session to the sending of a selected reading that shows it. Zero when there is "+
			"no ghost.", expr.Proved, (*presence).haunting),
	}
}

// presence holds the selected readings of sessions against all sockets.
type presence struct {
	probe.Deaf
	probe.Tally
	ledger  *ledger.Ledger
	checker *shared[sessions.Report]
	value   func(*presence) figure.Value
	reads   byState[sessions.Read]
	unsaid  int // readings whose answer lists nothing that is known
}

func (p *presence) Request(r *history.Request) {
	if !p.See(r) || !r.OK() || r.Sent == 0 {
		return
	}
	read := sessions.Read{User: r.Key, Instance: r.Instance, Sent: r.Sent, Done: r.Done}
	switch r.Answer {
	case "":
		p.unsaid++
		return
	case history.NothingListed:
	default:
		read.Shown = strings.Split(r.Answer, "\n")
	}
	if p.reads == nil {
		p.reads = byState[sessions.Read]{}
	}
	state := p.ledger.State(r.Sent)
	p.reads[state] = append(p.reads[state], read)
}

// Value is no data where nothing was read, or nobody connected.
func (p *presence) Value() figure.Value {
	if a := p.Tally.Missing(); a != nil {
		return figure.Value{None: a}
	}
	if len(p.reads) == 0 && p.unsaid > 0 {
		return figure.NoData("a stream of GET /api/users/{id}/sessions", "the answers of %s list no sessions", p.Sel.Text)
	}
	v := p.value(p)
	// To have seen nothing wrong proves something only where most was seen.
	if v.None == nil && len(v.Findings) == 0 && p.MostlyFailed() {
		return figure.NoData("correct answers of "+p.Sel.Text, "half of the readings, or more, got no correct answer%s", p.Failures())
	}
	return v
}

// reports are what the checker says of each state.
func (p *presence) reports() ([]sessions.Report, *figure.Absence) {
	return p.checker.ask(p.Sel.Text, p.check)
}

func (p *presence) check() (all []sessions.Report, none *figure.Absence) {
	opened := 0
	for _, state := range p.reads.states() {
		sockets := p.ledger.Sockets(state)
		in := make([]sessions.Session, len(sockets))
		for i := range sockets {
			in[i] = sockets[i].AsSession()
		}
		r := sessions.Check(in, p.reads[state], earlier)
		opened += r.Sessions
		all = append(all, r)
	}
	switch {
	case len(p.reads) == 0:
		return nil, figure.Absent("no reading of "+p.Sel.Text+" got a correct answer"+p.Failures(), "correct answers of "+p.Sel.Text)
	case opened == 0:
		return nil, unattached(p.ledger, func(*ledger.Socket) bool { return true })
	}
	return all, nil
}

// unattached says why no socket was attached, of those that are meant.
func unattached(l *ledger.Ledger, meant func(*ledger.Socket) bool) *figure.Absence {
	var asked []ledger.Socket
	for _, state := range l.States() {
		for _, s := range l.Sockets(state) {
			if meant(&s) {
				asked = append(asked, s)
			}
		}
	}
	const remedy = "sockets (GET /ws?user={id}) that the service opens with status 101 and keeps open"
	if len(asked) == 0 {
		return figure.Absent("nobody asked for a socket while the service was in the state that is judged", remedy)
	}
	var fates probe.Fates
	opened, ended := 0, map[string]int{}
	first := ""
	for _, s := range asked {
		if !s.Request.OK() {
			fates.Add(&s.Request)
			continue
		}
		opened++
		if ended[s.How]++; first == "" || ended[s.How] > ended[first] {
			first = s.How
		}
	}
	if opened == 0 {
		return figure.Absent(fmt.Sprintf("no socket was opened (%s)", fates), remedy)
	}
	return figure.Absent(fmt.Sprintf("%s opened, and none was told its session; most ended so: %q", figure.Count(opened, "sockets"), first), remedy)
}

// judged is what a finding of each report comes to. n are the cases that could have shown one; where there is none, why.
func (p *presence) judged(of func(*sessions.Report) evidence.Finding, samples func(*sessions.Report) int, make func(int, ...evidence.Finding) figure.Value, remedy, why string) figure.Value {
	reports, none := p.reports()
	if none != nil {
		return figure.Value{None: none}
	}
	n, found := gathered(reports, of, samples)
	if n == 0 {
		return figure.NoData(remedy, "%s", why)
	}
	return make(n, found...)
}

func (p *presence) whileOpen(of func(*sessions.Report) evidence.Finding, make func(int, ...evidence.Finding) figure.Value) figure.Value {
	return p.judged(of, func(r *sessions.Report) int { return r.Open }, make,
		"sockets that stay open while the sessions of their users are read", "no session was surely open during a reading of "+p.Sel.Text)
}

func (p *presence) afterEnd(make func(int, ...evidence.Finding) figure.Value) figure.Value {
	return p.judged(func(r *sessions.Report) evidence.Finding { return r.Ghosts }, func(r *sessions.Report) int { return r.Gone }, make,
		"sockets that end while the sessions of their users are read", "no session had ended before a reading of "+p.Sel.Text)
}

func absentOf(r *sessions.Report) evidence.Finding { return r.Absent }

func (p *presence) absent() figure.Value { return p.whileOpen(absentOf, countOf) }

func (p *presence) absence() figure.Value { return p.whileOpen(absentOf, longestOf) }

func (p *presence) lost() figure.Value {
	reports, none := p.reports()
	if none != nil {
		return figure.Value{None: none}
	}
	named := 0
	for _, r := range reports {
		named += r.Named
	}
	if named == 0 {
		return figure.NoData("a first message of type session on each socket, with its socketId", "the service does not tell sockets their sessions: which of them is lost cannot be told")
	}
	return p.whileOpen(func(r *sessions.Report) evidence.Finding { return r.Lost }, countOf)
}

func (p *presence) ghosts() figure.Value { return p.afterEnd(countOf) }

func (p *presence) haunting() figure.Value { return p.afterEnd(longestOf) }
