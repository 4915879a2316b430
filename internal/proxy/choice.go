package proxy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/command"
	"github.com/trektribe/bench/internal/fault"
)

// A choice is which commands a fault is done to. It is not written to once it is made.
type choice struct {
	access string          // "read", "write"; "all": any but those with which a connection begins; empty: any
	names  map[string]bool // in capitals; nil: any
	prefix []byte          // of a key; empty: any
}

// begins are the commands with which a client begins a connection.
var begins = []string{"HELLO", "AUTH", "CLIENT", "SELECT"}

// newChoice is f's; nil: its kind chooses none.
func newChoice(f fault.Fault) *choice {
	if !f.Chooses() {
		return nil
	}
	c := &choice{prefix: []byte(f.Prefix)}
	for _, name := range f.Commands {
		switch name {
		case "reads":
			c.access = "read"
		case "writes":
			c.access = "write"
		case "all":
			c.access = "all"
		default:
			if c.names == nil {
				c.names = map[string]bool{}
			}
			c.names[strings.ToUpper(name)] = true
		}
	}
	return c
}

// takes reports whether a command of that name, in capitals, may be among them.
func (c *choice) takes(name []byte, cmd command.Command) bool {
	switch {
	case c.names != nil:
		return c.names[string(name)]
	case c.access == "all":
		return !slices.Contains(begins, cmd.Name)
	case c.access != "":
		return cmd.Access == c.access
	}
	return true
}

// proveChoice: beside what a canary met with the command that is chosen, the one
// that is not must have been answered as on a clean path.
func proveChoice(m canary.Meeting) string {
	switch {
	case m.Behind && m.Beside == "": // it waits behind the answer to an earlier probe
	case m.Beside == "":
		return fmt.Sprintf("met %v, and the command beside it that is not chosen was not answered", m)
	}
	return ""
}

func proveError(f fault.Fault, m canary.Meeting, _ bool) string {
	if why := m.Unless("reply"); why != "" {
		return why
	}
	if want := "-" + f.Answer; m.Answer != want {
		return fmt.Sprintf("was answered %.60q, want %q", m.Answer, want)
	}
	if m.Beside == m.Answer {
		return fmt.Sprintf("was answered %.60q, and so was the command that is not chosen", m.Answer)
	}
	return proveChoice(m)
}

func proveLost(_ fault.Fault, m canary.Meeting, _ bool) string {
	if why := m.Unless("eof"); why != "" {
		return why
	}
	return proveChoice(m)
}

func proveLate(f fault.Fault, m canary.Meeting, old bool) string {
	if why := m.Sooner(f.Delay-f.Jitter, "keep delay − jitter"); why != "" {
		return why
	}
	return proveChoice(m)
}

func proveMute(f fault.Fault, m canary.Meeting, old bool) string {
	if why := canary.ProveSilence(f, m, old); why != "" {
		return why
	}
	return proveChoice(m)
}
