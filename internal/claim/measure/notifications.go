package measure

import (
	"fmt"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/ledger"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/exact/evidence"
	"github.com/trektribe/bench/internal/exact/notices"
	"github.com/trektribe/bench/internal/history"
)

// notificationRows are the measures of notifications. Each takes the streams that notify, and those of the sockets.
func notificationRows() []Measure {
	row := func(name, label, noun, doc string, form expr.Form, within bool, value func(*delivery) figure.Value) Measure {
		m := exactRow(name, label, noun, doc, form, func(w *probe.Walk, args []expr.Arg) probe.Probe {
			d := &delivery{Tally: probe.Tally{Sel: args[0].Selector}, to: args[1].Selector, ledger: ledgerOf(w), checker: sharedBy[notices.Report](w, "notices"), value: value}
			if within {
				d.within = args[2].Span
			}
			return d
		})
		m.Args, m.Params = "(stream[…], sockets[…])", []expr.Param{expr.Selection, expr.Selection}
		if within {
			m.Args, m.Params = "(stream[…], sockets[…], 500ms)", append(m.Params, expr.Span)
		}
		if form == expr.Set {
			m.Dims, m.Unit = figure.Seconds, "set of durations"
		}
		return m
	}
	const which = " The first stream notifies, the second has the sockets: a phase or instance of it is that in which, or on which, the socket was opened."
	return []Measure{
		row("lost_notifications", "lost notifications", "deliveries", "Number of deliveries that are missing: an acknowledged notification, and a socket of its user that "+
			"was attached from before it was sent, and did not get it within the given time after the acknowledgement. A socket is attached once it is told "+
			"its session. One that ended within the time proves nothing, and neither does the time between two sockets of a client."+which, expr.Counted, true, (*delivery).lost),
		row("doubled_notifications", "doubled notifications", "messages", "Number of messages that had come before on the same socket, by their id."+which,
			expr.Counted, false, (*delivery).doubled),
		row("misordered_notifications", "notifications out of order", "messages", "Number of messages that come after another of the same stream and user on the same "+
			"socket, though that one was sent when they were acknowledged already."+which, expr.Counted, false, (*delivery).misordered),
		row("phantom_notifications", "notifications that nobody sent", "messages", "Number of messages on the selected sockets whose id nobody had sent to their user by then, or only in "+
			"requests that were refused. The stream that notifies counts in all its phases."+which, expr.Counted, false, (*delivery).phantoms),
		row("notification_delay", "delay of notifications", "messages", "From the sending of each notification to its first arrival on each socket."+which,
			expr.Set, false, (*delivery).delays),
		row("time_to_delivery", "time until notifications come again", "deliveries", "Longest time from the end of the last fault to the sending of a selected notification that was "+
			"not delivered within the given time, as in lost_notifications. Zero when all were that were sent after the fault."+which, expr.Proved, true, (*delivery).recovered),
		row("reconnect_gap", "gap between two sockets of a client", "gaps", "From the end of each socket to the session of the next socket of the same user and stream. What is "+
			"sent in it is due at neither."+which, expr.Set, false, (*delivery).gaps),
	}
}

// delivery holds what came on the selected sockets against the selected notifications.
type delivery struct {
	probe.Deaf
	probe.Tally // of the notifications
	to          expr.Selector
	within      time.Duration
	ledger      *ledger.Ledger
	checker     *shared[notices.Report]
	value       func(*delivery) figure.Value
}

func (d *delivery) Request(r *history.Request) { d.See(r) }

// Value is no data where nothing was acknowledged, or nobody attached.
func (d *delivery) Value() figure.Value {
	if a := d.Tally.Missing(); a != nil {
		return figure.Value{None: a}
	}
	v := d.value(d)
	if v.None == nil && len(v.Findings) == 0 && d.MostlyFailed() {
		return figure.NoData("notifications that are acknowledged", "half of the notifications, or more, were not acknowledged%s", d.Failures())
	}
	return v
}

// reports are what the checker says of each state.
func (d *delivery) reports() ([]notices.Report, *figure.Absence) {
	type asked struct {
		notify, sockets string
		within          time.Duration
	}
	return d.checker.ask(asked{d.Sel.Text, d.to.Text, d.within}, d.check)
}

