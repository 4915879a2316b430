package page

import (
	"fmt"
	"html/template"
	"slices"

	"github.com/trektribe/bench/internal/claim/curve"
	"github.com/trektribe/bench/internal/claim/picture"
	"github.com/trektribe/bench/internal/claim/recovery"
)

// A view is a Page with its pictures drawn.
type view struct {
	Page
	CSS       template.CSS
	Why       []why
	Ledger    []group
	Scenarios []scenario
	Shared
	Steps []string // letters
}

type group struct {
	ID, Title string
	Claims    []claim
}

type claim struct {
	Claim
	Anchor, Command string
	Cells           []cell
}

type cell struct {
	Cell
	Mini   *Mini
	Parts  []part
	Charts []*Chart
	See    *Layer // a picture of the scenario in which nothing of the claim is drawn; nil: Charts has it
	Strip  []square
}

type part struct {
	Part
	Chart *Chart
	Alike string // that all rounds are; empty: they are not
	Mini  *Mini  // of one round, or of rounds that are alike and have an interval
}

// A square is the verdict of one run.
type square struct{ X, Verdict string }

type scenario struct {
	Plan
	ID   string
	Arms []armCharts
}

type armCharts struct {
	Arm    string
	Charts []*Chart
	Why    string
}

func newView(p Page, css template.CSS) *view {
	v := &view{Page: p, CSS: css}
	d := &drawer{page: p, shared: &v.Shared, spans: map[string]span{}, limits: map[string][]limitLine{}}
	d.measure()
	used := map[string]int{}
	anchor := func(parts ...string) string {
		id := slug(parts...)
		if used[id]++; used[id] > 1 {
			id = fmt.Sprintf("%s-%d", id, used[id])
		}
		return id
	}
	for _, g := range p.Groups {
		out := group{ID: anchor("group", g.Title), Title: g.Title}
		for _, c := range g.Claims {
			one := claim{Claim: c, Anchor: anchor("claim", c.Scenario, c.ID)}
			if p := d.plan(c.Scenario); p != nil {
				one.Command = p.Command
			}
			for _, x := range c.Cells {
				one.Cells = append(one.Cells, d.cell(c, x))
			}
			out.Claims = append(out.Claims, one)
		}
		v.Ledger = append(v.Ledger, out)
	}
	v.Why = v.reasons()
	for _, s := range steps {
		v.Steps = append(v.Steps, s.letter)
	}
	for _, plan := range p.Plans {
		v.Scenarios = append(v.Scenarios, d.scenario(plan, anchor("scenario", plan.Scenario)))
	}
	return v
}

// A drawer draws the pictures of claims and scenarios.
type drawer struct {
	page   Page
	shared *Shared
	spans  map[string]span        // of response times, by scenario
	limits map[string][]limitLine // that claims of a scenario name
}

// measure finds the scale that all pictures of a scenario share.
func (d *drawer) measure() {
	var names []string
	for _, p := range d.page.Pictures {
		if !slices.Contains(names, p.Scenario) {
			names = append(names, p.Scenario)
		}
	}
	for _, g := range d.page.Groups {
		for _, c := range g.Claims {
			for _, l := range limitsOf(c) {
				if !slices.ContainsFunc(d.limits[c.Scenario], func(o limitLine) bool { return o.at == l.at }) {
					d.limits[c.Scenario] = append(d.limits[c.Scenario], l)
				}
			}
		}
	}
	for _, name := range names {
		var bounds []float64
		for _, l := range d.limits[name] {
			bounds = append(bounds, l.at)
		}
		d.spans[name] = spanOf(slices.DeleteFunc(slices.Clone(d.page.Pictures), func(p picture.Picture) bool { return p.Scenario != name }), bounds)
	}
}

// plan is that of a scenario; nil: none is known.
func (d *drawer) plan(scenario string) *Plan {
	i := slices.IndexFunc(d.page.Plans, func(p Plan) bool { return p.Scenario == scenario })
	if i < 0 {
		return nil
	}
	return &d.page.Plans[i]
}

func (d *drawer) picture(scenario, arm string) *picture.Picture {
	for i := range d.page.Pictures {
		if p := &d.page.Pictures[i]; p.Scenario == scenario && p.Arm == arm && p.Why == "" {
			return p
		}
	}
	return nil
}

func (d *drawer) times(scenario, arm string) (out []recovery.Times) {
	for _, t := range d.page.Times {
		if t.Scenario == scenario && t.Arm == arm {
			out = append(out, t)
		}
	}
	return out
}

