// Package scenarios is the scenario language: YAML in, a Scenario with every
// default resolved out, or every mistake at once with file, line and column.
//
// It also holds the library of scenarios, embedded as written, and prints the
// plan of a run. It never opens, starts or measures anything.
package scenarios

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/curve"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/traffic"
)

// A Scenario is resolved: nothing defaults later. It marshals to JSON and back
// unchanged (run.json keeps it, so that a saved run can be judged without the YAML).
// Its methods read only; it is safe for concurrent use while nobody writes to it.
type Scenario struct {
	Name    string       `json:"name"`              // letters, digits, "-" and "_": it becomes part of folder names
	About   string       `json:"about"`             // one line; may be empty
	Group   string       `json:"group,omitempty"`   // its name stands for all scenarios of the group; may be empty
	Profile string       `json:"profile,omitempty"` // under which it was read; empty: none
	File    string       `json:"file"`              // where it was read from
	Target  Target       `json:"target"`
	Rounds  claim.Looks  `json:"rounds"` // 1 <= Min <= Max <= 50
	Phases  []Phase      `json:"phases"` // at least one, in the order in which they run
	Traffic []Stream     `json:"traffic"`
	Steady  *Condition   `json:"steady,omitempty"` // must be true before the first fault of a segment; nil: no condition
	Abort   *Condition   `json:"abort,omitempty"`  // ends the scenario once it is true; nil: no condition
	Claims  []claim.Text `json:"claims"`           // may be empty
	Curves  []curve.Text `json:"curves,omitempty"`
}

// Target is how the service is started.
type Target struct {
	Instances int               `json:"instances"`       // 1 to 16
	Redis     string            `json:"redis,omitempty"` // the kind that it needs; empty: the run's
	Env       map[string]string `json:"env"`             // on top of what the lab sets; never nil
}

// A Phase is a part of a round. The instances restart from a fresh state for a phase with an
// Env, for the phase after it, and for a phase with Restart; traffic pauses meanwhile.
type Phase struct {
	Name    string            `json:"name"`
	For     time.Duration     `json:"for"`               // above zero
	Env     map[string]string `json:"env,omitempty"`     // on top of the target's, for this phase alone
	Restart bool              `json:"restart,omitempty"` // begin from a fresh state, with the environment of the phase
	Faults  []fault.Fault     `json:"faults,omitempty"`  // none overlaps another on the same dependency and instance
	Expect  []string          `json:"expect,omitempty"`  // what is predicted of its faults, for a drill: comparisons of the claim language
}

// A Stream is one kind of request, in some or all phases. Each stretch of its phases without
// a restart or another phase between them has its own schedule.
type Stream struct {
	traffic.Stream
	Phases    []string `json:"phases,omitempty"`    // empty: all
	Instances []string `json:"instances,omitempty"` // that get its requests, such as "1"; empty: all
}

// A Condition is a comparison of the claim language. It is evaluated for each arm while the traffic runs.
type Condition struct {
	Holds string        `json:"holds"`
	Over  time.Duration `json:"over"` // how far back: of the requests that ended within it
}

// A Segment is a stretch of phases without a restart inside it.
type Segment struct {
	Begin  time.Duration     // since the round's start, restarts not counted
	Env    map[string]string // of the phase that is alone in it; nil: the target's alone
	Phases []Phase
}

// Segments splits a round at the restarts of the instances. A phase with an Env is a segment
// of its own.
func (s *Scenario) Segments() []Segment {
	var out []Segment
	var begin time.Duration
	for i, p := range s.Phases {
		if begins(s.Phases[:i], p) {
			out = append(out, Segment{Begin: begin, Env: p.Env})
		}
		last := &out[len(out)-1]
		last.Phases = append(last.Phases, p)
		begin += p.For
	}
	return out
}

// RoundLength is how long the phases of one round last, restarts not counted.
func (s *Scenario) RoundLength() time.Duration {
	var d time.Duration
	for _, p := range s.Phases {
		d += p.For
	}
	return d
}

// Offered is the most requests a second that s sends to an arm.
func (s *Scenario) Offered() (most float64) {
	for _, p := range s.Phases {
		sum := 0.0
		for _, t := range s.Traffic {
			if len(t.Phases) == 0 || slices.Contains(t.Phases, p.Name) {
				sum += max(t.From, t.To) * float64(t.Each())
			}
		}
		most = max(most, sum)
	}
	return most
}

// Needs is the highest number of an instance that a fault or a stream names; at least 1.
func (s *Scenario) Needs() int {
	most := 1
	note := func(instances []string) {
		for _, i := range instances {
			if n, err := strconv.Atoi(i); err == nil {
				most = max(most, n)
			}
		}
	}
	for _, p := range s.Phases {
		for _, f := range p.Faults {
			note(f.Instances)
		}
	}
	for _, t := range s.Traffic {
		note(t.Instances)
	}
	return most
}

// Scope is what the scenario's claims may name.
func (s *Scenario) Scope() expr.Scope {
	c := expr.Scope{Streams: s.streamNames(), Paths: map[string]string{}, Env: s.Target.Env}
	note := func(name string, call traffic.Call) {
		if call.Path != "" {
			c.Paths[name] = call.Path
		}
		if claims := call.Headers["X-Forwarded-For"]; claims != "" {
			if c.Forged == nil {
				c.Forged = map[string]string{}
			}
			c.Forged[name] = claims
		}
	}
	for _, t := range s.Traffic {
		note(t.Name, t.common())
		for _, step := range t.Steps {
			if step.Name != "" {
				note(step.Name, step.Call)
			}
		}
	}
	for _, p := range s.Phases {
		c.Phases = append(c.Phases, p.Name)
		if url, set := p.Env["REDIS_URL"]; set && url == "" {
			c.NoRedis = append(c.NoRedis, p.Name)
		}
		if p.Env["DB_DELAY"] != "" || p.Env["AI_DELAY"] != "" {
			c.OwnDelays = append(c.OwnDelays, p.Name)
		}
		c.Uncached = withUncached(c.Uncached, p, c.Paths)
		for _, f := range p.Faults {
			if !slices.Contains(c.Faults, f.Kind) {
				c.Faults = append(c.Faults, f.Kind)
			}
		}
	}
	return c
}

// kinds are the variables with the times to live of what the paths that begin so answer.
var kinds = map[string]string{"TTL_TRIPS": "/api/trips", "TTL_PROFILES": "/api/users", "TTL_AI": "/api/recommendations"}

// withUncached adds the streams whose cache a phase switches off, with a time to live of 0s.
func withUncached(all map[string][]string, p Phase, paths map[string]string) map[string][]string {
	for stream, path := range paths {
		for name, begins := range kinds {
			if ttl, err := time.ParseDuration(p.Env[name]); err != nil || ttl != 0 || !strings.HasPrefix(path, begins) {
				continue
			}
			if all == nil {
				all = map[string][]string{}
			}
			all[p.Name] = append(all[p.Name], stream)
		}
	}
	slices.Sort(all[p.Name])
	return all
}
