package scenarios

import (
	"fmt"
	"slices"
	"strings"
)

// A kind is what the fault catalogue says of one kind of fault.
type kind struct {
	name, about  string
	needs, takes []string // parameters: those it must have, and others that it may have
	process      []string // what it is done to, and not to the path to it; empty: it is done to the path to a dependency
	still        bool     // a process meets it as a silence
}

// kinds is the fault catalogue. What a kind does to a connection is the proxy's,
// what it does to a process the lab's.
var kinds = []kind{
	{name: "latency", about: "every reply comes delay ± jitter later; with shape: normal these are mean and deviation; with to the delay grows to it", needs: []string{"delay"}, takes: []string{"jitter", "shape", "to"}},
	{name: "spikes", about: "share of the replies comes delay later", needs: []string{"delay", "share"}},
	{name: "blackhole", about: "silence; connections stay up and new ones are accepted; what was held is delivered when it ends"},
	{name: "hang", about: "new connections are accepted and never answered, old ones go on; those that waited are served when it ends"},
	{name: "reset", about: "old connections end at once, new ones once accepted, with a RST; what was held is lost"},
	{name: "close", about: "old connections end at once, new ones once accepted, with a FIN; what was held is lost"},
	{name: "cutoff", about: "a connection ends after so many bytes of replies", needs: []string{"after"}},
	{name: "slow", about: "replies come at rate on each connection", needs: []string{"rate"}},
	{name: "slices", about: "replies come in pieces of at most size, each delay after the one before", needs: []string{"size", "delay"}},
	{name: "oneway", about: "direction (requests or replies) is held and delivered when it ends; the other flows", needs: []string{"direction"}},
	{name: "refused", about: "new connections are refused, old ones end"},
	{name: "error", about: "chosen commands are not executed, and answered with answer", needs: []string{"answer"}, takes: choice},
	{name: "lost", about: "chosen commands are executed, and the connection ends where the reply would begin", takes: choice},
	{name: "late", about: "replies to chosen commands come delay ± jitter later, and those behind them on the connection", needs: []string{"delay"}, takes: append([]string{"jitter"}, choice...)},
	{name: "mute", about: "replies to chosen commands, and those behind them, come when it ends", takes: choice},
	{name: "killed", about: "SIGKILL; started again where it was when it ends, Redis empty", process: []string{"redis", "instance"}},
	{name: "stopped", about: "SIGSTOP, and SIGCONT when it ends", process: []string{"redis", "instance"}, still: true},
	{name: "terminated", about: "SIGTERM; started again when it ends", process: []string{"instance"}},
	{name: "restarted", about: "killed and started again at once, empty", process: []string{"redis"}},
	{name: "reloaded", about: "ended and started again at once, with all that it had acknowledged; needs --redis server", process: []string{"redis"}},
	{name: "flushed", about: "emptied", process: []string{"redis"}},
	{name: "slowcmd", about: "one command blocks all others for as long as it lasts; needs --redis server", process: []string{"redis"}, still: true},
	{name: "busy", about: "every command is answered BUSY, as while a script runs", process: []string{"redis"}},
	{name: "loading", about: "every command is answered LOADING, as while the data are read; embedded Redis only", process: []string{"redis"}},
	{name: "readonly", about: "writes are answered READONLY, as by a replica; on an embedded Redis every command is", process: []string{"redis"}},
	{name: "noauth", about: "new connections are answered NOAUTH, as with another password; on an embedded Redis every command is", process: []string{"redis"}},
	{name: "oom", about: "writes are answered OOM, as with maxmemory reached; on an embedded Redis every command is", process: []string{"redis"}},
	{name: "maxclients", about: "new connections are told that there are too many, and end; open ones go on; needs --redis server", process: []string{"redis"}},
	{name: "locked", about: "the database of an instance answers nothing (SQLite, on Linux); with every it is slow", process: []string{"database"}},
}

// choice is how a fault chooses the commands that it is done to: at least one of them.
var choice = []string{"commands", "prefix"}

// Kinds lists the kinds of faults.
func Kinds() []string {
	var out []string
	for _, k := range kinds {
		out = append(out, k.name)
	}
	return out
}

// ExplainKind says what a kind of fault does, to what, and which parameters it has; false: there is no such kind.
func ExplainKind(name string) (text string, ok bool) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		return "", false
	}
	k := kinds[i]
	to := "the path to redis"
	if len(k.process) > 0 {
		to = strings.Join(k.process, " or ")
	}
	text = fmt.Sprintf("%s: %s\n  done to   %s", k.name, k.about, to)
	for _, f := range []struct {
		name string
		keys []string
	}{{"needs", k.needs}, {"takes", k.takes}} {
		if len(f.keys) > 0 {
			text += fmt.Sprintf("\n  %-9s %s", f.name, strings.Join(f.keys, ", "))
		}
	}
	return text, true
}
