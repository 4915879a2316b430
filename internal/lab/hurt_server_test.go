package lab_test

import (
	"bufio"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/machinetest"
)

// openServer opens a lab on redis-server, and begins a round.
func openServer(t *testing.T) *world {
	t.Helper()
	machinetest.Need(t, "redis-server")
	s := spec(t)
	s.Redis = "server"
	w := open(t, s)
	w.fresh(t, nil)
	return w
}

// settings is what faults change in a redis-server.
func settings(t *testing.T, c *redis.Client) string {
	t.Helper()
	var all []string
	for _, name := range []string{"maxclients", "maxmemory", "maxmemory-policy", "requirepass", "lua-time-limit", "replicaof"} {
		got, err := c.ConfigGet(t.Context(), name).Result()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, name+"="+got[name])
	}
	return strings.Join(all, "\n")
}

// greeting is what a new connection reads that asks for nothing.
func greeting(t *testing.T, redisURL string) string {
	t.Helper()
	u, err := url.Parse(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	line, _ := bufio.NewReader(c).ReadString('\n')
	return line
}

// TestServerIsHurtInPart takes some of Redis away, from some of its clients.
func TestServerIsHurtInPart(t *testing.T) {
	rows := []struct {
		kind          string
		read, write   string // what the error of a client says that was there before; empty: it is served
		enter, change string // and of one that comes during the fault, when it reads, and writes
		during        string // what canaries meet
	}{
		{"readonly", "", "READONLY", "", "READONLY", "READONLY"},
		{"oom", "", "OOM", "", "OOM", "OOM"},
		{"noauth", "", "", "WRONGPASS", "WRONGPASS", "WRONGPASS"},
		// go-redis takes the error for one of HELLO, which old versions do not know, and goes on to ask.
		{"maxclients", "", "", "hung up", "hung up", "ERR max number of clients reached"},
		{"busy", "BUSY", "BUSY", "BUSY", "BUSY", "BUSY"},
	}
	w := openServer(t)
	want := settings(t, service(t, w))
	for _, row := range rows {
		t.Run(row.kind, func(t *testing.T) {
			w.forget()
			ctx := t.Context()
			client := func() *redis.Client { return patient(t, w, 5*time.Second) } // a script lets others be answered only now and then
			old := client()
			if err := old.Set(ctx, "k", "v", 0).Err(); err != nil {
				t.Fatal(err)
			}
			a := doing("redis", row.kind)
			a.For = 20 * time.Second // busy is ended early
			w.do(t, a)
			for what, c := range map[string]struct {
				err  error
				want string
			}{
				"a read":                     {old.Get(ctx, "k").Err(), row.read},
				"a write":                    {old.Set(ctx, "k", "w", 0).Err(), row.write},
				"a read of a new connection": {client().Get(ctx, "k").Err(), row.enter},
				"a write of a new one":       {client().Set(ctx, "k", "w", 0).Err(), row.change},
			} {
				if c.want == "hung up" && c.err != nil && !strings.Contains(c.err.Error(), "timeout") {
					continue
				}
				if (c.err == nil) != (c.want == "") || c.err != nil && !strings.Contains(c.err.Error(), c.want) {
					t.Errorf("%s met %v, want %q", what, c.err, c.want)
				}
			}
			if row.kind == "maxclients" {
				if got := greeting(t, environ(t, w.Arms()[0].Instances[0])["REDIS_URL"]); got != "-ERR max number of clients reached\r\n" {
					t.Errorf("a new connection was told %q", got)
				}
			}
			w.probed(t, a, 1)
			for range 2 { // the second has nothing to lift
				w.do(t, lifted(a))
			}
			if got, err := service(t, w).Get(ctx, "k").Result(); err != nil || got != "v" && row.write != "" {
				t.Errorf("after the fault a new connection read %q, %v", got, err)
			}
			if err := old.Set(ctx, "k", "x", 0).Err(); err != nil {
				t.Errorf("after the fault: %v", err)
			}
			if got := settings(t, old); got != want {
				t.Errorf("settings after the fault:\n%s\nwant\n%s", got, want)
			}
			w.proved(t, a, "")
			around, during := w.met()
			canaries := []string{"new " + row.during}
			if row.kind != "busy" {
				canaries = append(canaries, "old reply")
			}
			if !slices.Equal(around, []string{"new reply", "new reply"}) || !slices.Equal(during, canaries) {
				t.Errorf("canaries met %q around the fault and %q during it, want replies and %q", around, during, canaries)
			}
		})
	}
	if err := w.Apply(t.Context(), doing("redis", "slowcmd")); err == nil || !strings.Contains(err.Error(), "say how long") {
		t.Errorf("without a length: %v", err)
	}
	w.do(t, doing("redis", "maxclients")) // and is closed with it
}

// TestRestartsWithTheData restarts Redis with its data, and then without.
func TestRestartsWithTheData(t *testing.T) {
	w := openServer(t)
	c := service(t, w)
	has := func() (n int64) {
		t.Helper()
		machinetest.Until(t, "a client is answered", 5*time.Second, func() bool {
			var err error
			n, err = c.Exists(t.Context(), "k", "starts").Result()
			return err == nil
		})
		return n
	}
	runID := func() string {
		text := c.Info(t.Context(), "server").Val()
		_, id, _ := strings.Cut(text, "run_id:")
		return id[:40]
	}
	for _, tt := range []struct{ kind, next string }{{"reloaded", "restarted"}, {"reloaded", "killed"}, {"replayed", "restarted"}, {"replayed", "killed"}, {"replayed", "reloaded"}} {
		next := tt.next
		t.Run(tt.kind+" and "+next, func(t *testing.T) {
			w.fresh(t, nil)
			c = service(t, w)
			w.forget()
			if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
				t.Fatal(err)
			}
			was := runID()
			a := doing("redis", tt.kind)
			w.do(t, a)
			w.do(t, lifted(a)) // it was
			if got := has(); got != 2 {
				t.Errorf("%d of 2 keys after it was %s", got, tt.kind)
			}
			if runID() == was {
				t.Error("it is the same process")
			}
			w.proved(t, a, "")
			around, during := w.met()
			if !slices.Equal(around, []string{"new reply", "new reply", "kept reply"}) || !slices.Equal(during, []string{"new refused"}) {
				t.Errorf("canaries met %q around the fault and %q during it", around, during)
			}
			if keys := c.Keys(t.Context(), "*").Val(); len(keys) != 2 {
				t.Errorf("keys %q after it, want the two of before", keys)
			}
			w.do(t, doing("redis", next))
			w.do(t, lifted(doing("redis", next)))
			want := int64(0)
			if next == "reloaded" {
				want = 2
			}
			if got := has(); got != want {
				t.Errorf("%d keys after it was %s, want %d", got, next, want)
			}
		})
	}
}
