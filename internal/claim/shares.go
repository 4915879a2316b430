package claim

import (
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// ratio is k of n requests.
type ratio struct {
	deaf
	tally
	k, n  int
	in    func(*history.Request) bool // counts in n
	is    func(*history.Request) bool // of these, counts in k
	tiers bool                        // the answers must say their source
}

func startAvailability(args []arg) probe {
	return &ratio{tally: tally{sel: args[0].sel}, in: anyRequest, is: correct}
}

func startUnsent(args []arg) probe {
	return &ratio{tally: tally{sel: args[0].sel}, in: anyRequest, is: func(r *history.Request) bool { return r.Sent == 0 }}
}

func startHitRatio(args []arg) probe {
	return &ratio{tally: tally{sel: args[0].sel}, in: correct, tiers: true,
		is: func(r *history.Request) bool { return isFrom(r.Source, "cache") }}
}

// startShare tallies the first selector within the second.
func startShare(args []arg) probe {
	part := &tally{sel: args[0].sel}
	return &within{part: part, ratio: ratio{tally: tally{sel: args[1].sel}, in: correct, is: part.see}}
}

func anyRequest(*history.Request) bool { return true }
func correct(r *history.Request) bool  { return r.OK() }

func (s *ratio) request(r *history.Request) {
	if !s.see(r) || !s.in(r) {
		return
	}
	s.n++
	if s.is(r) {
		s.k++
	}
}

func (s *ratio) value() figure.Value {
	if a := s.missing(); a != nil {
		return figure.Value{None: a}
	}
	if s.n == 0 {
		return figure.NoData("correct answers of "+s.sel.text, "no correct answer of %s%s", s.sel.text, s.failures())
	}
	if s.tiers && s.said == 0 {
		return figure.NoData("X-Source on its answers", "the service does not say where its answers come from")
	}
	return figure.Value{X: float64(s.k) / float64(s.n), K: s.k, N: s.n, Samples: s.n, Grain: 1 / float64(s.n)}
}

// within is a ratio whose numerator has a selector of its own.
type within struct {
	ratio
	part *tally
}

func (w *within) value() figure.Value {
	// That the part has not been asked for is a share of zero, not an absence.
	if a := w.part.missing(); a != nil && w.part.asked > 0 {
		return figure.Value{None: a}
	}
	return w.ratio.value()
}
