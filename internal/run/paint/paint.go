// Package paint has the pictures of one scenario painted, one for each arm.
//
// In go a scenario and its arms, then what is seen of each round; out come pictures. It
// reads no file and judges nothing.
package paint

import (
	"github.com/trektribe/bench/internal/claim/picture"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/scenarios"
)

// Canvases are the pictures that are being painted, by arm. In nil none are.
type Canvases map[string]*picture.Canvas

// New are empty ones.
func New(s *scenarios.Scenario, arms []lab.ArmSpec) Canvases {
	var phases []picture.Planned
	for _, p := range s.Phases {
		phases = append(phases, picture.Planned{Name: p.Name, For: p.For})
	}
	var claims []picture.Claim
	for _, c := range s.Claims {
		claims = append(claims, picture.Claim{ID: c.ID, Holds: c.Holds})
	}
	out := Canvases{}
	for _, a := range arms {
		out[a.Name] = picture.New(s.Scope(), phases, claims)
	}
	return out
}

// Observe looks at one arm's part of one round; nil where nobody paints.
func (c Canvases) Observe(arm string, h history.History) *picture.Sheet {
	if c[arm] == nil {
		return nil
	}
	return c[arm].Observe(h)
}

// Add lays a round over those before.
func (c Canvases) Add(arm string, s *picture.Sheet) {
	if s != nil {
		c[arm].Add(s)
	}
}

// Pictures are those of the arms, in their order.
func (c Canvases) Pictures(scenario string, arms []lab.ArmSpec) (out []picture.Picture) {
	for _, a := range arms {
		if one := c[a.Name]; one != nil {
			p := one.Picture()
			p.Scenario, p.Arm = scenario, a.Name
			out = append(out, p)
		}
	}
	return out
}
