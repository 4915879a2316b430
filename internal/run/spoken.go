package run

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/inspect"
	"github.com/trektribe/bench/internal/traffic"
	"github.com/trektribe/bench/scenarios"
)

// A share is what one arm gets of a scenario's traffic: what its service speaks, with keys that it has.
type share struct {
	scenario *scenarios.Scenario
	traffic  []scenarios.Stream // what it gets
	gone     []gone             // what it does not
	fitted   []string           // whose keys were changed, for people
}

// A gone is a stream that an arm does not get.
type gone struct {
	scenarios.Stream
	claim.Lack
	what string // the call and what is the matter: "GET /api/users/{id} (status 404)"
}

// shareOf is an arm's share of what the service's own contract has; t: what its inspection showed, nil:
// there was none.
func shareOf(s *scenarios.Scenario, own *contract.Contract, t *inspect.Table) *share {
	if t == nil {
		t = &inspect.Table{}
	}
	out := &share{scenario: s}
	limited := limitedBy(s, *t)
	for _, st := range s.Traffic {
		g := unmapped(st, own)
		if g == nil {
			st.Keys = own.Keys(st.Stream)
			g = missing(st, *t)
		}
		if g == nil {
			g = limited(st)
		}
		if g != nil {
			out.gone = append(out.gone, *g)
			continue
		}
		out.fit(&st, *t)
		out.traffic = append(out.traffic, st)
	}
	return out
}

// unmapped is st, gone for a call that the service's own contract does not have; nil: it has all.
func unmapped(st scenarios.Stream, own *contract.Contract) *gone {
	err := own.Speaks(st.Stream)
	if err == nil {
		return nil
	}
	return &gone{st, claim.Lack{Code: code.Unspoken, Because: err.Error(), Remedy: "the call in the contract's calls, if the service has such a one"}, err.Error()}
}

// fit gives a stream keys that there are.
func (h *share) fit(st *scenarios.Stream, t inspect.Table) {
	if len(st.Keys.IDs) > 0 {
		return // the service's own contract says them
	}
	for _, c := range st.Calls() {
		was := st.Keys.N
		keys, from := t.Fit(c, st.Keys)
		if from == "" {
			continue
		}
		if st.Keys = keys; keys.N < was {
			h.fitted = append(h.fitted, fmt.Sprintf("%s: %s has %d keys, which %s, and not %d", h.scenario.Name, st.Name, keys.N, from, was))
		}
		return
	}
}

// missing is st, gone for a call that the service does not speak; nil: it speaks all.
func missing(st scenarios.Stream, t inspect.Table) *gone {
	for _, c := range st.Calls() {
		if found := t.Find(c); found != nil && !found.Spoken() {
			what := fmt.Sprintf("%s (%s)", found.Name(), found.Why())
			return &gone{st, claim.Lack{Code: code.Unspoken, Because: "the service does not speak " + what, Remedy: "a service that speaks " + found.Name()}, what}
		}
	}
	return nil
}

// limitedBy tells which streams the service would limit, though nobody asked it to: those from the
// generator's one address, when they ask more often in a round than the inspection could.
func limitedBy(s *scenarios.Scenario, t inspect.Table) func(scenarios.Stream) *gone {
	limit := func(st scenarios.Stream) *inspect.Call {
		if _, wanted := s.Target.Env["RATE_LIMIT"]; wanted || st.Clients != nil {
			return nil
		}
		for _, c := range st.Calls() {
			if found := t.Find(c); found != nil && found.Limit != nil && found.Limit.Still {
				return found
			}
		}
		return nil
	}
	sent := 0
	for _, st := range s.Traffic {
		if limit(st) != nil {
			sent += s.Planned(st)
		}
	}
	return func(st scenarios.Stream) *gone {
		c := limit(st)
		if c == nil || sent <= c.Limit.After {
			return nil
		}
		return &gone{st, claim.Lack{
			Code:    code.Limited,
			Because: fmt.Sprintf("the service limits the generator (429): after %d requests from one address it answered %s with 429, and a second later too", c.Limit.After, c.Name()),
			Remedy:  "switch the service's limit off, or use more clients",
		}, c.Name() + " (limited: status 429)"}
	}
}

// find is the stream, or the call of a sequence, that is gone under a name; nil: none is.
func (h *share) find(name string) *gone {
	for i, g := range h.gone {
		if g.Name == name || slices.ContainsFunc(g.Steps, func(s traffic.Step) bool { return s.Name == name }) {
			return &h.gone[i]
		}
	}
	return nil
}

// lacks is why none of what a selection names was sent; nil: it was, or may have been.
func (h *share) lacks(of expr.Selector) *claim.Lack {
	if of.Stream != "all" {
		if g := h.find(of.Stream); g != nil {
			return &g.Lack
		}
		return nil
	}
	playsIn := func(st scenarios.Stream) bool {
		return slices.ContainsFunc(h.scenario.Phases, func(p scenarios.Phase) bool {
			return of.Phase(p.Name) && (len(st.Phases) == 0 || slices.Contains(st.Phases, p.Name))
		})
	}
	if slices.ContainsFunc(h.traffic, playsIn) {
		return nil
	}
	for i, g := range h.gone {
		if playsIn(g.Stream) {
			return &h.gone[i].Lack
		}
	}
	return nil
}

// idle reports that the arm gets nothing that could decide a claim.
func (h *share) idle(claims []*claim.Claim) bool {
	open := func(c *claim.Claim) bool { return c.Without(h.lacks).Closed() == nil }
	return len(h.gone) > 0 && (len(h.traffic) == 0 || len(claims) > 0 && !slices.ContainsFunc(claims, open))
}

// judge is what rounds say of a claim, for an arm that got this share. idle: of all claims.
func (h *share) judge(c *claim.Claim, rounds []claim.Round, idle bool) claim.Result {
	if len(h.gone) == 0 {
		return c.Judge(rounds, h.scenario.Rounds)
	}
	c = c.Without(h.lacks)
	if l := c.Closed(); l != nil {
		return c.Unplayed(*l)
	} else if idle {
		return c.Unplayed(h.gone[0].Lack)
	}
	r := c.Judge(rounds, h.scenario.Rounds)
	if w := h.write(); r.Code == code.NoFigure && w != nil && !strings.Contains(r.Because, claim.NoSource) { // what it measures needs changes, which no selection names
		r.Code, r.Because, r.Remedy = w.Code, w.Because+": "+r.Because, w.Remedy
	}
	if r.Code != code.Unspoken && r.Code != code.Limited {
		r.Notes = append(slices.Clone(r.Notes), "judged without "+h.without())
	}
	return r
}

// without names what the arm does not get: "profile: GET /api/users/{id} (status 404)".
func (h *share) without() string {
	var out []string
	for _, g := range h.gone {
		out = append(out, g.Name+": "+g.what)
	}
	return strings.Join(out, ", ")
}

// notes say for people how the share differs from the scenario.
func (h *share) notes(claims []*claim.Claim) []string {
	switch {
	case h.idle(claims):
		return []string{h.scenario.Name + " is not played: " + h.gone[0].Because}
	case len(h.gone) > 0:
		return append([]string{h.scenario.Name + " is played without " + h.without()}, h.fitted...)
	}
	return h.fitted
}

// write is the first stream that is gone and changes something; nil: none is.
func (h *share) write() *gone {
	for i, g := range h.gone {
		if g.Type == traffic.Sockets || slices.ContainsFunc(g.Calls(), func(c traffic.Call) bool { return c.Method != http.MethodGet }) {
			return &h.gone[i]
		}
	}
	return nil
}
