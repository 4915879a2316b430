package probe

import (
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// A Proof is a Probe: whether a kind of fault met every canary that tested it.
type Proof struct {
	Blind
	Kind   string
	Met, N int    // of N canaries, Met met it
	Why    string // the first did not
}

// Event takes what canaries met.
func (p *Proof) Event(e *history.Event) {
	if e.Kind != history.Delivery || e.Name != p.Kind {
		return
	}
	p.N++
	switch {
	case e.Value == 1:
		p.Met++
	case p.Why == "":
		p.Why = e.Detail
	}
}

// Value is 1 where every canary met the fault, else 0.
func (p *Proof) Value() figure.Value {
	if p.N == 0 {
		return figure.NoData("a canary that meets the fault", "nothing proves that %s was delivered", p.Kind)
	}
	v := figure.Value{Samples: p.N, Grain: 1}
	if p.Met == p.N {
		v.X = 1
	}
	return v
}