func (d *drawer) curves(scenario, arm string) (out []*curve.Curve) {
	for i := range d.page.Curves {
		if c := &d.page.Curves[i]; c.Scenario == scenario && c.Arm == arm {
			out = append(out, c)
		}
	}
	return out
}

// cell draws what one arm made of a claim: its figures beside the bounds, and the picture that convinces.
func (d *drawer) cell(c Claim, x Cell) cell {
	out := cell{Cell: x, Strip: strip(x.Last)}
	for i, p := range x.Parts {
		one := part{Part: p, Chart: p.dots(partScale(c, i), d.shared)}
		if p.alike() {
			if len(p.Rounds) > 1 {
				one.Alike = fmt.Sprintf("The same in each of %d rounds.", len(p.Rounds))
			}
			if p.Known || len(p.Rounds) == 1 {
				one.Mini = p.mini(partScale(c, i))
			}
		}
		out.Parts = append(out.Parts, one)
	}
	if len(x.Parts) > 0 {
		out.Mini = x.Parts[x.Decides].mini(partScale(c, x.Decides))
	}
	if x.Verdict == "" {
		return out
	}
	add := func(chart *Chart) {
		if chart == nil {
			return
		}
		if d.plan(c.Scenario) != nil {
			chart.brief()
		}
		out.Charts = append(out.Charts, chart)
	}
	for _, k := range d.curves(c.Scenario, x.Arm) {
		if k.ID == c.ID {
			add(curveChart(k, d.shared))
		}
	}
	p := d.picture(c.Scenario, x.Arm)
	if p == nil {
		return out
	}
	for i := range p.Rasters {
		if r := &p.Rasters[i]; slices.Contains(r.Claims, c.ID) {
			add(raster(p, r, d.shared))
		}
	}
	limits := limitsOf(c)
	if len(recoveryLimitsOf(c)) > 0 {
		add(recoveries(d.times(c.Scenario, x.Arm), d.allowed(c.Scenario), d.shared))
	}
	if len(limits) > 0 && len(p.Faults) == 0 {
		add(quantiles(p, d.spans[c.Scenario], limits, d.shared))
	}
	if len(out.Charts) == 0 || len(p.Faults) > 0 && len(p.Rasters) == 0 {
		chart := timeline(p, d.spans[c.Scenario], limits, d.shared)
		if chart != nil && len(limits) == 0 && len(p.Faults) == 0 && d.plan(c.Scenario) != nil {
			out.See = chart.Layer // it stands under the scenario
		} else {
			add(chart)
		}
	}
	return out
}

// scenario draws everything that is known of a scenario.
func (d *drawer) scenario(plan Plan, id string) scenario {
	out := scenario{Plan: plan, ID: id}
	for _, a := range d.page.Arms {
		one := armCharts{Arm: a.Arm}
		add := func(chart *Chart) {
			if chart != nil {
				chart.Whole = true
				one.Charts = append(one.Charts, chart)
			}
		}
		if p := d.picture(plan.Scenario, a.Arm); p != nil {
			limits := d.limits[plan.Scenario]
			add(timeline(p, d.spans[plan.Scenario], limits, d.shared))
			add(quantiles(p, d.spans[plan.Scenario], limits, d.shared))
			for k := range p.Rasters {
				add(raster(p, &p.Rasters[k], d.shared))
			}
		}
		add(recoveries(d.times(plan.Scenario, a.Arm), d.allowed(plan.Scenario), d.shared))
		for _, c := range d.curves(plan.Scenario, a.Arm) {
			add(curveChart(c, d.shared))
		}
		if len(one.Charts) == 0 {
			one.Why = "Nothing was observed to the end of a round."
		}
		out.Arms = append(out.Arms, one)
	}
	return out
}

// allowed are the recovery times that claims of a scenario allow.
func (d *drawer) allowed(scenario string) (out []recoveryLimit) {
	for _, g := range d.page.Groups {
		for _, c := range g.Claims {
			if c.Scenario == scenario {
				for _, l := range recoveryLimitsOf(c) {
					if !slices.Contains(out, l) {
						out = append(out, l)
					}
				}
			}
		}
	}
	return out
}

// strip are the verdicts of the last runs.
func strip(last []string) (out []square) {
	if len(last) < 2 {
		return nil
	}
	for i, v := range last {
		out = append(out, square{X: fmt.Sprint(12 * i), Verdict: v})
	}
	return out
}
