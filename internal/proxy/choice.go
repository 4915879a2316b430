package proxy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/command"
)

// A choice is which commands a fault is done to. It is not written to once it is made.
type choice struct {
	access string          // "read", "write"; empty: any
	names  map[string]bool // in capitals; nil: any
	prefix []byte          // of a key; empty: any
}

// newChoice is f's; nil: its kind chooses none.
func newChoice(f Fault, k kind) *choice {
	if !k.chooses() {
		return nil
	}
	c := &choice{prefix: []byte(f.Prefix)}
	switch f.Commands {
	case "":
	case "reads":
		c.access = "read"
	case "writes":
		c.access = "write"
	default:
		c.names = map[string]bool{}
		for name := range strings.SplitSeq(f.Commands, ",") {
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
	case c.access != "":
		return cmd.Access == c.access
	}
	return true
}

// chooses reports that the kind is done to chosen commands alone.
func (k kind) chooses() bool { return k.answers || k.loses || k.mutes || k.late != nil }

// Chooses reports that f is done to chosen commands alone, so that it may meet none (Stats.Hit).
func (f Fault) Chooses() bool {
	k, err := f.check()
	return err == nil && k.chooses()
}

func checkChoice(f Fault) string {
	switch f.Commands {
	case "reads", "writes":
		return ""
	case "":
		if f.Prefix == "" {
			return `neither commands nor prefix: say which commands, such as commands "GET,MGET", "reads" or "writes", or the prefix of their key`
		}
		return ""
	}
	for name := range strings.SplitSeq(f.Commands, ",") {
		cmd, known := command.Find(name)
		plain := name != "" && len(name) <= longestName && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' })
		switch {
		case !plain || !known && !strings.Contains(name, "."):
			return fmt.Sprintf("commands %q: no command %q; want names of Redis commands between commas, or reads or writes", f.Commands, name)
		case f.Kind != "error" && slices.Contains([]command.Follow{command.Subscribes, command.Floods}, cmd.Follow):
			return fmt.Sprintf("commands %q: what %s is answered with is no single reply; only error can be done to it", f.Commands, strings.ToUpper(name))
		case f.Prefix != "" && known && cmd.Keys == (command.Keys{}):
			return fmt.Sprintf("prefix %q: %s has no key that it could stand before", f.Prefix, strings.ToUpper(name))
		}
	}
	return ""
}

// longestAnswer keeps an answer one line that a person can read.
const longestAnswer = 200

func checkError(f Fault) string {
	word, _, _ := strings.Cut(f.Answer, " ")
	switch {
	case f.Answer == "":
		return `no answer: want the error that Redis would give, such as "LOADING Redis is loading the dataset in memory"`
	case strings.HasPrefix(f.Answer, "-"):
		return fmt.Sprintf("answer %q: leave the - out, it is put before it", f.Answer)
	case len(f.Answer) > longestAnswer || strings.ContainsFunc(f.Answer, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return fmt.Sprintf("answer %.60q: want one line of %d bytes at most", f.Answer, longestAnswer)
	case word != strings.ToUpper(word) || strings.ContainsFunc(word, func(r rune) bool { return r < 'A' || r > 'Z' }):
		return fmt.Sprintf("answer %q: want a word in capitals first, such as ERR, by which clients tell errors apart", f.Answer)
	}
	return checkChoice(f)
}

func checkLate(f Fault) string {
	if why := checkLatency(f); why != "" {
		return why
	}
	return checkChoice(f)
}

// proveChoice: beside what a canary met with the command that is chosen, the one
// that is not must have been answered as on a clean path.
func proveChoice(m Meeting) string {
	switch {
	case m.Behind && m.Beside == "": // it waits behind the answer to an earlier probe
	case m.Beside == "":
		return fmt.Sprintf("met %v, and the command beside it that is not chosen was not answered", m)
	}
	return ""
}

func proveError(f Fault, m Meeting, _ bool) string {
	if why := m.unless("reply"); why != "" {
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

func proveLost(_ Fault, m Meeting, _ bool) string {
	if why := m.unless("eof"); why != "" {
		return why
	}
	return proveChoice(m)
}

func proveLate(f Fault, m Meeting, old bool) string {
	if why := m.sooner(f.Delay-f.Jitter, "keep delay − jitter"); why != "" {
		return why
	}
	return proveChoice(m)
}

func proveMute(f Fault, m Meeting, old bool) string {
	if why := proveBlackhole(f, m, old); why != "" {
		return why
	}
	return proveChoice(m)
}
