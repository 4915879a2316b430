package lab_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/machinetest"
)

// service is a client of Redis as the first instance has it: through its proxy, with a short timeout.
func service(t *testing.T, w *world) *redis.Client {
	t.Helper()
	return patient(t, w, 100*time.Millisecond)
}

// patient is a service that waits so long for an answer.
func patient(t *testing.T, w *world, timeout time.Duration) *redis.Client {
	t.Helper()
	o, err := redis.ParseURL(environ(t, w.Arms()[0].Instances[0])["REDIS_URL"])
	if err != nil {
		t.Fatal(err)
	}
	o.MaxRetries, o.DialerRetries, o.ReadTimeout = -1, 1, timeout
	c := redis.NewClient(o)
	t.Cleanup(func() { c.Close() })
	return c
}

func TestRedisIsHurt(t *testing.T) {
	rows := []struct {
		kind   string
		redis  string // empty: both
		client string // what the error of a client says during the fault; empty: it is over by then
		during string // what canaries meet
		kept   bool   // data
	}{
		{"killed", "", "EOF", "new refused", false},
		{"stopped", "", "timeout", "new silence", true},
		{"restarted", "", "", "new refused", false},
		{"flushed", "", "", "new empty", false},
		{"slowcmd", "server", "timeout", "new silence", true},
		{"busy", "server", "BUSY", "new BUSY", true},
		{"busy", "embedded", "BUSY", "new BUSY", true},
		{"loading", "embedded", "LOADING", "new LOADING", true},
		{"readonly", "embedded", "READONLY", "new READONLY", true},
		{"noauth", "embedded", "NOAUTH", "new NOAUTH", true},
		{"rotated", "server", "WRONGPASS", "new WRONGPASS", true},
		{"oom", "embedded", "OOM", "new OOM", true},
	}
	for _, have := range []string{"embedded", "server", "container"} {
		t.Run(have, func(t *testing.T) {
			machinetest.Redis(t, have)
			s := spec(t)
			s.Redis = have
			w := open(t, s)
			w.fresh(t, nil)
			for _, row := range rows {
				a := doing("redis", row.kind)
				a.For = time.Second
				if row.redis != "" && row.redis != have {
					if s.Can(row.kind, "redis") == nil { // another row's
						continue
					}
					if err := w.Apply(t.Context(), a); err == nil || !strings.Contains(err.Error(), "use --redis "+row.redis) {
						t.Errorf("%s: %v, want an error that names --redis %s", row.kind, err, row.redis)
					}
					continue
				}
				t.Run(row.kind, func(t *testing.T) {
					w.forget()
					c := patient(t, w, 5*time.Second)
					if row.client == "timeout" {
						c = service(t, w)
					}
					if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
						t.Fatal(err)
					}
					w.do(t, a)
					if row.kind == "rotated" {
						c.Get(t.Context(), "k") // its connection has ended: it may meet that first
					}
					if row.client != "" {
						if err := c.Get(t.Context(), "k").Err(); err == nil || !strings.Contains(err.Error(), row.client) {
							t.Errorf("during the fault a client met %v, want %q", err, row.client)
						}
						w.probed(t, a, 1)
					}
					for range 2 { // the second has nothing to lift
						w.do(t, lifted(a))
					}
					var n int64
					machinetest.Until(t, "a client is answered", 5*time.Second, func() (ok bool) {
						var err error
						n, err = c.Exists(t.Context(), "k").Result()
						return err == nil
					})
					if (n == 1) != row.kept {
						t.Errorf("the data was kept: %v, want %v", n == 1, row.kept)
					}
					w.proved(t, a, "")
					around, during := w.met()
					if !slices.Equal(around, []string{"new reply", "new reply"}) || !slices.Equal(during, []string{row.during}) {
						t.Errorf("canaries met %q around the fault and %q during it, want replies and %q", around, during, row.during)
					}
				})
			}
		})
	}
}

