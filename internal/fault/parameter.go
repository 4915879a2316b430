package fault

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/command"
)

// A Parameter is a part of a Fault that some kinds take.
type Parameter struct {
	Name    string // its key in a scenario and in JSON
	Form    string // of its value, with the unit
	About   string // what it says
	Bounds  string // of its value in a scenario, for people; empty: none beside its form
	Default string // what holds where it is left out; empty: a kind that takes it needs it
	Example string // as a scenario has it

	value func(f Fault) any    // zero: f has none
	wrong func(f Fault) string // what is wrong with it in f, whose kind takes it; empty: nothing
}

// parameters is every Parameter, in the order in which they are told.
var parameters = []Parameter{
	{Name: "delay", Form: "a duration, such as 50ms", About: "how much later a reply comes, such as 50ms", Bounds: "2ms or more", Example: "50ms",
		value: func(f Fault) any { return f.Delay }, wrong: wrongDelay},
	{Name: "jitter", Form: "a duration, such as 10ms", About: "how much the delay varies, uniformly to both sides or, with a shape, as its standard deviation, such as 10ms",
		Bounds: "leaves 2ms of the delay; with a shape above 0s, and the delay at most", Default: "0s", Example: "10ms",
		value: func(f Fault) any { return f.Jitter }, wrong: wrongJitter},
	{Name: "shape", Form: "normal, or left out for uniform", About: "how the delay is distributed", Default: "uniform", Example: "normal",
		value: func(f Fault) any { return f.Shape }, wrong: wrongShape},
	{Name: "to", Form: "a duration, such as 500ms", About: "what the delay grows to while the fault is on", Bounds: "above the delay", Default: "the delay stays", Example: "500ms",
		value: func(f Fault) any { return f.To }, wrong: wrongTo},
	{Name: "share", Form: "a percentage, such as 5%", About: "how many of the replies come later, such as 5%", Bounds: "above 0%, 100% at most", Example: "5%",
		value: func(f Fault) any { return f.Share }, wrong: wrongShare},
	{Name: "after", Form: "a number of bytes, such as 20KB", About: "how many bytes of replies a connection passes before it ends, such as 20KB", Bounds: "above 0B", Example: "20KB",
		value: func(f Fault) any { return f.After }, wrong: func(f Fault) string { return positive("after", f.After) }},
	{Name: "rate", Form: "a number of bytes per second, such as 20KB/s", About: "how fast replies come on each connection, such as 20KB/s", Bounds: "above 0B/s", Example: "20KB/s",
		value: func(f Fault) any { return f.Rate }, wrong: func(f Fault) string { return positive("rate", f.Rate) }},
	{Name: "size", Form: "a number of bytes, such as 100B", About: "how many bytes of a reply come at once, such as 100B", Bounds: "above 0B", Example: "100B",
		value: func(f Fault) any { return f.Size }, wrong: func(f Fault) string { return positive("size", f.Size) }},
	{Name: "direction", Form: "requests or replies", About: "what is held, requests or replies", Example: "replies",
		value: func(f Fault) any { return f.Direction }, wrong: wrongDirection},
	{Name: "commands", Form: "a list of commands, or reads or writes, or for error all", About: "which commands the fault is done to, such as [GET, MGET] or reads", Default: "all with the prefix", Example: "[GET, MGET]",
		value: func(f Fault) any { return strings.Join(f.Commands, ",") }, wrong: wrongCommands},
	{Name: "prefix", Form: "a text", About: "what a key of such a command begins with", Default: "any key", Example: `"cache:"`,
		value: func(f Fault) any { return quoted(f.Prefix) }},
	{Name: "answer", Form: "an error of Redis", About: "the error that is answered, such as LOADING Redis is loading the dataset in memory",
		Bounds: "one line of 200 bytes at most, beginning with a word in capitals", Example: "LOADING Redis is loading the dataset in memory",
		value: func(f Fault) any { return quoted(f.Answer) }, wrong: wrongAnswer},
	{Name: "fsync", Form: "always, everysec or no", About: "when Redis syncs its append-only file (appendfsync), such as everysec", Example: "everysec",
		value: func(f Fault) any { return f.Fsync }, wrong: wrongFsync},
	{Name: "connections", Form: "old, or left out for all", About: "which connections are hurt; old are those that stand when it begins, and new ones work", Default: "all", Example: "old",
		value: func(f Fault) any { return f.Connections }, wrong: wrongConnections},
	{Name: "ends", Form: "never, or left out", About: "when old connections are whole again; never: they stay hurt until the service closes them", Bounds: "with connections: old",
		Default: "with the fault", Example: "never",
		value: func(f Fault) any { return f.Ends }, wrong: wrongEnds},
}

// Parameters lists every Parameter.
func Parameters() []Parameter { return slices.Clone(parameters) }

// told is a parameter's value for people; empty: it is zero.
func told(value any) string {
	switch value {
	case time.Duration(0), int64(0), 0.0, "":
		return ""
	}
	return fmt.Sprint(value)
}

func quoted(text string) string {
	if text == "" {
		return ""
	}
	return fmt.Sprintf("%q", text)
}

// LeastDelay is the least delay that a proxy adds faithfully: it adds up to 0.8 ms of
// its own to any (measured), so that a smaller one would mostly be its noise.
const LeastDelay = 2 * time.Millisecond

func wrongDelay(f Fault) string {
	if f.Delay <= 0 {
		return fmt.Sprintf("delay %v: want more than 0", f.Delay)
	}
	return ""
}

func wrongJitter(f Fault) string {
	if f.Jitter < 0 || f.Jitter > f.Delay {
		return fmt.Sprintf("jitter %v: want 0 to the delay, %v", f.Jitter, f.Delay)
	}
	return ""
}

