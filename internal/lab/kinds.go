package lab

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/trektribe/bench/internal/proxy"
)

// A kind is one entry of the catalogue of process faults: what it does to a victim,
// and what a new connection straight to it meets meanwhile.
type kind struct {
	name  string
	on    string   // "redis", "instance"
	redis []string // the Redis that can do it: "embedded", "server"; of on redis only

	hurt  func(ctx context.Context, l *Lab, t *trial) error
	meets []string // what proves it, of Meeting.Met; empty: hurt proves it itself

	brief  bool // over as soon as it is done; it is lifted at once
	slowly bool // the process may take its time, and answer until then
	timed  bool // it ends by its own time, Action.For
	beside bool // it does not get in the way of faults on the paths to Redis
}

// busyWithin is how long after its time a command that blocks Redis may take to end: it shares
// the processor.
const busyWithin = 10 * time.Second

var (
	anyOwn   = []string{"embedded", "server"}
	embedded = []string{"embedded"}
	server   = []string{"server"}
)

// kinds is the catalogue.
var kinds = []kind{
	{name: "killed", on: "redis", redis: anyOwn, hurt: kill, meets: []string{"refused"}},
	{name: "stopped", on: "redis", redis: anyOwn, hurt: pause, meets: []string{"silence"}},
	{name: "restarted", on: "redis", redis: anyOwn, hurt: kill, meets: []string{"refused"}, brief: true},
	{name: "flushed", on: "redis", redis: anyOwn, hurt: flush, brief: true, beside: true},
	// Within its first 5 s (busy-reply-threshold) a script blocks in silence; after that Redis answers BUSY.
	{name: "slowcmd", on: "redis", redis: server, hurt: block, meets: []string{"silence", "BUSY"}, timed: true},
	failing("loading", "LOADING Redis is loading the dataset in memory"),
	failing("readonly", "READONLY You can't write against a read only replica."),
	failing("noauth", "NOAUTH Authentication required."),
	failing("oom", "OOM command not allowed when used memory > 'maxmemory'."),
	{name: "killed", on: "instance", hurt: kill, meets: []string{"refused"}},
	{name: "terminated", on: "instance", hurt: terminate, meets: []string{"refused", "eof", "reset"}, slowly: true},
	{name: "stopped", on: "instance", hurt: pause, meets: []string{"silence"}},
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

// findKind is the process fault of that name; nil: there is none, it may be one of the proxies'.
func findKind(name, on string) *kind {
	for i := range kinds {
		if kinds[i].name == name && kinds[i].on == on {
			return &kinds[i]
		}
	}
	return nil
}

// Can reports whether a lab of this Spec can do faults of the kind on "redis" or "instance"; its error
// says why not, and what could. It opens nothing.
func (s Spec) Can(name, on string) error {
	if err := s.canHurt(on); err != nil {
		return err
	}
	var known []string
	if on == "redis" {
		known = proxy.Kinds()[1:] // the first is the clean proxy
	}
	for _, k := range kinds {
		if k.on == on {
			known = append(known, k.name)
		}
	}
	if !slices.Contains(known, name) {
		return fmt.Errorf("unknown fault %q on %s; there are: %s", name, on, strings.Join(known, ", "))
	}
	k := findKind(name, on)
	if k == nil || on != "redis" {
		return nil
	}
	switch have := redisName(s.Redis); {
	case !slices.Contains(anyOwn, have):
		return fmt.Errorf("%s on redis needs a Redis that the harness has started, and %s is somebody's: use --redis %s", name, have, strings.Join(k.redis, " or "))
	case !slices.Contains(k.redis, have):
		return fmt.Errorf("%s on redis cannot be done to the %s Redis: use --redis %s", name, have, strings.Join(k.redis, " or "))
	}
	return nil
}

// canHurt reports whether there is anything of the lab's own to hurt there.
func (s Spec) canHurt(on string) error {
	if !slices.ContainsFunc(kinds, func(k kind) bool { return k.on == on }) {
		return fmt.Errorf("no dependency %q to hurt: there are redis and instance", on)
	}
	if len(s.URLs) > 0 {
		return fmt.Errorf("faults on %s need the harness to start the service and what stands between, and instances that already run "+
			"(--target-url) are not its own: let the harness start the service (--target-cmd)", on)
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
	}
	return nil
}

// kill ends the process at once.
func kill(_ context.Context, _ *Lab, t *trial) error {
	p := t.victim.process()
	p.condemn()
	return p.kill()
}

// terminate asks the process to end.
func terminate(_ context.Context, _ *Lab, t *trial) error {
	p := t.victim.process()
	p.condemn()
	signalGroup(p.cmd.Process.Pid, syscall.SIGTERM)
	return nil
}

// pause takes the processor away from the process and whatever it started.
func pause(ctx context.Context, _ *Lab, t *trial) error {
	ctx, cancel := context.WithTimeout(ctx, healWithin)
	defer cancel()
	pid := t.victim.process().cmd.Process.Pid
	pauseGroup(pid)
	for atWork(pid) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("process %d does not stop: %w", pid, ctx.Err())
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

// flush empties Redis. In one transaction with the look at its size, since the load
// goes on writing; on a wire of its own, as for a transaction the client may open a second connection.
func flush(ctx context.Context, l *Lab, t *trial) error {
	at := l.spec.Clock.Now()
	w, err := t.victim.store.openWire(ctx, redisCall)
	if err != nil {
		return err
	}
	defer w.close()
	for _, command := range []string{"MULTI", "FLUSHALL", "DBSIZE", "EXEC"} {
		if _, err := w.ask(command); err != nil {
			return fmt.Errorf("%s: %w", command, err)
		}
	}
	if _, err := w.receive(); err != nil { // of FLUSHALL
		return fmt.Errorf("FLUSHALL: %w", err)
	}
	size, err := w.receive()
	if err != nil {
		return fmt.Errorf("DBSIZE: %w", err)
	}
	m := proxy.Meeting{Met: "empty", Wait: l.spec.Clock.Now() - at}
	if size != ":0" {
		m.Met = strings.TrimPrefix(size, ":") + " keys"
		t.doubt(m.Met + " were left just after")
	}
	t.proved++
	l.met(t, t.fault.Kind, "new", at, m)
	return nil
}

// busy is a script that blocks Redis for ARGV[1] microseconds. By two clocks: in newer versions Redis' own stands
// still while a script runs, older ones have no other, and the processor's lags behind on a busy machine. It
// writes nothing, so that SCRIPT KILL may end it.
const busy = `local function now() local t = redis.call('TIME') return t[1] * 1000000 + t[2] end
local _, clock = pcall(function() return os.clock end)
if type(clock) ~= 'function' then clock = function() return 0 end end
local most, began, ran = tonumber(ARGV[1]), now(), clock()
while now() - began < most and (clock() - ran) * 1000000 < most do end
return 1`

// block has Redis at work on one command for as long as the fault lasts.
func block(ctx context.Context, _ *Lab, t *trial) error {
	w, err := t.victim.store.openWire(ctx, redisCall)
	if err != nil {
		return err
	}
	if err := w.send("EVAL", busy, "0", fmt.Sprint(t.lasts.Microseconds())); err != nil {
		w.close()
		return err
	}
	w.quit() // the script outlasts ctx
	w.conn.SetDeadline(time.Now().Add(t.lasts + busyWithin))
	go func() {
		defer w.close()
		w.receive() // how it ended is what the canaries tell
	}()
	return nil
}
