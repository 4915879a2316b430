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

	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/lab/process"
	labredis "github.com/trektribe/bench/internal/lab/redis"
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
		err = labredis.Serve(ctx, "127.0.0.1:"+os.Args[3], os.Getenv(labredis.PasswordEnv), os.Stdout)
		stop()
	case "watchdog":
		err = process.Watchdog(os.Stdin, os.Stdout)
	case "harness":
		err = harness()
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
	case "goodbye": // takes a moment
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, syscall.SIGTERM)
		go func() {
			<-asked
			time.Sleep(300 * time.Millisecond)
			os.WriteFile(os.Getenv("FLAG"), nil, 0o600)
			os.Exit(0)
		}()
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
