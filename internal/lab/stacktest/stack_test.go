// Package stacktest has the lab meet what somebody else has started in
// containers, by testcontainers-go, as the tests of services do: a real Redis,
// and a real toxiproxy in front of it. It is a module of its own, so that the
// many modules of testcontainers never enter the build of bench.
package stacktest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	mobynet "github.com/moby/moby/api/types/network"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
	"github.com/testcontainers/testcontainers-go/network"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/machinetest"
	"github.com/trektribe/bench/internal/resp"
)

// TestMain lets the test binary be the lab's children. testcontainers' own reaper is an image that no machine without a
// registry has.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "watchdog":
			if err := process.Watchdog(os.Stdin, os.Stdout); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		case "serve":
			if err := serve(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
	os.Setenv("TESTCONTAINERS_HOST_OVERRIDE", "127.0.0.1") // also where this machine is a container itself
	os.Exit(m.Run())
}

// serve is a service that is healthy, and asks Redis for a sign of life all the time.
func serve() error {
	u, err := url.Parse(os.Getenv("REDIS_URL"))
	if err != nil {
		return err
	}
	password, _ := u.User.Password()
	go func() {
		for ; ; time.Sleep(20 * time.Millisecond) {
			if c, err := resp.Dial(context.Background(), u.Host, time.Second); err == nil {
				c.Within(time.Second)
				c.Ask("AUTH", password)
				c.Ask("PING")
				c.Close()
			}
		}
	}()
	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, `{"status":"ok"}`) })
	return http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}

// published are ports of a container, on 127.0.0.1 alone: "6379/tcp" on any free one, "80/tcp=8080" on that.
func published(ports ...string) testcontainers.CustomizeRequestOption {
	return func(r *testcontainers.GenericContainerRequest) error {
		bound := mobynet.PortMap{}
		for _, p := range ports {
			inside, outside, _ := strings.Cut(p, "=")
			r.ExposedPorts = append(r.ExposedPorts, inside)
			bound[mobynet.MustParsePort(inside)] = []mobynet.PortBinding{{HostIP: netip.MustParseAddr("127.0.0.1"), HostPort: outside}}
		}
		r.HostConfigModifier = func(c *container.HostConfig) { c.PortBindings = bound }
		return nil
	}
}

