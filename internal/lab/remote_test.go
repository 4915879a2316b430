package lab_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/machinetest"
	"github.com/trektribe/bench/internal/proxy/remote/toxitest"
)

// remoteHarness does FAULT through the TOXIPROXY of a service at URL, and waits to be killed.
func remoteHarness() error {
	l, err := lab.Open(context.Background(), lab.Spec{
		Arms: []lab.ArmSpec{{Name: "service"}}, URLs: []string{os.Getenv("URL")}, Toxiproxy: []string{os.Getenv("TOXIPROXY")},
		Self: []string{os.Args[0]}, Clock: history.NewClock(),
	})
	if err != nil {
		return err
	}
	if err := l.Fresh(context.Background(), nil); err != nil {
		return err
	}
	if err := l.Apply(context.Background(), doing("redis", os.Getenv("FAULT"))); err != nil {
		return err
	}
	fmt.Println("up")
	time.Sleep(time.Minute)
	return l.Close()
}

// A somebody runs a service, a Redis and a toxiproxy between the two.
type somebody struct {
	*toxitest.Server
	t       *testing.T
	stop    func() // the service
	redis   *miniredis.Miniredis
	service string // URL
}

func foreignRedis(t *testing.T, proxies ...string) *somebody {
	t.Helper()
	s := &somebody{Server: toxitest.Start(t), t: t, redis: miniredis.RunT(t)}
	for _, p := range proxies {
		s.Proxy(p, s.redis.Addr())
	}
	s.serve(proxies[0], "")
	return s
}

// serve starts a service that has the proxy for its Redis, or has none of it (fake: "bypass").
func (s *somebody) serve(name, fake string) {
	s.t.Helper()
	port := machinetest.FreePort(s.t)
	cmd := exec.Command(os.Args[0], "serve")
	cmd.Env = append(os.Environ(), "PORT="+port, "REDIS_URL=redis://"+s.Addr(name), "FAKE="+fake)
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.stop = func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
	s.t.Cleanup(s.stop)
	s.service = "http://127.0.0.1:" + port
	machinetest.Until(s.t, "the service is up", 10*time.Second, func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

func (s *somebody) spec(proxies ...string) lab.Spec {
	return lab.Spec{
		Arms: []lab.ArmSpec{{Name: "service"}}, URLs: []string{s.service}, Toxiproxy: proxies,
		Self: []string{os.Args[0]}, Clock: history.NewClock(), ReadyIn: 10 * time.Second,
	}
}

// played does a and lifts it, and gives what was recorded, once it was delivered. A busy machine may spoil one of two tries.
func (w *world) played(t *testing.T, a lab.Action) []history.Event {
	t.Helper()
	for try := 1; ; try++ {
		w.forget()
		w.hurt(t, a, 1)
		got := w.of(history.Delivery)
		if len(got) != 1 {
			t.Fatalf("%s: deliveries %v, want one", a.Fault.Kind, got)
		}
		if got[0].Value == 1 {
			break
		}
		if try == 2 {
			t.Fatalf("%s was never delivered: %s", a.Fault.Kind, got[0].Detail)
		}
		machinetest.Busy(t, "%s was not delivered, so once more: %s", a.Fault.Kind, got[0].Detail)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.events)
}

func TestAServiceThatRunsLosesItsRedisThroughSomebodysToxiproxy(t *testing.T) {
	s := foreignRedis(t, "redis")
	w := open(t, s.spec(s.URL+"/redis"))
	w.fresh(t, nil)
	for _, f := range []fault.Fault{{Kind: "blackhole"}, {Kind: "refused"}, {Kind: "reset"}, {Kind: "latency", Delay: 40 * time.Millisecond}} {
		kinds := map[history.Kind]int{}
		for _, e := range w.played(t, onRedis(f)) {
			kinds[e.Kind]++
			if e.Arm != "service" || e.Instance != "" || e.On != "redis" || e.Kind != history.Canary && e.Name != f.Kind {
				t.Errorf("recorded %+v", e)
			}
		}
		if kinds[history.FaultOn] != 1 || kinds[history.FaultOff] != 1 || kinds[history.Problem] != 0 {
			t.Errorf("%s: recorded %v", f.Kind, kinds)
		}
		if got := s.State("redis"); got != "enabled" {
			t.Errorf("after %s the proxy is %s", f.Kind, got)
		}
	}
}

// Canaries alone prove nothing: a service that goes past the proxy does not feel what is done there.
func TestAServiceThatGoesPastSomebodysProxyProvesNothing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("its connections are read from /proc")
	}
	s := foreignRedis(t, "redis")
	w := open(t, s.spec(s.URL))
	w.played(t, blackhole) // this one does not
	s.stop()
	s.serve("redis", "bypass")
	w = open(t, s.spec(s.URL))
	w.fresh(t, nil)
	said := func() bool {
		return slices.ContainsFunc(w.of(history.Delivery), func(e history.Event) bool { return strings.Contains(e.Detail, "never seen connected to the proxy") })
	}
	for try := 1; try <= 2 && !said(); try++ {
		if try == 2 {
			machinetest.Busy(t, "something else was said first: %v", w.of(history.Delivery))
		}
		w.do(t, blackhole)
		machinetest.Until(t, "the fault was probed", 10*time.Second, func() bool { return len(w.of(history.Canary)) >= 4*try-1 })
		w.do(t, lifted(blackhole))
		w.settle(t)
	}
	for _, e := range w.of(history.Delivery) {
		if e.Value == 1 {
			t.Errorf("%s counts as delivered to a service that was not there", e.Name)
		}
	}
	if !said() {
		t.Errorf("deliveries %v, want one that says why", w.of(history.Delivery))
	}
}

