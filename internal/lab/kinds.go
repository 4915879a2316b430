package lab

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/proxy"
)

// A kind is one entry of the catalogue of faults that are done to processes and data: what it does to a
// victim, and what a new connection straight to it meets meanwhile.
type kind struct {
	name  string
	on    string   // "redis", "instance", "database"
	redis []string // the Redis that can do it: "embedded", "server"; of on redis only

	hurt  func(ctx context.Context, l *Lab, t *trial) error
	meets []string                                          // what proves it, of Meeting.Met; empty: hurt proves it itself
	after func(ctx context.Context, t *trial) proxy.Meeting // what else is to be met once it is lifted, and is "reply" or a flaw; nil: nothing

	brief  bool // over as soon as it is done; it is lifted at once
	slowly bool // the process may take its time, and answer until then
	timed  bool // it ends by its own time, Action.For
	beside bool // it does not get in the way of faults on the paths to Redis
	writes bool // only writes meet it
	spares bool // connections that were open before go on, and read
}

var (
	anyOwn   = []string{"embedded", "server"}
	embedded = []string{"embedded"}
	server   = []string{"server"}
)

// fullHouse is what a new connection is told above maxclients; before that it is told nothing.
const fullHouse = "ERR max number of clients reached"

// kinds is the catalogue. Of two of one name each is for other kinds of Redis.
var kinds = []kind{
	{name: "killed", on: "redis", redis: anyOwn, hurt: kill, meets: []string{"refused"}},
	{name: "stopped", on: "redis", redis: anyOwn, hurt: pause, meets: []string{"silence"}},
	{name: "restarted", on: "redis", redis: anyOwn, hurt: kill, meets: []string{"refused"}, brief: true},
	{name: "reloaded", on: "redis", redis: server, hurt: saveAndEnd, meets: []string{"refused"}, after: kept, brief: true},
	{name: "flushed", on: "redis", redis: anyOwn, hurt: flush, brief: true, beside: true},
	// Within its first 5 s (busy-reply-threshold) a script blocks in silence; after that Redis answers BUSY.
	{name: "slowcmd", on: "redis", redis: server, hurt: block, meets: []string{"silence", "BUSY"}, timed: true},
	{name: "busy", on: "redis", redis: server, hurt: blockAloud, meets: []string{"BUSY"}, timed: true},
	failing("busy", "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."),
	failing("loading", "LOADING Redis is loading the dataset in memory"),
	failing("readonly", "READONLY You can't write against a read only replica."),
	failing("noauth", "NOAUTH Authentication required."),
	failing("oom", "OOM command not allowed when used memory > 'maxmemory'."),
	{name: "readonly", on: "redis", redis: server, hurt: follow, meets: []string{"READONLY"}, writes: true, spares: true},
	// The word of Redis before 6 is "ERR invalid password".
	{name: "noauth", on: "redis", redis: server, hurt: lockOut, meets: []string{"WRONGPASS", "ERR invalid password"}, spares: true},
	{name: "oom", on: "redis", redis: server, hurt: setting("maxmemory", "1"), meets: []string{"OOM"}, writes: true, spares: true},
	{name: "maxclients", on: "redis", redis: server, hurt: setting("maxclients", "1"), meets: []string{fullHouse}, spares: true},
	{name: "killed", on: "instance", hurt: kill, meets: []string{"refused"}},
	{name: "terminated", on: "instance", hurt: terminate, meets: []string{"refused", "eof", "reset"}, slowly: true},
	{name: "stopped", on: "instance", hurt: pause, meets: []string{"silence"}},
	{name: "locked", on: "database", hurt: lockDatabase, meets: []string{"locked"}},
}

// failing is a kind with which Redis answers every command with the error.
func failing(name, answer string) kind {
	word, _, _ := strings.Cut(answer, " ")
	hurt := func(ctx context.Context, _ *Lab, t *trial) error {
		if err := t.victim.process().tell(answer); err != nil {
			return err
		}
		return t.victim.awaits(ctx, word)
	}
	return kind{name: name, on: "redis", redis: embedded, hurt: hurt, meets: []string{word}}
}

// findKind is the fault of that name as a lab of this Spec does it; nil: there is none, it may be one of
// the proxies'.
func (s Spec) findKind(name, on string) *kind {
	for i, k := range kinds {
		if k.name == name && k.on == on && (on != "redis" || slices.Contains(k.redis, redisName(s.Redis))) {
			return &kinds[i]
		}
	}
	return nil
}

// Can reports whether a lab of this Spec can do faults of the kind on "redis", "instance" or "database"; its error
// says why not, and what could. It opens nothing.
func (s Spec) Can(name, on string) error {
	if err := s.canHurt(on); err != nil {
		return err
	}
	var known []string
	if on == "redis" {
		known = proxy.Kinds()[1:] // the first is the clean proxy
	}
	path := slices.Contains(known, name)
	var could []string // with which Redis
	for _, k := range kinds {
		if k.on == on && !slices.Contains(known, k.name) {
			known = append(known, k.name)
		}
		if k.on == on && k.name == name {
			could = append(could, k.redis...)
		}
	}
	if !slices.Contains(known, name) {
		return fmt.Errorf("unknown fault %q on %s; there are: %s", name, on, strings.Join(known, ", "))
	}
	if len(s.URLs) > 0 {
		return s.canRemotely(name, on)
	}
	if path || on != "redis" || s.findKind(name, on) != nil {
		return nil
	}
	slices.Sort(could)
	remedy := "use --redis " + strings.Join(could, " or ")
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
	if !slices.ContainsFunc(kinds, func(k kind) bool { return k.on == on }) {
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

// wrong says what a's fault lacks or has too much of; nil: it can be done.
func (k *kind) wrong(a Action) error {
	switch {
	case a.Fault.Delay != 0 || a.Fault.Jitter != 0:
		return fmt.Errorf("%s on %s takes no delay and no jitter", k.name, k.on)
	case k.timed && a.For <= 0:
		return fmt.Errorf("%s on %s ends by its own time: say how long (For)", k.name, k.on)
	case k.on == "redis" && len(a.Instances) > 0:
		return fmt.Errorf("%s on redis is done to the one Redis of all instances: name no instances, or choose a fault of the path to it (%s)",
			k.name, strings.Join(proxy.Kinds()[1:], ", "))
	case k.on == "database" && len(a.Instances) > 0:
		return fmt.Errorf("%s on database is done to the one database of all instances: name no instances", k.name)
	}
	return nil
}
