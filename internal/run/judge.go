package run

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/curve"
	"github.com/trektribe/bench/internal/claim/picture"
	"github.com/trektribe/bench/internal/claim/recovery"
	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/inspect"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/run/paint"
	"github.com/trektribe/bench/scenarios"
)

// A judge has the claims, curves and recovery times of one scenario, and what it observed of them in each arm.
type judge struct {
	scenario *scenarios.Scenario
	arms     []lab.ArmSpec
	claims   []*claim.Claim
	curves   []*curve.Spec
	recovery *recovery.Spec              // nil: no fault
	observed map[string][][]claim.Round  // arm → claim → rounds
	points   map[string][][]curve.Round  // arm → curve → rounds
	times    map[string][]recovery.Round // arm → rounds
	load     *loadSeen
	running  bool               // the service already ran, and does not have the scenarios' environment
	died     map[string]string  // arm → how an instance first failed by itself
	contract *contract.Contract // how the service speaks; nil: as the reference
	shares   map[string]*share  // arm → what it gets of the traffic
	limits   limits
	stopped  *history.Event // the condition that ended the scenario; nil: none did
	canvases paint.Canvases // nil: nobody looks at them
}

// newJudge compiles the claims of s. own is how the service speaks; tables are those of the arms that were inspected.
func newJudge(s *scenarios.Scenario, arms []lab.ArmSpec, own *contract.Contract, tables []inspect.Table) (*judge, error) {
	conditions, err := compileLimits(s)
	j := &judge{limits: conditions, scenario: s, arms: arms, contract: own, shares: map[string]*share{}, observed: map[string][][]claim.Round{}, points: map[string][][]curve.Round{},
		recovery: recovery.Of(s.Scope().Faults), times: map[string][]recovery.Round{}, load: &loadSeen{}, died: map[string]string{}}
	errs := []error{err}
	for _, t := range s.Claims {
		c, mistakes := claim.Compile(t, s.Scope())
		for _, m := range mistakes {
			errs = append(errs, fmt.Errorf("%s: claim %s: %s: column %d: %s", s.File, t.ID, m.Field, m.Col, m.Msg))
		}
		j.claims = append(j.claims, c)
	}
	for _, t := range s.Curves {
		c, mistakes := curve.Compile(t, s.Scope())
		for _, m := range mistakes {
			errs = append(errs, fmt.Errorf("%s: curve %s: %s: column %d: %s", s.File, t.ID, m.Field, m.Col, m.Msg))
		}
		j.curves = append(j.curves, c)
	}
	for _, a := range arms {
		j.shares[a.Name] = shareOf(s, own, tableOf(tables, a.Name))
		j.observed[a.Name] = make([][]claim.Round, len(s.Claims))
		j.points[a.Name] = make([][]curve.Round, len(s.Curves))
	}
	return j, errors.Join(errs...)
}

// asks reports whether a claim calls the measure.
func (j *judge) asks(measure string) bool {
	return slices.ContainsFunc(j.claims, func(c *claim.Claim) bool { return c.Asks(measure) })
}

// observe adds the saved round in dir. It reports whether the round was whole; one that was cut short does not count.
func (j *judge) observe(ctx context.Context, dir string) (bool, error) {
	r, err := history.OpenRound(ctx, dir)
	if err != nil {
		return false, err
	}
	defer r.Close()
	for _, a := range j.arms {
		for e := range r.Arm(a.Name).Events() {
			if e.Kind == history.Stopped && e.Arm == a.Name {
				j.stopped = &e
			}
			// In a round that was played to its end, an instance that was not ready met a fault, and may have got ready later.
			failed := e.Name == "exit" || e.Name == "not ready" && !r.Whole()
			if e.Kind == history.Process && e.Arm == a.Name && failed && j.died[a.Name] == "" {
				why, _, _ := strings.Cut(e.Detail, "\n")
				j.died[a.Name] = fmt.Sprintf("instance %s: %s (%s) in %s", e.Instance, e.Name, why, filepath.Base(dir))
			}
		}
	}
	if !r.Whole() {
		return false, r.Err()
	}
	seen := map[string]observation{}
	for _, a := range j.arms {
		seen[a.Name] = j.look(a.Name, r.Arm(a.Name))
	}
	if err := r.Err(); err != nil {
		return false, err // nothing of a round that cannot be read to its end counts
	}
	for _, a := range j.arms {
		o := seen[a.Name]
		j.load.add(r.Arm(a.Name))
		for i, c := range o.claims {
			j.observed[a.Name][i] = append(j.observed[a.Name][i], c)
		}
		for i, c := range o.curves {
			j.points[a.Name][i] = append(j.points[a.Name][i], c)
		}
		j.times[a.Name] = append(j.times[a.Name], o.times...)
		j.canvases.Add(a.Name, o.sheet)
	}
	return true, r.Err()
}

