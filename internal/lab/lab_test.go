package lab_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	labredis "github.com/trektribe/bench/internal/lab/redis"
	"github.com/trektribe/bench/internal/machinetest"
)

func TestInstancesGetTheContractAndNothingElse(t *testing.T) {
	t.Setenv("MONGODB_URI", "mongodb://elsewhere")
	t.Setenv("TTL_AI", "1h")
	t.Setenv("UNRELATED", "kept")
	s := spec(t)
	s.Arms = append(s.Arms, lab.ArmSpec{Name: "hardened+slow", Policy: "hardened", Mutant: "slow"})
	s.Instances = 2
	s.Env = map[string]string{"TTL_TRIPS": "2s", "DB_DELAY": "1ms"}
	w := open(t, s)
	w.fresh(t, map[string]string{"TTL_TRIPS": "9s"})

	seen := map[string]map[string]bool{"PORT": {}, "REDIS_URL": {}, "SQLITE_PATH": {}}
	for _, arm := range w.Arms() {
		for _, in := range arm.Instances {
			env := environ(t, in)
			for k, want := range map[string]string{
				"INSTANCE": in.Name, "CACHE_POLICY": "hardened", "TTL_TRIPS": "9s", "DB_DELAY": "1ms", "UNRELATED": "kept",
				"MONGODB_URI": "", "TTL_AI": "", labredis.PasswordEnv: "",
			} {
				if env[k] != want {
					t.Errorf("%s-%s has %s=%q, want %q", arm.Name, in.Name, k, env[k], want)
				}
			}
			if _, ok := env["slow"]; ok != (arm.Name == "hardened+slow") {
				t.Errorf("%s-%s: started with the mutant: %v", arm.Name, in.Name, ok)
			}
			for k := range seen {
				seen[k][env[k]] = true
			}
		}
	}
	for k, want := range map[string]int{"PORT": 4, "REDIS_URL": 4, "SQLITE_PATH": 2} {
		if got := len(seen[k]); got != want {
			t.Errorf("%d different %s, want %d", got, k, want)
		}
	}
	if got := len(w.of(history.Process)); got != 4 {
		t.Errorf("%d process events, want 4 of ready: %v", got, w.of(history.Process))
	}
	if err := w.Died(); err != nil {
		t.Errorf("Died: %v", err)
	}
}

func TestFreshIsFresh(t *testing.T) {
	for _, kind := range []string{"embedded", "server"} {
		t.Run(kind, func(t *testing.T) {
			s := spec(t)
			s.Redis = kind
			if kind == "server" {
				machinetest.Need(t, "redis-server")
			}
			w := open(t, s)
			want := map[string]string{"embedded": "miniredis", "server": "redis "}[kind] // a test binary does not know its modules' versions
			if got := w.Redis(); got.Kind != kind || !strings.HasPrefix(got.Version, want) {
				t.Errorf("Redis() = %v, want %s", got, want)
			}
			var databases []string
			for range 2 {
				w.fresh(t, nil)
				env := environ(t, w.Arms()[0].Instances[0])
				dir := filepath.Dir(env["SQLITE_PATH"])
				if list, err := os.ReadDir(dir); err != nil || len(list) > 0 {
					t.Errorf("the database directory holds %v, %v", list, err)
				}
				databases = append(databases, dir)
				o, err := redis.ParseURL(env["REDIS_URL"])
				if err != nil || o.Password == "" {
					t.Fatalf("REDIS_URL without a password, or %v", err)
				}
				c := redis.NewClient(o)
				// The service counts its starts: what it wrote the last time is gone.
				if got, err := c.Get(t.Context(), "starts").Result(); got != "1" || err != nil {
					t.Errorf("starts = %q, %v, want 1", got, err)
				}
				c.Set(t.Context(), "left", "over", 0)
				c.Close()
				noSecret(t, s.Dir, o.Password)
			}
			if databases[0] == databases[1] {
				t.Error("the second round has the first one's database")
			}
			if _, err := os.Stat(databases[0]); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the first database: %v, want it gone", err)
			}
		})
	}
}

// noSecret looks for the password where others could read it.
func noSecret(t *testing.T, dir, password string) {
	t.Helper()
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	logs, _ := filepath.Glob(dir + "/logs/*")
	if len(logs) == 0 {
		t.Error("no logs")
	}
	for _, f := range append(lines, logs...) {
		if b, _ := os.ReadFile(f); bytes.Contains(b, []byte(password)) {
			t.Errorf("%s shows the password: %q", f, b)
		}
	}
}

func TestStartErrorSaysWhatHappened(t *testing.T) {
	w := open(t, spec(t))
	err := w.Fresh(t.Context(), map[string]string{"FAKE": "exit"})
	if err == nil {
		t.Fatal("Fresh went well")
	}
	for _, want := range []string{"hardened-1 ended before it was ready (exit status 3)", "no such table: trips", "redis://:xxxxx@"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Fresh: %v\nwant it to say %q", err, want)
		}
	}
	w.fresh(t, nil) // the world can be brought up again
}

func TestAnotherPortWhenItsOwnWasTaken(t *testing.T) {
	s := spec(t)
	s.Instances = 2
	s.Env = map[string]string{"FAKE": "taken once", "FLAG": filepath.Join(t.TempDir(), "flag")}
	w := open(t, s)
	w.fresh(t, nil)
	if got := len(w.of(history.Process)); got != 2 {
		t.Errorf("process events: %v, want 2 of ready", w.of(history.Process))
	}
}

func TestURLs(t *testing.T) {
	status := http.StatusOK
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) }))
	defer srv.Close()
	s := lab.Spec{Arms: []lab.ArmSpec{{Name: "service"}}, URLs: []string{srv.URL}, Clock: history.NewClock(), ReadyIn: 200 * time.Millisecond}
	w := open(t, s)
	w.fresh(t, nil)
	if got := w.Arms()[0].Instances; len(got) != 1 || got[0] != (lab.Instance{Name: "1", URL: srv.URL}) {
		t.Errorf("instances %v, want the URL's", got)
	}
	if err := w.Apply(t.Context(), blackhole); err == nil || !strings.Contains(err.Error(), "--target-url") {
		t.Errorf("Apply: %v, want an error that names --target-url", err)
	}
	status = http.StatusBadGateway
	if err := w.Fresh(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "not ready within 200ms; GET /health last said: 502") {
		t.Errorf("Fresh: %v, want it to say 502", err)
	}
	if err := errors.Join(w.Settle(t.Context()), w.Died()); err != nil || w.Redis() != (labredis.Info{}) {
		t.Errorf("Settle and Died: %v; Redis: %v", err, w.Redis())
	}
}