// Another harness that looks for a free port holds it for a moment.
func TestRedisStartsAgainThoughItsPortWasTakenForAMoment(t *testing.T) {
	w := open(t, spec(t))
	w.fresh(t, nil)
	a := doing("redis", "killed")
	w.do(t, a)
	if err := os.WriteFile(portTakenOnce(), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w.do(t, lifted(a))
	if _, err := os.Stat(portTakenOnce()); err == nil {
		t.Fatal("no Redis found its port taken")
	}
	if err := service(t, w).Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}

func TestRedisFaultsThatContradict(t *testing.T) {
	w := open(t, spec(t))
	w.fresh(t, nil)
	w.do(t, doing("redis", "stopped"))
	if err := w.Apply(t.Context(), lifted(doing("redis", "killed"))); err == nil || !strings.Contains(err.Error(), "stopped is on there") {
		t.Errorf("lifting another fault: %v", err)
	}
	w.do(t, lifted(doing("redis", "stopped")))
	rows := []struct {
		on, then lab.Action
		want     string // empty: both can be on
	}{
		{doing("redis", "stopped"), doing("redis", "killed"), "redis of hardened already has the fault stopped: lift it first"},
		{doing("redis", "killed"), doing("redis", "flushed"), "redis of hardened already has the fault killed"},
		{doing("redis", "oom"), doing("redis", "readonly"), "redis of hardened already has the fault oom"},
		{doing("redis", "stopped"), blackhole, "redis of hardened already has the fault stopped"},
		{blackhole, doing("redis", "restarted"), "redis of hardened-1 already has the fault blackhole"},
		{blackhole, doing("redis", "flushed"), ""},
	}
	for _, row := range rows {
		what := row.then.Fault.Kind + " while " + row.on.Fault.Kind
		w.do(t, row.on)
		err := w.Apply(t.Context(), row.then)
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", what, err, row.want)
		}
		w.do(t, lab.Action{Fault: fault.Fault{On: row.on.On}, Heal: true}) // whatever is on
		if err := w.Apply(t.Context(), row.on); err != nil {
			t.Errorf("%s again: %v", row.on.Fault.Kind, err)
		}
		w.do(t, lifted(row.on))
	}
}

func TestRedisFaultsRefuse(t *testing.T) {
	w := open(t, spec(t))
	w.fresh(t, nil)
	delayed, one := doing("redis", "killed"), doing("redis", "killed")
	delayed.Fault.Delay, one.Instances = time.Second, []string{"1"}
	for want, a := range map[string]lab.Action{
		"takes no delay": delayed,
		"name no instances, or choose a fault of the path": one,
		`no arm "documented": there are hardened`:          {Arm: "documented", Fault: fault.Fault{Kind: "killed", On: "redis"}},
	} {
		if err := w.Apply(t.Context(), a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Apply(%+v) = %v, want an error with %q", a, err, want)
		}
	}
	if n := len(w.of(history.FaultOn)); n > 0 {
		t.Errorf("%d faults recorded that were not", n)
	}
}

// TestFreshMakesRedisWhole leaves each fault on, and begins another round.
func TestFreshMakesRedisWhole(t *testing.T) {
	for _, have := range []string{"embedded", "server"} {
		t.Run(have, func(t *testing.T) {
			s := spec(t)
			if s.Redis = have; have == "server" {
				machinetest.Need(t, "redis-server")
			}
			w := open(t, s)
			w.fresh(t, nil)
			for _, kind := range []string{"killed", "stopped", "slowcmd", "busy", "loading", "readonly", "noauth", "rotated", "oom", "maxclients"} {
				if s.Can(kind, "redis") != nil {
					continue
				}
				a := doing("redis", kind)
				a.For = 300 * time.Millisecond
				w.forget()
				w.do(t, a)
				w.probed(t, a, 1)
				w.fresh(t, nil)
				if got := w.of(history.Delivery); len(got) != 1 || got[0].Value != 1 {
					t.Errorf("%s: delivery %v, want one of 1", kind, got)
				}
				// It has all that the round needs, and a fault can be applied to it.
				if got := service(t, w).Get(t.Context(), "starts").Val(); got != "1" {
					t.Errorf("%s: starts = %q in the next round, want 1", kind, got)
				}
				w.do(t, doing("redis", "restarted"))
				w.settle(t)
			}
		})
	}
}

// TestCutShortFaultIsUndone ends the context while Redis is down on its way back.
func TestCutShortFaultIsUndone(t *testing.T) {
	w := open(t, spec(t))
	w.fresh(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	w.cut = func(e history.Event) {
		if e.Kind == history.FaultOn {
			cancel()
		}
	}
	if err := w.Apply(ctx, doing("redis", "restarted")); err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("Apply: %v, want canceled", err)
	}
	if err := service(t, w).Ping(t.Context()).Err(); err != nil {
		t.Errorf("afterwards: %v, want Redis whole", err)
	}
	w.do(t, doing("redis", "flushed"))
}
