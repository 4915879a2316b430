package lab

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
)

// A mechanism is what the lab does to a victim for one kind of the catalogue that acts on a process or on data.
type mechanism struct {
	kind, on string   // of the catalogue
	redis    []string // the Redis that it is for: "embedded", "server"; of on redis only

	hurt  func(ctx context.Context, l *Lab, t *trial) error
	meets []string                                           // which of the words that the catalogue has for canaries prove it; empty: all
	after func(ctx context.Context, t *trial) canary.Meeting // what else is to be met once it is lifted, and is "reply" or a flaw; nil: nothing

	slowly bool // the process may take its time, and answer until then
	timed  bool // it ends by its own time, Fault.For
	writes bool // only writes meet it
	spares bool // connections that were open before go on, and read
}

var (
	anyOwn   = []string{"embedded", "server"}
	embedded = []string{"embedded"}
	server   = []string{"server"}
)

// mechanisms has one for each such kind, target and Redis.
var mechanisms = []mechanism{
	{kind: "killed", on: "redis", redis: anyOwn, hurt: kill},
	{kind: "stopped", on: "redis", redis: anyOwn, hurt: pause},
	{kind: "restarted", on: "redis", redis: anyOwn, hurt: kill},
	{kind: "reloaded", on: "redis", redis: server, hurt: saveAndEnd, after: kept},
	{kind: "flushed", on: "redis", redis: anyOwn, hurt: flush},
	{kind: "slowcmd", on: "redis", redis: server, hurt: block, timed: true},
	{kind: "busy", on: "redis", redis: server, hurt: blockAloud, timed: true},
	failing("busy", "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."),
	failing("loading", "LOADING Redis is loading the dataset in memory"),
	failing("readonly", "READONLY You can't write against a read only replica."),
	failing("noauth", "NOAUTH Authentication required."),
	failing("oom", "OOM command not allowed when used memory > 'maxmemory'."),
	{kind: "readonly", on: "redis", redis: server, hurt: follow, writes: true, spares: true},
	{kind: "noauth", on: "redis", redis: server, hurt: lockOut, meets: []string{"WRONGPASS", "ERR invalid password"}, spares: true},
	{kind: "oom", on: "redis", redis: server, hurt: setting("maxmemory", "1"), writes: true, spares: true},
	{kind: "maxclients", on: "redis", redis: server, hurt: setting("maxclients", "1"), spares: true},
	{kind: "killed", on: "instance", hurt: kill},
	{kind: "terminated", on: "instance", hurt: terminate, slowly: true},
	{kind: "stopped", on: "instance", hurt: pause},
	{kind: "locked", on: "database", hurt: lockDatabase},
}

// failing has Redis answer every command with the error.
func failing(kind, answer string) mechanism {
	word, _, _ := strings.Cut(answer, " ")
	hurt := func(ctx context.Context, _ *Lab, t *trial) error {
		if err := t.victim.process().Tell(answer); err != nil {
			return err
		}
		return t.victim.awaits(ctx, word)
	}
	return mechanism{kind: kind, on: "redis", redis: embedded, hurt: hurt, meets: []string{word}}
}

// Kinds lists the kinds that a lab has a mechanism for on a target, and on that Redis where the target is redis.
func Kinds(on, redis string) []string {
	var out []string
	for _, m := range mechanisms {
		if find(m.kind, on, redis) != nil && !slices.Contains(out, m.kind) {
			out = append(out, m.kind)
		}
	}
	return out
}

func find(kind, on, redis string) *mechanism {
	for i, m := range mechanisms {
		if m.kind == kind && m.on == on && (on != "redis" || slices.Contains(m.redis, redis)) {
			return &mechanisms[i]
		}
	}
	return nil
}

// mechanism is how a lab of this Spec does the kind; nil: not at all, or by its proxies.
func (s Spec) mechanism(kind, on string) *mechanism { return find(kind, on, redisName(s.Redis)) }

// Can reports whether a lab of this Spec can do faults of the kind on one of fault.Targets; its error
// says why not, and what could. It opens nothing.
func (s Spec) Can(name, on string) error {
	if err := s.canHurt(on); err != nil {
		return err
	}
	k, _ := fault.Find(name)
	if !slices.Contains(k.On, on) {
		return fmt.Errorf("unknown fault %q on %s; there are: %s", name, on, strings.Join(fault.NamesOn(on), ", "))
	}
	if len(s.URLs) > 0 {
		return s.canRemotely(k, on)
	}
	if k.Acts == fault.Path || on != "redis" || s.mechanism(name, on) != nil {
		return nil
	}
	remedy := "use --redis " + strings.Join(k.Redis, " or ")
	if name == "loading" {
		remedy += ", or the fault error on the path to redis, which answers LOADING in front of any Redis"
	}
	have := redisName(s.Redis)
	if !slices.Contains(anyOwn, have) {
		return fmt.Errorf("%s on redis needs a Redis that the harness has started, and %s is somebody's: %s", name, have, remedy)
	}
	return fmt.Errorf("%s on redis cannot be done to the %s Redis: %s", name, have, remedy)
}

// canHurt reports whether there is anything to hurt there.
func (s Spec) canHurt(on string) error {
	if !slices.Contains(fault.Targets, on) {
		return fmt.Errorf("no dependency %q to hurt: there are redis, instance and database", on)
	}
	if len(s.URLs) > 0 {
		return s.canHurtRemotely(on)
	}
	if on == "database" {
		return s.canLock()
	}
	return nil
}

// wrong says what a lacks or has too much of; nil: it can be done.
func (m *mechanism) wrong(a Action) error {
	switch {
	case m.timed && a.For <= 0:
		return fmt.Errorf("%s on %s ends by its own time: say how long (For)", m.kind, m.on)
	case m.on == "redis" && len(a.Instances) > 0:
		return fmt.Errorf("%s on redis is done to the one Redis of all instances: name no instances, or choose a fault of the path to it (%s)",
			m.kind, strings.Join(fault.PathNames(), ", "))
	case m.on == "database" && len(a.Instances) > 0:
		return fmt.Errorf("%s on database is done to the one database of all instances: name no instances", m.kind)
	}
	return nil
}