// Shapes are the distributions of a delay beside the uniform one.
var Shapes = []string{"normal"}

func wrongShape(f Fault) string {
	switch {
	case f.Shape != "" && !slices.Contains(Shapes, f.Shape):
		return fmt.Sprintf("shape %q: want normal, or none for uniform", f.Shape)
	case f.Shape != "" && f.Jitter == 0:
		return "shape normal: want a jitter, its standard deviation"
	}
	return ""
}

func wrongTo(f Fault) string {
	switch {
	case f.To != 0 && f.To <= f.Delay:
		return fmt.Sprintf("to %v: want more than the delay, %v", f.To, f.Delay)
	case f.To != 0 && f.For <= 0:
		return fmt.Sprintf("for %v: want more than 0, the time in which the delay grows to %v", f.For, f.To)
	}
	return ""
}

func wrongShare(f Fault) string {
	if !(f.Share > 0 && f.Share <= 1) {
		return fmt.Sprintf("share %v: want more than 0, and 1 at most", f.Share)
	}
	return ""
}

func positive(name string, n int64) string {
	if n > 0 {
		return ""
	}
	return fmt.Sprintf("%s %d: want more than 0", name, n)
}

// Directions are what a fault can hold.
var Directions = []string{"requests", "replies"}

func wrongDirection(f Fault) string {
	if slices.Contains(Directions, f.Direction) {
		return ""
	}
	return fmt.Sprintf("direction %q: want %s", f.Direction, strings.Join(Directions, " or "))
}

// Fsyncs are when Redis may sync its append-only file.
var Fsyncs = []string{"always", "everysec", "no"}

func wrongFsync(f Fault) string {
	if slices.Contains(Fsyncs, f.Fsync) {
		return ""
	}
	return fmt.Sprintf("fsync %q: want %s", f.Fsync, strings.Join(Fsyncs, ", "))
}

func wrongConnections(f Fault) string {
	if f.Connections == "" || f.Connections == "old" {
		return ""
	}
	return fmt.Sprintf("connections %q: want old, or none for all", f.Connections)
}

func wrongEnds(f Fault) string {
	switch {
	case f.Ends != "" && f.Ends != "never":
		return fmt.Sprintf("ends %q: want never, or none for the end of the fault", f.Ends)
	case f.ForGood() && !f.OldOnly():
		return "ends never: want connections old; otherwise no connection would work again"
	}
	return ""
}

// Accesses stand for many commands. All are those but the ones with which a connection begins; only error can be done to
// them: what replies late or never to all is latency or a black hole.
var Accesses = []string{"reads", "writes", "all"}

// wrongCommands looks at the prefix too: a fault of chosen commands has one of both.
func wrongCommands(f Fault) string {
	if len(f.Commands) == 0 && f.Prefix == "" {
		return "neither commands nor prefix: say which commands, such as GET and MGET, reads or writes, or the prefix of their key"
	}
	if len(f.Commands) == 1 && slices.Contains(Accesses, f.Commands[0]) {
		if f.Commands[0] == "all" && !f.answers() {
			return "commands all: only error can be done to all; choose reads or writes, or a kind that chooses none"
		}
		return ""
	}
	for _, name := range f.Commands {
		switch {
		case !KnownCommand(name):
			return fmt.Sprintf("commands: no command %q; want names of Redis commands, or reads or writes alone", name)
		case !f.CanHit(name):
			return fmt.Sprintf("commands: what %s is answered with is no single reply; only error can be done to it", strings.ToUpper(name))
		case f.Prefix != "" && Keyless(name):
			return fmt.Sprintf("prefix %q: %s has no key that it could stand before", f.Prefix, strings.ToUpper(name))
		}
	}
	return ""
}

// LongestCommand is how long the name of a command can be for a proxy to tell it from others.
const LongestCommand = 24

// KnownCommand reports that a proxy can tell the command from others, in any spelling of its
// letters. A name with a dot is of a module, which Redis's own list does not have.
func KnownCommand(name string) bool {
	_, known := command.Find(name)
	return known || strings.Contains(strings.Trim(name, "."), ".") && len(name) <= LongestCommand &&
		!strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' || c == ',' })
}

// answers reports that f answers in Redis's place.
func (f Fault) answers() bool {
	k, _ := Find(f.Kind)
	return slices.Contains(k.Needs, "answer")
}

// CanHit reports that f can be done to the command of that name. What has more than one reply can only be answered.
func (f Fault) CanHit(name string) bool {
	c, _ := command.Find(name)
	return f.answers() || c.Follow != command.Subscribes && c.Follow != command.Floods
}

// Keyless reports that the command is known to have no key.
func Keyless(name string) bool {
	c, known := command.Find(name)
	return known && c.Keys == (command.Keys{})
}

// longestAnswer keeps an answer one line that a person can read.
const longestAnswer = 200

func wrongAnswer(f Fault) string {
	if f.Answer == "" {
		return `no answer: want the error that Redis would give, such as "LOADING Redis is loading the dataset in memory"`
	}
	if why := WrongAnswer(f.Answer); why != "" {
		return fmt.Sprintf("answer %.60q: %s", f.Answer, why)
	}
	return ""
}

// WrongAnswer says why a command cannot be answered with the error text; empty: it can.
func WrongAnswer(text string) string {
	word, _, _ := strings.Cut(text, " ")
	switch {
	case strings.HasPrefix(text, "-"):
		return "leave the - out, it is put before it"
	case strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f }), len(text) > longestAnswer:
		return fmt.Sprintf("want one line of %d bytes at most", longestAnswer)
	case word == "" || strings.ContainsFunc(word, func(c rune) bool { return c < 'A' || c > 'Z' }):
		return "want a word in capitals first, such as ERR or LOADING, by which clients tell errors apart"
	}
	return ""
}