func (d *delivery) check() (reports []notices.Report, none *figure.Absence) {
	acked, attached := 0, 0
	for _, state := range d.ledger.States() {
		type known struct{ user, id string }
		var sent []notices.Notice
		selected := map[known]bool{} // false: another stream, phase or instance sent it
		for _, n := range d.ledger.Notices(state) {
			at := known{n.User, n.ID}
			asked := probe.Asks(&d.Sel, &n.Request)
			if asked {
				sent = append(sent, n.Notice)
			}
			selected[at] = selected[at] || asked
		}
		var sockets []notices.Socket
		var came []notices.Message
		all := d.ledger.Sockets(state)
		for i := range all {
			s := &all[i]
			if !probe.Asks(&d.to, &s.Request) {
				continue
			}
			sockets = append(sockets, s.AsSocket())
			for _, m := range d.ledger.Messages(s.Request.Client) {
				if ours, sent := selected[known{s.Request.Key, m.ID}]; ours || !sent {
					came = append(came, m)
				}
			}
		}
		r := notices.Check(sent, sockets, came, notices.Terms{Within: d.within, Notice: earlier, Until: d.ledger.Until(state)})
		acked, attached = acked+r.Notices, attached+r.Sockets
		reports = append(reports, r)
	}
	switch {
	case acked == 0:
		return nil, figure.Absent("no notification of "+d.Sel.Text+" was acknowledged"+d.Failures(), "notifications (POST /api/notifications with an id) that the service answers with 202")
	case attached == 0:
		return nil, unattached(d.ledger, func(s *ledger.Socket) bool { return probe.Asks(&d.to, &s.Request) })
	}
	return reports, nil
}

// judged is what a finding of each report comes to, over the deliveries, or messages, that could have shown it.
func (d *delivery) judged(of func(*notices.Report) evidence.Finding, samples func(*notices.Report) int, remedy, why string) figure.Value {
	reports, none := d.reports()
	if none != nil {
		return figure.Value{None: none}
	}
	n, found := gathered(reports, of, samples)
	if n == 0 {
		return figure.NoData(remedy, "%s", why)
	}
	return countOf(n, found...)
}

func (d *delivery) lost() figure.Value {
	remedy, why := d.undue()
	return d.judged(func(r *notices.Report) evidence.Finding { return r.Lost }, func(r *notices.Report) int { return r.Due }, remedy, why)
}

// undue is why no delivery was due, and what would make one so.
func (d *delivery) undue() (remedy, why string) {
	return "sockets of the users that are notified, which stay open longer than that, and a longer phase",
		fmt.Sprintf("no acknowledged notification of %s had a socket of %s that was attached from before it until %v after it", d.Sel.Text, d.to.Text, d.within)
}

func (d *delivery) ofMessages(of func(*notices.Report) evidence.Finding) figure.Value {
	return d.judged(of, func(r *notices.Report) int { return r.Messages }, "sockets on which notifications come", "no notification of "+d.Sel.Text+" came on a socket of "+d.to.Text)
}

func (d *delivery) doubled() figure.Value {
	return d.ofMessages(func(r *notices.Report) evidence.Finding { return r.Doubled })
}

func (d *delivery) misordered() figure.Value {
	return d.ofMessages(func(r *notices.Report) evidence.Finding { return r.Misordered })
}

func (d *delivery) phantoms() figure.Value {
	return d.ofMessages(func(r *notices.Report) evidence.Finding { return r.Phantoms })
}

func (d *delivery) delays() figure.Value {
	reports, none := d.reports()
	if none != nil {
		return figure.Value{None: none}
	}
	var v figure.Value
	for _, r := range reports {
		for _, delay := range r.Delays {
			v.Set = append(v.Set, figure.Element{X: delay.Most.Seconds()})
		}
	}
	if len(v.Set) == 0 {
		return figure.NoData("sockets on which notifications come", "no notification of %s came on a socket of %s", d.Sel.Text, d.to.Text)
	}
	return v
}

func (d *delivery) recovered() figure.Value {
	lifted, ok := d.ledger.Lifted()
	if !ok {
		return figure.NoData("a fault that ends within the round", "no fault ended")
	}
	reports, none := d.reports()
	if none != nil {
		return figure.Value{None: none}
	}
	var late time.Duration
	n := 0
	for _, r := range reports {
		n += r.Due
		if r.LastLost > lifted {
			late = max(late, r.LastLost-lifted)
		}
	}
	if n == 0 {
		remedy, why := d.undue()
		return figure.NoData(remedy, "%s", why)
	}
	return figure.Value{X: late.Seconds(), Samples: n}
}

// gaps are how long the clients of all states were away.
func (d *delivery) gaps() (v figure.Value) {
	reports, none := d.reports()
	if v.None = none; none != nil {
		return v
	}
	for _, r := range reports {
		for _, g := range r.Gaps {
			v.Set = append(v.Set, figure.Element{X: (g.Until - g.From).Seconds()})
		}
	}
	if len(v.Set) == 0 {
		return figure.NoData("sockets that end, and clients that return", "no client of %s came back after its socket had ended", d.to.Text)
	}
	return v
}
