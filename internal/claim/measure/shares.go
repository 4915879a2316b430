package measure

import (
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// availabilityRow is the row of availability.
func availabilityRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "availability", Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: expr.PlannedKeys(),
			Form: expr.Share, Label: "available", Noun: "requests", Failing: true,
		},
		Unit: "share", Live: true,
		Doc:   "Share of the planned requests that got a correct answer within their timeout.",
		start: startAvailability,
	}
}

// unsentRow is the row of unsent.
func unsentRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "unsent", Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: expr.PlannedKeys(),
			Form: expr.Share, Label: "unsent", Noun: "requests",
		},
		Unit: "share", Live: true,
		Doc:   "Share of the planned requests that were never sent.",
		start: startUnsent,
	}
}

// shareRow is the row of share.
func shareRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "share", Args: "(stream[…], stream[…])", Params: []expr.Param{expr.PartOfNext, expr.Selection}, Keys: expr.FilterKeys(),
			Form: expr.Share, Label: "share", Noun: "requests", Failing: true,
		},
		Unit: "share", Live: true,
		Doc: "Of the requests that the second argument selects, the share that the first one selects too: " +
			"share(trips[within=20ms], trips). A failed request came within no time and has no source; trips[ok] leaves it out.",
		start: startShare,
	}
}

// hitRatioRow is the row of hit_ratio.
func hitRatioRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "hit_ratio", Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: expr.PlannedKeys(),
			Form: expr.Share, Label: "hit ratio", Noun: "answers", Failing: true, Sourced: true,
		},
		Unit: "share", Live: true,
		Doc:   "Share of the correct answers that came from a cache: redis, memory, or a cache that does not say which.",
		start: startHitRatio,
	}
}

// ratio is k of n requests.
type ratio struct {
	probe.Deaf
	probe.Tally
	k, n  int
	in    func(*history.Request) bool // counts in n
	is    func(*history.Request) bool // of these, counts in k
	tiers bool                        // the answers must say their source
	some  bool                        // without any correct answer there is no figure
}

func startAvailability(_ *probe.Walk, args []expr.Arg) probe.Probe {
	return &ratio{Tally: probe.Tally{Sel: args[0].Selector}, in: anyRequest, is: correct}
}

func startUnsent(_ *probe.Walk, args []expr.Arg) probe.Probe {
	return &ratio{Tally: probe.Tally{Sel: args[0].Selector}, in: anyRequest, is: func(r *history.Request) bool { return r.Sent == 0 }}
}

func startHitRatio(_ *probe.Walk, args []expr.Arg) probe.Probe {
	return &ratio{Tally: probe.Tally{Sel: args[0].Selector}, in: correct, tiers: true,
		is: func(r *history.Request) bool { return source.Is(r.Source, source.Cache) }}
}

// startShare tallies the first selector within the second.
func startShare(_ *probe.Walk, args []expr.Arg) probe.Probe {
	part := &probe.Tally{Sel: args[0].Selector}
	return &within{part: part, ratio: ratio{Tally: probe.Tally{Sel: args[1].Selector}, in: anyRequest, is: part.See, some: true}}
}

func anyRequest(*history.Request) bool { return true }
func correct(r *history.Request) bool  { return r.OK() }

func (s *ratio) Request(r *history.Request) {
	if !s.See(r) || !s.in(r) {
		return
	}
	s.n++
	if s.is(r) {
		s.k++
	}
}

func (s *ratio) Value() figure.Value {
	if a := s.Missing(); a != nil {
		return figure.Value{None: a}
	}
	if s.n == 0 || s.some && s.Answered == 0 {
		return figure.NoData("correct answers of "+s.Sel.Text, "no correct answer of %s%s", s.Sel.Text, s.Failures())
	}
	if s.tiers && s.Said == 0 {
		return figure.Value{None: figure.Absent(probe.NoSource, source.Wanted)}
	}
	return figure.Value{X: float64(s.k) / float64(s.n), K: s.k, N: s.n, Samples: s.n, Grain: 1 / float64(s.n)}
}

// within is a ratio whose numerator has a selector of its own.
type within struct {
	ratio
	part *probe.Tally
}

func (w *within) Value() figure.Value {
	// That the part has not been asked for is a share of zero, not an absence.
	if a := w.part.Missing(); a != nil && w.part.Asked > 0 {
		return figure.Value{None: a}
	}
	return w.ratio.Value()
}
