package limits

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/limit"
	"github.com/trektribe/bench/internal/traffic"
)

const (
	// slack is how far the service's clocks and timers may be off: Redis counts whole
	// milliseconds, and rounds twice.
	slack = 2 * time.Millisecond
	// grain is how coarse reported times are: whole seconds, rounded either way.
	grain = time.Second + slack
	// proxy stands for the generator, through which clients that a header names come.
	proxy = "the proxy"
)

// Judged is what the oracle says of the clients of a selection.
type Judged struct {
	Report   limit.Report
	ds       []limit.Decision
	sel      string
	undated  bool // the reading's windows are those of the clock, and nothing says when these begin
	reported bool // some answer had a header about the limit
	unseen   bool // nobody at all was refused: nothing shows that the service has a limit
	limit    int  // that the service was told to keep; the claim's may be a bound beside it
	own      int  // the limit that it has instead; 0: nothing shows one
}

// Judge asks the oracle about the clients of a selection, once for each reading.
func (l *Log) Judge(sel expr.Selector, r limit.Reading) (*Judged, *figure.Absence) {
	key := sel.Stream + " " + r.String()
	if j := l.judged[key]; j != nil {
		return j, j.nothing()
	}
	j := &Judged{sel: sel.Text, unseen: !l.refused, undated: !l.dated && (r.Kind == limit.FixedClock || r.Kind == limit.SlidingCounter)}
	l.judged[key] = j
	r = l.onItsClock(r)
	if j.limit = l.limit; j.limit == 0 {
		j.limit = r.Limit
	}
	c := limit.Context{Limit: j.limit, Instances: len(l.instances), Faults: l.spans(), Emptied: l.emptied(), Behind: map[string]string{}, Forged: map[string]string{}, Grain: grain}
	c.Beside = map[string]bool{}
	begun := l.begun()
	chosen, judged := make([]bool, len(l.ds)), map[string]bool{}
	for _, id := range l.choose(sel) {
		d, who := l.named(id, begun, &c)
		chosen[id], judged[who] = true, true
		j.ds, j.reported = append(j.ds, d), j.reported || d.Header.Has != 0
	}
	all := slices.Clip(j.ds)
	for id := range l.ds {
		if chosen[id] || !l.counts(id) {
			continue
		}
		if d, who := l.named(id, begun, &c); !judged[who] {
			c.Beside[who] = true
			all = append(all, d)
		}
	}
	var err error
	if j.Report, err = limit.Judge(all, r, c); err != nil {
		panic(err) // the reading was checked, and a history's times are in order
	}
	j.own = l.own(j.limit)
	for i := range j.Report.Diagnosis {
		// Somebody was refused, so there is a limit.
		if d := &j.Report.Diagnosis[i]; l.refused && len(d.Codes) > 1 {
			d.Codes = slices.DeleteFunc(d.Codes, func(c limit.Code) bool { return c == limit.NoLimit })
		}
	}
	return j, j.nothing()
}

// onItsClock is the reading as far as the service's clocks keep it.
func (l *Log) onItsClock(r limit.Reading) limit.Reading {
	r.Slack = slack
	if l.dated {
		r.Epoch = -(l.epoch % r.Window)
	}
	return r
}

// named is a decision on the client that it claims to be, and who that really is.
func (l *Log) named(id int, begun []time.Duration, c *limit.Context) (d limit.Decision, who string) {
	d = l.ds[id]
	if d.Client == "" {
		d.Client = everybody
	}
	// What was counted before a fresh state is gone.
	if n, _ := slices.BinarySearch(begun, d.Sent); n > 0 {
		d.Client = l.once(fmt.Sprintf("%s after restart %d", d.Client, n))
	}
	if traffic.Forwarded(d.Client) {
		c.Behind[d.Client] = proxy
	}
	who = d.Client
	if id < len(l.forgeries) && l.forgeries[id] != "" {
		d.Client = l.once(l.forgeries[id] + ", claimed by " + who)
		c.Forged[d.Client] = who
	}
	return d, who
}

// own is a limit above the one that the service was told, which it has of its own: two clients at least were
// refused once they had got in so often, none got in more often, or once more after a refusal, and no answer
// names the limit that it was told. 0: nothing shows one.
func (l *Log) own(told int) (most int) {
	byTime := make([]int, len(l.ds))
	for i := range byTime {
		byTime[i] = i
	}
	slices.SortStableFunc(byTime, func(a, b int) int { return cmp.Compare(l.ds[a].Sent, l.ds[b].Sent) })
	in, first := map[string]int{}, map[string]time.Duration{} // how often each client got in, and when it was first refused
	for _, i := range byTime {
		d := &l.ds[i]
		if d.Header.Has&limit.HasLimit != 0 && d.Header.Limit == told {
			return 0
		}
		since, refused := first[d.Client]
		switch {
		case d.Answer == limit.Refused && !refused:
			first[d.Client] = d.Done
		case d.Answer == limit.Allowed && refused && d.Sent > since:
			return 0
		case d.Answer == limit.Allowed:
			in[d.Client]++
		}
	}
	for _, n := range in {
		most = max(most, n)
	}
	for client := range first {
		if in[client] != most {
			return 0
		}
	}
	if most <= told || len(first) < 2 {
		return 0
	}
	return most
}

// nothing is why nothing can be said at all; nil: something can.
func (j *Judged) nothing() *figure.Absence {
	rep := &j.Report
	switch {
	case j.undated:
		return figure.Absent("the history does not say when windows of the clock begin", "a run that this build plays")
	case rep.Requests == 0:
		return figure.Absent("no request of "+j.sel+" was observed", "traffic that "+j.sel+" selects")
	case rep.Allowed+rep.Refused == 0:
		return figure.Absent("no request of "+j.sel+" was answered with a status of 2xx or 429", "answers with these statuses")
	}
	return nil
}

// emptied is when Redis lost what it held.
func (l *Log) emptied() (out []time.Duration) {
	for _, e := range l.faults {
		if e.Kind == history.FaultOn && slices.Contains([]string{"killed", "restarted", "flushed"}, e.Name) {
			out = append(out, e.At)
		}
	}
	return out
}

// begun is when the instances began anew from a fresh state, rising: they got ready after
// requests had been sent, and no fault on them was the reason.
func (l *Log) begun() (out []time.Duration) {
	var starts []time.Duration
	for _, e := range l.ready {
		if !slices.ContainsFunc(l.hurt, func(h history.Event) bool {
			return h.Kind == history.FaultOff && h.Instance == e.Instance && h.At <= e.At && e.At <= h.Until
		}) {
			starts = append(starts, e.At)
		}
	}
	slices.Sort(starts)
	var from time.Duration
	for _, at := range starts {
		if slices.ContainsFunc(l.ds, func(d limit.Decision) bool { return from < d.Sent && d.Sent < at }) {
			out = append(out, at)
			from = at
		}
	}
	return out
}
