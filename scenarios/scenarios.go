// Package scenarios is the scenario language: YAML in, a Scenario with every
// default resolved out, or every mistake at once with file, line and column.
package scenarios

import (
	"time"

	"github.com/trektribe/bench/internal/claim"
)

// A Scenario is resolved: nothing defaults later. It marshals to JSON and back
// unchanged (run.json keeps it, so that a saved run can be judged without the YAML).
type Scenario struct {
	Name    string       `json:"name"`
	About   string       `json:"about"`
	File    string       `json:"file"` // where it was read from
	Target  Target       `json:"target"`
	Rounds  claim.Looks  `json:"rounds"`
	Phases  []Phase      `json:"phases"`
	Traffic []Stream     `json:"traffic"`
	Claims  []claim.Text `json:"claims"`
}

// Target is how the service is started.
type Target struct {
	Instances int               `json:"instances"`
	Env       map[string]string `json:"env"`
}

// A Phase is a stretch of a round. A phase with an Env restarts the instances
// with it from a fresh state, and so does the phase after one; traffic pauses meanwhile.
type Phase struct {
	Name   string            `json:"name"`
	For    time.Duration     `json:"for"`
	Env    map[string]string `json:"env,omitempty"`
	Faults []Fault           `json:"faults,omitempty"`
}

// A Fault is an entry of the fault catalogue, placed in its phase.
type Fault struct {
	Kind      string        `json:"kind"`
	On        string        `json:"on"`
	Instances []string      `json:"instances,omitempty"` // empty: all
	From      time.Duration `json:"from"`                // after the phase's start
	For       time.Duration `json:"for"`                 // default: to the phase's end
	Delay     time.Duration `json:"delay,omitempty"`
	Jitter    time.Duration `json:"jitter,omitempty"`
}

// A Stream is one kind of call.
type Stream struct {
	Name     string        `json:"name"`
	Method   string        `json:"method"`
	Path     string        `json:"path"`
	From     float64       `json:"from"` // requests per second at its start
	To       float64       `json:"to"`   // and at its end
	Poisson  bool          `json:"poisson,omitempty"`
	Dist     string        `json:"dist,omitempty"` // "uniform", "zipf"; empty: the path has no {id}
	Keys     int           `json:"keys,omitempty"`
	Zipf     float64       `json:"zipf,omitempty"`
	Patience time.Duration `json:"patience"`
	Workers  int           `json:"workers"`
	Phases   []string      `json:"phases,omitempty"` // empty: all
}

// A Mistake is one thing wrong in a scenario file.
type Mistake struct {
	File      string
	Line, Col int
	Msg       string
}

// Mistakes is every Mistake of a file. It is an error.
type Mistakes []Mistake

func (m Mistakes) Error() string { panic("skeleton") }

// Parse reads one scenario. The error is Mistakes.
func Parse(file string, text []byte) (*Scenario, error) { panic("skeleton") }

// Load finds a scenario by its name in the library, or by its path.
func Load(nameOrPath string) (*Scenario, error) { panic("skeleton") }

// Library lists the names of the embedded scenarios, in the order in which they run.
func Library() []string { panic("skeleton") }