// What is still on when the lab closes, or a round begins, is put back.
func TestSomebodysProxyIsPutBackAtTheEnd(t *testing.T) {
	s := foreignRedis(t, "redis")
	w := open(t, s.spec(s.URL))
	for _, end := range []func(){func() { w.fresh(t, nil) }, func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}} {
		w.do(t, doing("redis", "refused"))
		if got := s.State("redis"); got != "disabled" {
			t.Errorf("in the fault the proxy is %s", got)
		}
		end()
		if got := s.State("redis"); got != "enabled" {
			t.Errorf("afterwards the proxy is %s", got)
		}
	}
}

// Each instance may have a proxy of its own, in the order of their URLs; then one alone can lose Redis.
func TestOneInstanceAloneLosesRedis(t *testing.T) {
	s := foreignRedis(t, "redis-1", "redis-2")
	sp := s.spec(s.URL+"/redis-1", s.URL+"/redis-2")
	s.serve("redis-2", "")
	sp.URLs = append(sp.URLs, s.service)
	w := open(t, sp)
	w.fresh(t, nil)
	a := lab.Action{Fault: fault.Fault{Kind: "blackhole", On: "redis", Instances: []string{"2"}}}
	w.do(t, a)
	w.probed(t, a, 1)
	if one, two := s.State("redis-1"), s.State("redis-2"); one != "enabled" || !strings.HasPrefix(two, "enabled bench-") {
		t.Errorf("redis-1 is %s and redis-2 %s, want toxics on the second alone", one, two)
	}
	w.do(t, lifted(a))
	w.settle(t)
	for _, e := range w.played(t, a) {
		if e.Instance != "2" {
			t.Errorf("recorded %+v, want instance 2 alone", e)
		}
	}
}

// A harness that is killed in the middle of a fault leaves the proxy as it found it.
func TestKilledHarnessPutsSomebodysProxyBack(t *testing.T) {
	for _, kind := range []string{"blackhole", "refused"} {
		t.Run(kind, func(t *testing.T) {
			s := foreignRedis(t, "redis")
			cmd := exec.Command(os.Args[0], "remote-harness")
			cmd.Env = append(os.Environ(), "URL="+s.service, "TOXIPROXY="+s.URL+"/redis", "FAULT="+kind)
			cmd.Stderr = os.Stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(out).ReadString('\n'); line != "up\n" {
				t.Fatalf("the harness said %q, %v", line, err)
			}
			if got := s.State("redis"); got == "enabled" {
				t.Fatal("the fault is not on")
			}
			began := time.Now()
			cmd.Process.Kill()
			cmd.Wait()
			machinetest.Until(t, "the proxy is as it was found", 3*time.Second, func() bool { return s.State("redis") == "enabled" })
			t.Logf("put back %v after the kill", time.Since(began)) // 60 to 250 ms with 20 others at work on two cores
		})
	}
}

// A toxiproxy that dies under a fault ends it with an error that says what may be left.
func TestAToxiproxyThatDiesUnderAFault(t *testing.T) {
	s := foreignRedis(t, "redis")
	l, err := lab.Open(t.Context(), s.spec(s.URL))
	if err != nil {
		t.Fatal(err)
	}
	a := lab.Action{Fault: fault.Fault{Kind: "blackhole", On: "redis"}}
	if err := l.Apply(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	for what, err := range map[string]error{"lift": l.Apply(t.Context(), lifted(a)), "close": l.Close()} {
		if err == nil || !strings.Contains(err.Error(), "curl -X DELETE") {
			t.Errorf("%s: %v, want the command that mends it", what, err)
		}
	}
}