// started is a container of an image that must be there, until the test ends.
func started(t *testing.T, image string, options ...testcontainers.ContainerCustomizer) testcontainers.Container {
	t.Helper()
	machinetest.Image(t, image)
	c, err := testcontainers.Run(t.Context(), image, append(options, testcontainers.WithLogger(log.TestLogger(t)))...)
	testcontainers.CleanupContainer(t, c)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// at is where a port of the container is reached.
func at(t *testing.T, c testcontainers.Container, port string) string {
	t.Helper()
	addr, err := c.PortEndpoint(t.Context(), port, "")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(addr, "localhost", "127.0.0.1", 1)
}

// A Redis of somebody's, in a container of theirs, is used by its URL. Nothing is done to it, and it is left empty and running.
func TestSomebodysRedisInAContainer(t *testing.T) {
	c := started(t, "bench/redis:latest",
		testcontainers.WithCmd("redis-server", "--requirepass", "theirs"),
		published("6379/tcp"),
		testcontainers.WithWaitStrategy(wait.ForLog("Ready to accept connections")))
	s := lab.Spec{
		Arms: []lab.ArmSpec{{Name: "hardened"}}, Instances: 1, Redis: "redis://:theirs@" + at(t, c, "6379/tcp") + "/3",
		Dir: t.TempDir(), Self: []string{os.Args[0]}, Clock: history.NewClock(),
	}
	if err := s.Can("killed", "redis"); err == nil || !strings.Contains(err.Error(), "is somebody's") {
		t.Errorf("killing it: %v", err)
	}
	recorded := play(t, s, fault.Fault{Kind: "refused", On: "redis"}, fault.Fault{Kind: "blackhole", On: "redis"})
	if len(recorded) != 2 {
		t.Errorf("%d faults were delivered, want 2", len(recorded))
	}
	state, err := c.State(t.Context())
	if err != nil || !state.Running {
		t.Errorf("it is left as %+v, %v", state, err)
	}
	code, out, err := c.Exec(t.Context(), []string{"redis-cli", "-a", "theirs", "dbsize"})
	if err != nil || code != 0 {
		t.Fatalf("dbsize: %d, %v", code, err)
	}
	b := make([]byte, 200)
	n, _ := out.Read(b)
	if !strings.Contains(string(b[:n]), "0") {
		t.Errorf("it is left with keys: %q", b[:n])
	}
}

// A toxiproxy of somebody's, in a container, hurts the path to a Redis in another; each fault is proved through its published port.
func TestSomebodysToxiproxyInAContainer(t *testing.T) {
	machinetest.Image(t, "bench/toxiproxy:latest")
	net1, err := network.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	testcontainers.CleanupNetwork(t, net1)
	started(t, "bench/redis:latest", network.WithNetwork([]string{"redis"}, net1),
		testcontainers.WithCmd("redis-server", "--protected-mode", "no"),
		testcontainers.WithWaitStrategy(wait.ForLog("Ready to accept connections")))
	// Canaries meet the proxy where toxiproxy says that it listens, so its port is published as it is.
	port := machinetest.FreePort(t)
	toxi := started(t, "bench/toxiproxy:latest", network.WithNetwork([]string{"toxiproxy"}, net1),
		published("8474/tcp", port+"/tcp="+port),
		testcontainers.WithWaitStrategy(wait.ForHTTP("/version").WithPort("8474/tcp")))
	api := "http://" + at(t, toxi, "8474/tcp")
	r, err := http.Post(api+"/proxies", "application/json", strings.NewReader(`{"name": "published", "listen": "0.0.0.0:`+port+`", "upstream": "redis:6379", "enabled": true}`))
	if err != nil || r.StatusCode != http.StatusCreated {
		t.Fatalf("make a proxy: %v %v", r, err)
	}
	r.Body.Close()
	service := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, `{"status":"ok"}`) })}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go service.Serve(l)
	t.Cleanup(func() { service.Close() })
	recorded := play(t, lab.Spec{
		Arms: []lab.ArmSpec{{Name: "service"}}, URLs: []string{"http://" + l.Addr().String()}, Toxiproxy: []string{api + "/published"},
		Dir: t.TempDir(), Self: []string{os.Args[0]}, Clock: history.NewClock(),
	}, fault.Fault{Kind: "refused", On: "redis"}, fault.Fault{Kind: "blackhole", On: "redis"}, fault.Fault{Kind: "latency", On: "redis", Delay: 40 * time.Millisecond})
	if len(recorded) != 3 {
		t.Errorf("%d faults were delivered, want 3", len(recorded))
	}
}

// play opens the lab, does each fault and lifts it, closes the lab, and is what was delivered.
func play(t *testing.T, s lab.Spec, faults ...fault.Fault) (delivered []history.Event) {
	t.Helper()
	var mu sync.Mutex
	proved := make(chan struct{}, 100)
	s.Record = func(e history.Event) {
		mu.Lock()
		defer mu.Unlock()
		switch e.Kind {
		case history.Canary:
			if strings.HasPrefix(e.Detail, "new ") && e.Name != "" {
				proved <- struct{}{}
			}
		case history.Delivery:
			if e.Value != 1 {
				t.Errorf("%s: %s", e.Name, e.Detail)
			}
			delivered = append(delivered, e)
		}
	}
	l, err := lab.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	play := func() error {
		if err := l.Fresh(t.Context(), nil); err != nil {
			return err
		}
		for _, f := range faults {
			if err := l.Apply(t.Context(), lab.Action{Fault: f, Planned: time.Second}); err != nil {
				return err
			}
			select {
			case <-proved:
			case <-time.After(10 * time.Second):
				return fmt.Errorf("%s was not proved", f.Kind)
			}
			if err := l.Apply(t.Context(), lab.Action{Fault: f, Planned: time.Second, Heal: true}); err != nil {
				return err
			}
			if err := l.Settle(context.Background()); err != nil {
				return err
			}
		}
		return nil
	}
	if err := errors.Join(play(), l.Close()); err != nil {
		t.Error(err)
	}
	return delivered
}
