package claim

import (
	"cmp"

	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/expr"
)

// A Lack is why requests were never sent in any round: what they ask for is not there to be judged.
type Lack struct {
	Code            code.Code
	Because, Remedy string
}

// Without is the claim for a service that was not sent some of the requests: of any selection
// that a comparison names, lacks says why; nil: it was sent what it selects. Such a comparison
// is undecided.
func (c *Claim) Without(lacks func(expr.Selector) *Lack) *Claim {
	d := *c
	d.lacks = lacks
	return &d
}

// Closed is why rounds can decide no comparison of the claim; nil: they can.
func (c *Claim) Closed() *Lack {
	var first *Lack
	for _, t := range c.holds.Terms {
		l := c.lack(t)
		if l == nil {
			return nil
		}
		first = cmp.Or(first, l)
	}
	return first
}

// Unplayed is the result of a claim of which no round was played.
func (c *Claim) Unplayed(l Lack) Result {
	r := c.blank()
	r.Code, r.Because, r.Remedy = l.Code, l.Because, l.Remedy
	for _, t := range c.holds.Terms {
		r.Parts = append(r.Parts, l.finding(t).part)
	}
	r.Bound, r.Unit = r.Parts[0].Bound, r.Parts[0].Unit
	return r
}

// lack is why a comparison of the claim cannot be decided on any rounds; nil: it may be.
func (c *Claim) lack(t *expr.Comparison) *Lack {
	if c.lacks == nil {
		return nil
	}
	for _, of := range append([]*expr.Comparison{t}, c.requires.Terms...) {
		for _, s := range of.Selections() {
			if l := c.lacks(s); l != nil {
				return l
			}
		}
	}
	return nil
}

// finding is what is known of a comparison whose requests were never sent.
func (l Lack) finding(t *expr.Comparison) finding {
	return finding{
		part:    Part{Text: t.Text, Verdict: Inconclusive, Unit: t.Unit, Bound: t.Bound, Rounds: []float64{}, Method: method(t)},
		because: l.Because, code: l.Code, remedy: l.Remedy, lacks: true,
	}
}

// compare decides one comparison, unless what it needs was never sent.
func (c *Claim) compare(t *expr.Comparison, term int, rounds []Round, alpha float64, looks Looks) finding {
	if l := c.lack(t); l != nil {
		return l.finding(t)
	}
	f := c.certain(t, term, c.judge(t, observed(rounds, term), alpha, looks), rounds, alpha, looks)
	if f.part.Verdict != Holds {
		f = c.spare(t, term, f, rounds, alpha, looks)
	}
	return f
}
