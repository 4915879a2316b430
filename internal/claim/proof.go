package claim

import (
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// proof is whether a fault of a kind was delivered wherever it was tested.
type proof struct {
	blind
	kind   string
	met, n int
	why    string // of the first that was not
}

func (p *proof) Event(e *history.Event) {
	if e.Kind != history.Delivery || e.Name != p.kind {
		return
	}
	p.n++
	switch {
	case e.Value == 1:
		p.met++
	case p.why == "":
		p.why = e.Detail
	}
}

func (p *proof) Value() figure.Value {
	if p.n == 0 {
		return figure.NoData("a canary that meets the fault", "nothing proves that %s was delivered", p.kind)
	}
	v := figure.Value{Samples: p.n, Grain: 1}
	if p.met == p.n {
		v.X = 1
	}
	return v
}
