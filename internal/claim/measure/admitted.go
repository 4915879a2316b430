package measure

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
)

// mostAdmittedRow is the row of most_admitted.
func mostAdmittedRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "most_admitted", Args: "(stream[…], 2s)", Params: []expr.Param{expr.Selection, expr.Span}, Keys: expr.PlannedKeys(),
			Form: expr.Counted, Label: "most admitted", Noun: "requests", Timeless: true,
		},
		Unit: "count",
		Doc: "The most requests of one client that were surely allowed (2xx) within any stretch of that length. It needs " +
			"no reading of the limit: one that counts in windows may let in twice as many around the end of a window.",
		start: func(_ *probe.Walk, args []expr.Arg) probe.Probe {
			return &admitted{Tally: probe.Tally{Sel: args[0].Selector}, window: args[1].Span, clients: map[string][]stay{}}
		},
	}
}

// admitted is the most that one client was let in.
type admitted struct {
	probe.Deaf
	probe.Tally
	window  time.Duration
	clients map[string][]stay
}

// A stay is a request that was let in at some instant of it.
type stay struct{ sent, done time.Duration }

func (a *admitted) Request(r *history.Request) {
	if a.See(r) && r.Sent != 0 && r.Status >= 200 && r.Status <= 299 {
		a.clients[r.Client] = append(a.clients[r.Client], stay{r.Sent, r.Done})
	}
}

func (a *admitted) Value() figure.Value {
	if none := a.Missing(); none != nil {
		return figure.Value{None: none}
	}
	if len(a.clients) == 0 {
		return figure.NoData("answers with a status of 2xx", "no request of %s was let in%s", a.Sel.Text, a.Failures())
	}
	v := figure.Value{Samples: a.Asked, Grain: 1}
	for _, name := range slices.Sorted(maps.Keys(a.clients)) {
		if from, n := most(a.clients[name], a.window); float64(n) > v.X {
			v.X = float64(n)
			v.Notes = []string{fmt.Sprintf("most got in from %s on: %s, %s", figure.Format(from.Seconds(), "s"), cmp.Or(name, "all together"), figure.Count(n, "requests"))}
		}
	}
	return v
}

// most is the most that were surely let in within a window, and since when. Of those sent from an
// instant on, so many at least ended in time: all that ended in time, less all that were sent before.
func most(stays []stay, window time.Duration) (from time.Duration, most int) {
	slices.SortFunc(stays, func(a, b stay) int { return cmp.Compare(a.sent, b.sent) })
	var ended []time.Duration
	for _, s := range stays {
		ended = append(ended, s.done)
	}
	slices.Sort(ended)
	for before, s := range stays {
		n, _ := slices.BinarySearch(ended, s.sent+window)
		if n -= before; n > most {
			from, most = s.sent, n
		}
	}
	return from, most
}
