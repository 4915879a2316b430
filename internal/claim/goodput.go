package claim

import (
	"maps"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// An asking is a request in 32 bytes.
type asking struct {
	at, took  time.Duration // intended; response
	late      time.Duration // of that, through the generator alone
	ok        bool          // answered correctly
	said, hit bool          // the answer says its source; that is a cache
}

func askingOf(r *history.Request) asking {
	a := asking{at: r.Intended, took: r.Response(), ok: r.OK(), said: r.OK() && r.Source != "", hit: r.OK() && source.Is(r.Source, source.Cache)}
	if !r.Queued && r.Sent > 0 {
		a.late = r.Lag()
	}
	return a
}

// good reports a correct answer within the bound.
func (a asking) good(bound time.Duration) bool { return a.ok && a.took <= bound }

// askings keeps the requests of each instance that a selector asks for, and all faults.
type askings struct {
	tally
	bound  time.Duration
	faults []history.Event
	of     map[string][]asking
}

func newAskings(args []expr.Arg) askings {
	return askings{tally: tally{sel: args[0].Selector}, bound: args[1].Span, of: map[string][]asking{}}
}

func (a *askings) Event(e *history.Event) {
	if isFault(e, "") {
		a.faults = append(a.faults, *e)
	}
}

func (a *askings) Request(r *history.Request) {
	if a.see(r) {
		a.of[r.Instance] = append(a.of[r.Instance], askingOf(r))
	}
}

// each makes a set of one element for each instance that was hurt.
func (a *askings) each(measure func(ordeal, []asking) (figure.Element, *figure.Absence)) figure.Value {
	if none := a.missing(); none != nil {
		return figure.Value{None: none}
	}
	var out figure.Value
	for _, name := range slices.Sorted(maps.Keys(a.of)) {
		o := ordealOf(a.faults, name)
		if !o.faulted {
			continue
		}
		rs := a.of[name]
		slices.SortStableFunc(rs, func(x, y asking) int { return int(x.at - y.at) })
		e, none := measure(o, rs)
		if none != nil {
			return figure.Value{None: figure.Absent("instance "+name+": "+none.Why, none.Remedy)}
		}
		out.Set = append(out.Set, e)
	}
	if len(out.Set) == 0 {
		return figure.NoData("a phase with a fault on an instance that "+a.sel.Text+" asks", "no fault was observed on an instance that %s asks", a.sel.Text)
	}
	return out
}

// forgone is goodput_lost: how many requests since the first fault got no correct
// answer within the bound.
type forgone struct{ askings }

func startLost(_ *walk, args []expr.Arg) probe { return &forgone{newAskings(args)} }

func (l *forgone) Value() figure.Value {
	if none := l.missing(); none != nil {
		return figure.Value{None: none}
	}
	v := figure.Value{Grain: 1}
	for name, rs := range l.of {
		o := ordealOf(l.faults, name)
		for _, r := range rs {
			if !o.faulted || r.at < o.began {
				continue
			}
			if v.Samples++; !r.good(l.bound) {
				v.X++
			}
		}
	}
	if v.Samples == 0 {
		return figure.NoData("a fault, and traffic of "+l.sel.Text+" after it begins", "nothing of %s was asked of an instance after a fault began there", l.sel.Text)
	}
	return v
}

// goodAgain is time_to_goodput.
type goodAgain struct{ askings }

func startGoodput(_ *walk, args []expr.Arg) probe { return &goodAgain{newAskings(args)} }

func (g *goodAgain) Value() figure.Value {
	return g.each(func(o ordeal, rs []asking) (figure.Element, *figure.Absence) { return goodAfter(o, rs, g.bound) })
}

// goodAfter is from the begin of the first fault until an instance answers well; rs is in order.
func goodAfter(o ordeal, rs []asking, bound time.Duration) (figure.Element, *figure.Absence) {
	in := since(o.began, rs)
	if o.healed {
		in = in[:len(in)-len(since(o.lifting, in))]
	}
	if len(in) == 0 {
		return figure.Element{}, figure.Absent("nothing was asked during the fault", "traffic in the phase with the fault")
	}
	until := o.lifting
	if !o.healed {
		until = in[len(in)-1].at
	}
	if at, found := regained(in, until, bound); found {
		return figure.Element{X: (at - o.began).Seconds()}, nil
	}
	return figure.Element{X: (until - o.began).Seconds(), Cut: true}, nil
}

// What is good must be most requests, all along: of all that follow goodShare, and
// goodBin of each bin, which is goodWidth long, or as long as goodCount requests
// take: of fewer a single failure would be more than a twentieth.
const (
	goodShare = 0.99
	goodBin   = 0.95
	goodWidth = 100 * time.Millisecond
	goodCount = 20
)

// regained is the intended time of the first request from which on to until the
// service is good. Bins are laid out from the end, so that only the one that begins with
// that request is shorter than the others.
func regained(rs []asking, until time.Duration, bound time.Duration) (at time.Duration, found bool) {
	width := max(goodWidth, goodCount*(until-rs[0].at)/time.Duration(len(rs)))
	var good, all, goodIn, allIn int
	bin := time.Duration(0)
	for _, r := range slices.Backward(rs) {
		if b := (until - r.at) / width; b != bin {
			if float64(goodIn) < goodBin*float64(allIn) {
				break
			}
			bin, goodIn, allIn = b, 0, 0
		}
		all, allIn = all+1, allIn+1
		if r.good(bound) {
			good, goodIn = good+1, goodIn+1
		} else {
			continue
		}
		if all >= lastingCount && until-r.at >= lasting && float64(good) >= goodShare*float64(all) && float64(goodIn) >= goodBin*float64(allIn) {
			at, found = r.at, true
		}
	}
	return at, found
}
