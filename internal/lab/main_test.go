package lab_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/proxy/remote/toxitest"
)

// portTakenOnce names a file that has the next embedded Redis find its port taken.
func portTakenOnce() string { return filepath.Join(os.TempDir(), "port-taken") }

// TestMain lets the test binary be its own children: `go test` never gives it a
// first argument without a dash.
func TestMain(m *testing.M) {
	role := ""
	if len(os.Args) > 1 {
		role = os.Args[1]
	}
	var err error
	switch role {
	case "serve":
		err = serve()
	case "redis":
		if os.Remove(portTakenOnce()) == nil {
			err = errors.New("bind: address already in use")
			break
		}
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		err = lab.ServeRedis(ctx, "127.0.0.1:"+os.Args[3], os.Getenv(lab.PasswordEnv), os.Stdout)
		stop()
	case "watchdog":
		err = lab.Watchdog(os.Stdin, os.Stdout)
	case "harness":
		err = harness()
	case "lock":
		err = holdLock(os.Args[2])
	case "remote-harness":
		err = remoteHarness()
	case toxitest.Arg:
		err = toxitest.Serve()
	case "linger":
		signal.Ignore(syscall.SIGTERM)
		time.Sleep(time.Minute)
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve is a small service of the contract; FAKE says how it misbehaves.
func serve() error {
	fake := os.Getenv("FAKE")
	var healthy atomic.Int32
	healthy.Store(http.StatusOK)
	switch fake {
	case "exit":
		fmt.Println("reading " + os.Getenv("REDIS_URL"))
		fmt.Println("no such table: trips")
		os.Exit(3)
	case "sick":
		healthy.Store(http.StatusServiceUnavailable)
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
	case "parent": // of a child that leaves the group
		cmd := exec.Command(os.Args[0], "linger")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := cmd.Start(); err != nil {
			return err
		}
	case "flag": // fails while the flag is there, and is never well again
		if _, err := os.Stat(os.Getenv("FLAG")); err == nil {
			return fmt.Errorf("the flag is there")
		}
	case "taken once":
		flag := os.Getenv("FLAG") + os.Getenv("INSTANCE")
		if _, err := os.Stat(flag); err != nil {
			os.WriteFile(flag, nil, 0o600)
			return fmt.Errorf("listen: address already in use")
		}
	}
	if fake != "bypass" {
		o, err := redis.ParseURL(os.Getenv("REDIS_URL"))
		if err != nil {
			return err
		}
		if fake == "hasty" {
			o.MaxRetries, o.DialerRetries = -1, 1
		}
		c := redis.NewClient(o)
		defer c.Close()
		start := func() error { return c.Incr(context.Background(), "starts").Err() }
		if fake == "patient" { // is ready once Redis is
			healthy.Store(http.StatusServiceUnavailable)
			go func() {
				for start() != nil {
				}
				healthy.Store(http.StatusOK)
			}()
		} else if err := start(); err != nil {
			return err
		}
	}
	if fake == "sqlite" || fake == "store" {
		if err := serveSQL(fake); err != nil {
			return err
		}
	}
	http.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) {
		if _, err := os.Stat(os.Getenv("FLAG")); err == nil && fake == "flag" {
			healthy.Store(http.StatusServiceUnavailable)
		}
		w.WriteHeader(int(healthy.Load()))
		fmt.Fprint(w, `{"status":"warming"}`)
	})
	http.HandleFunc("/env", func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(append(os.Environ(), os.Args[1:]...))
	})
	http.HandleFunc("/die", func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("out of memory")
		os.Exit(7)
	})
	return http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}

// harness opens a lab, stops what STOP names (redis, instance), and waits to be killed, or to lose
// the lab; with EAT it runs out of memory.
func harness() error {
	s := lab.Spec{
		Arms: []lab.ArmSpec{{Name: "a"}}, Instances: 2, Env: map[string]string{"FAKE": "parent"},
		Redis: os.Getenv("REDIS"), Dir: os.Getenv("DIR"), Self: []string{os.Args[0]}, Clock: history.NewClock(),
	}
	l, err := lab.Open(context.Background(), s)
	if err != nil {
		return err
	}
	if err := l.Fresh(context.Background(), nil); err != nil {
		return err
	}
	for what := range strings.FieldsSeq(os.Getenv("STOP")) {
		if err := l.Apply(context.Background(), doing(what, "stopped")); err != nil {
			return err
		}
	}
	guard, release := l.Guard(context.Background())
	fmt.Println("up")
	if os.Getenv("EAT") != "" {
		eat()
	}
	select {
	case <-guard.Done():
		err = context.Cause(guard)
	case <-time.After(time.Minute):
	}
	release()
	return errors.Join(err, l.Close())
}

// eat takes memory until there is no more, which the runtime does not survive.
func eat() {
	var all [][]byte
	limit := syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20} // what is mapped already is more, and stays
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &limit); err != nil {
		panic(err)
	}
	for {
		all = append(all, make([]byte, 1<<20))
	}
}

// environ asks an instance for its environment, and its arguments.
func environ(t *testing.T, in lab.Instance) map[string]string {
	t.Helper()
	resp, err := http.Get(in.URL + "/env")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var list []string
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	for _, kv := range list {
		k, v, _ := strings.Cut(kv, "=")
		env[k] = v
	}
	return env
}

// until waits for what must become true.
func until(t *testing.T, what string, within time.Duration, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(within); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}