// An observation is what one round says of one arm.
type observation struct {
	claims []claim.Round
	curves []curve.Round
	times  []recovery.Round // one, or none without a fault
	sheet  *picture.Sheet   // nil: no picture is made
}

func (j *judge) look(arm string, h history.History) (o observation) {
	o.claims = claim.ObserveAll(j.claims, h)
	for _, c := range j.curves {
		o.curves = append(o.curves, c.Observe(h))
	}
	if j.recovery != nil {
		o.times = append(o.times, j.recovery.Observe(h))
	}
	o.sheet = j.canvases.Observe(arm, h)
	return o
}

// results judges every claim in every arm, claims first.
func (j *judge) results() []claim.Result {
	var out []claim.Result
	for i, c := range j.claims {
		for _, a := range j.arms {
			share := j.shares[a.Name]
			r := share.judge(c, j.observed[a.Name][i], share.idle(j.claims))
			r.Scenario, r.Arm, r.Policy = j.scenario.Name, a.Name, a.Policy
			// A service that fails by itself may fail again: no claim holds for it, also if
			// its other instances answered everything.
			if how := j.died[a.Name]; how != "" && r.Verdict == claim.Holds {
				r.Verdict, r.Code = claim.Inconclusive, code.Died
				r.Because, r.Remedy = how+"; until then: "+r.Because, "a service that stays up"
			}
			j.stop(&r)
			j.judgeUnread(c, &r)
			if !j.running {
				r.Injected = injected(j.scenario, c)
			}
			out = append(out, r)
		}
	}
	return out
}

// idle reports that no arm gets anything that could decide a claim: the scenario is not played.
func (j *judge) idle() bool {
	return !slices.ContainsFunc(j.arms, func(a lab.ArmSpec) bool { return !j.shares[a.Name].idle(j.claims) })
}

// notes are how what the arms got differs from the scenario.
func (j *judge) notes() []string {
	var out []string
	for _, a := range j.arms {
		h := j.shares[a.Name]
		notes := h.notes(j.claims)
		if !h.idle(j.claims) {
			notes = append(notes, j.limits.notes(h)...)
		}
		for _, n := range notes {
			if len(j.arms) > 1 {
				n = a.Name + ": " + n
			}
			out = append(out, n)
		}
	}
	return out
}

// curveResults are the curves of every arm, curves first.
func (j *judge) curveResults() []curve.Curve {
	var out []curve.Curve
	for i, c := range j.curves {
		for _, a := range j.arms {
			one := c.Judge(j.points[a.Name][i])
			one.Scenario, one.Arm = j.scenario.Name, a.Name
			out = append(out, one)
		}
	}
	return out
}

// recoveryTimes are those of every arm.
func (j *judge) recoveryTimes() []recovery.Times {
	if j.recovery == nil {
		return nil
	}
	var out []recovery.Times
	for _, a := range j.arms {
		for _, c := range j.recovery.Judge(j.times[a.Name]) {
			c.Scenario, c.Arm = j.scenario.Name, a.Name
			c.Predicted = predicted(j.scenario, c)
			out = append(out, c)
		}
	}
	return out
}

// more reports whether another round could decide a claim that is awaited.
func (j *judge) more(awaits func(claim.Result) bool) bool {
	return slices.ContainsFunc(j.results(), func(r claim.Result) bool { return r.More && (awaits == nil || awaits(r)) })
}
