package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/predict"
	"github.com/trektribe/bench/internal/proxy"
	"github.com/trektribe/bench/target"
)

// TestStallsArePredicted holds the longest stall that each kind of fault causes the
// reference service under load against what follows from its client's options.
func TestStallsArePredicted(t *testing.T) {
	for _, tc := range []struct {
		kind   string
		fault  fault.Fault
		lasts  time.Duration
		rate   float64 // requests a second
		query  string  // of REDIS_URL: options of the documented policy's client
		chance bool    // decides whether a connection must be opened: only the interval is predicted
		full   bool    // every request meets the worst, which alone is predicted
		quick  bool
	}{
		{kind: "refused", lasts: 1500 * time.Millisecond, rate: 100, quick: true},
		{kind: "refused", lasts: 3 * time.Second, rate: 4},
		{kind: "close", lasts: 1500 * time.Millisecond, rate: 20, quick: true},
		{kind: "reset", lasts: 1500 * time.Millisecond, rate: 100},
		{kind: "killed", lasts: 1500 * time.Millisecond, rate: 20},
		{kind: "blackhole", lasts: time.Second, rate: 50, quick: true},
		{kind: "blackhole", lasts: 12 * time.Second, rate: 1},
		{kind: "blackhole", lasts: 17 * time.Second, rate: 1},
		{kind: "blackhole", lasts: 1500 * time.Millisecond, rate: 50, query: "read_timeout=200ms&max_retries=1&pool_size=3&pool_timeout=300ms", quick: true},
		{kind: "blackhole", lasts: 2 * time.Second, rate: 10, query: "read_timeout=200ms&max_retries=-1"},
		{kind: "refused", lasts: 2 * time.Second, rate: 20, query: "max_retries=1&pool_size=5"},
		{kind: "close", lasts: time.Second, rate: 20, query: "max_retries=-1&min_retry_backoff=1ms"},
		{kind: "latency", fault: fault.Fault{Delay: 100 * time.Millisecond}, lasts: 1500 * time.Millisecond, rate: 60, query: "pool_size=3", chance: true},
		{kind: "latency", fault: fault.Fault{Delay: 100 * time.Millisecond}, lasts: 1500 * time.Millisecond, rate: 30, chance: true},
		{kind: "latency", fault: fault.Fault{Delay: 30 * time.Millisecond}, lasts: time.Second, rate: 8, quick: true, chance: true},
		{kind: "stopped", lasts: time.Second, rate: 50},
		{kind: "oneway", fault: fault.Fault{Direction: "replies"}, lasts: time.Second, rate: 50},
		{kind: "latency", fault: fault.Fault{Delay: 200 * time.Millisecond}, lasts: time.Second, rate: 50, chance: true},
		{kind: "loading", lasts: time.Second, rate: 50},
		{kind: "readonly", lasts: time.Second, rate: 20},
		{kind: "noauth", lasts: time.Second, rate: 50},
		{kind: "oom", lasts: time.Second, rate: 50},
		{kind: "busy", lasts: time.Second, rate: 50},
		{kind: "flushed", lasts: time.Second, rate: 50},
		// Without idle connections each call opens one.
		{kind: "hang", lasts: 1500 * time.Millisecond, rate: 50, query: noneIdle + "&read_timeout=300ms&max_retries=1", full: true, quick: true},
		{kind: "hang", lasts: 1500 * time.Millisecond, rate: 50},
		{kind: "maxclients", lasts: time.Second, rate: 20, query: noneIdle + "&max_retries=1", full: true},
		{kind: "cutoff", fault: fault.Fault{After: 1}, lasts: time.Second, rate: 20, full: true},
		{kind: "cutoff", fault: fault.Fault{After: 200}, lasts: time.Second, rate: 20},
		{kind: "slow", fault: fault.Fault{Rate: 1}, lasts: 1500 * time.Millisecond, rate: 20, query: "read_timeout=200ms&max_retries=1", full: true},
		{kind: "slow", fault: fault.Fault{Rate: 500}, lasts: time.Second, rate: 20},
		{kind: "slices", fault: fault.Fault{Size: 10, Delay: 20 * time.Millisecond}, lasts: time.Second, rate: 20},
		{kind: "mute", fault: fault.Fault{Commands: []string{"GET", "SET", "SETEX"}}, lasts: 1500 * time.Millisecond, rate: 20, query: "read_timeout=200ms&max_retries=1", full: true},
		{kind: "blackhole", fault: fault.Fault{Connections: "old", Ends: "never"}, lasts: 500 * time.Millisecond, rate: 20, query: "read_timeout=200ms&max_retries=1", quick: true},
		{kind: "blackhole", fault: fault.Fault{Connections: "old", Ends: "never"}, lasts: 500 * time.Millisecond, rate: 20},
		{kind: "reset", fault: fault.Fault{Connections: "old"}, lasts: time.Second, rate: 20},
		{kind: "lost", fault: fault.Fault{Commands: []string{"GET"}}, lasts: time.Second, rate: 20},
		{kind: "late", fault: fault.Fault{Commands: []string{"GET"}, Delay: 100 * time.Millisecond}, lasts: time.Second, rate: 8},
		{kind: "error", fault: fault.Fault{Commands: []string{"GET"}, Answer: "LOADING Redis is loading the dataset in memory"}, lasts: time.Second, rate: 20},
	} {
		tc.fault.Kind = tc.kind
		for _, policy := range []string{"documented", "hardened"} {
			if tc.query != "" && policy == "hardened" {
				continue // it has its own
			}
			t.Run(fmt.Sprintf("%s %v at %g per second %s %s", tc.kind, tc.lasts, tc.rate, policy, tc.query), func(t *testing.T) {
				if testing.Short() && !tc.quick {
					t.Skip("a quick part of it runs under -short")
				}
				if testing.Short() { // within their interval, where the machine's noise is allowed for
					t.Parallel()
				}
				want := 3
				if testing.Short() || tc.lasts > 10*time.Second {
					want = 1
				}
				var p predict.Prediction
				var quiet, all []ordeal
				for tries := 0; len(quiet) < want && tries < 2*want; tries++ {
					r := openRig(t, policy, tc.query) // fresh, for a warm pool is small only at first
					r.warm()
					options := r.options()
					options["fault_seconds"], options["rate_per_second"], options["delay_seconds"] = tc.lasts.Seconds(), tc.rate, tc.fault.Delay.Seconds()
					if tc.fault.OldOnly() {
						options["old_only"] = 1
					}
					if tc.fault.ForGood() {
						options["for_good"] = 1
					}
					var ok bool
					if p, ok = predict.LongestStall(tc.kind, options); !ok && p.Hi == 0 {
						t.Fatalf("not predicted: %s", p.Why)
					}
					o := r.suffer(tc.fault, tc.lasts, tc.rate)
					t.Logf("a longest stall of %v, while other work of the machine cost up to %v", o.stall, o.noise())
					if all = append(all, o); o.noise() < 10*time.Millisecond {
						quiet = append(quiet, o)
					}
				}
				if len(quiet) == 0 {
					quiet = []ordeal{slices.MinFunc(all, func(a, b ordeal) int { return cmp.Compare(a.noise(), b.noise()) })}
				}
				got, noise := median(quiet, func(o ordeal) time.Duration { return o.stall }), median(quiet, ordeal.noise)
				t.Logf("predicted %v (%v to %v), measured %v: %s", p.Stall, p.Lo, p.Hi, got.Round(time.Millisecond), p.Why)
				lo, hi := p.Stall, p.Stall
				if tc.full && got < p.Hi*3/4 { // chance has its part in Hi
					t.Errorf("a longest stall of %v, predicted at most %v, which every request meets", got, p.Hi)
				}
				if p.Stall == 0 && p.Hi > 0 || tc.chance || testing.Short() { // not predicted, but bounded
					lo, hi = p.Lo, p.Hi
				}
				slack := func(d time.Duration) time.Duration { return max(10*time.Millisecond, d/10) + noise }
				if got < lo-slack(lo) || got > hi+slack(hi) {
					t.Errorf("a longest stall of %v, predicted %v to %v", got, lo, hi)
				}
			})
		}
	}
}

// noneIdle has a client of Redis keep no connection that it does not use.
const noneIdle = "conn_max_idle_time=1ms"

// A rig is the reference service, its Redis and a proxy between them.
type rig struct {
	t       *testing.T
	redis   *exec.Cmd
	addr    string
	control io.Writer
	proxy   *proxy.Proxy
	url     string
	client  *http.Client
}

func openRig(t *testing.T, policy, query string) *rig {
	return openRedis(t).with(target.Options{}, query, map[string]string{"CACHE_POLICY": policy})
}

// openRedis is a rig without a service.
func openRedis(t *testing.T) *rig {
	r := &rig{t: t, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}}
	t.Cleanup(r.client.CloseIdleConnections)
	r.addr = r.spawn("0")
	return r
}

// with starts an instance on the rig's Redis, behind a proxy of its own.
func (r rig) with(o target.Options, query string, env map[string]string) *rig {
	p, err := proxy.Open("redis", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.proxy = p
	r.t.Cleanup(func() { p.Close() })
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	env = maps.Clone(env)
	env["PORT"], env["RATE_LIMIT"], env["REDIS_URL"] = "0", "0", "redis://"+p.Addr()+"?"+query
	o.Ready = func(a net.Addr) { ready <- a }
	go func() {
		ended <- target.Run(ctx, func(name string) string { return env[name] }, io.Discard, o)
	}()
	r.t.Cleanup(func() { cancel(); <-ended })
	select {
	case a := <-ready:
		r.url = "http://" + a.String()
	case err := <-ended:
		ended <- err
		r.t.Fatal(err)
	}
	return &r
}

// spawn starts the embedded Redis, and answers where it listens.
func (r *rig) spawn(port string) (addr string) {
	r.t.Helper()
	self, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.Command(self, "redis", "--port", port)
	cmd.Env = append(os.Environ(), "BENCH_REDIS_CONTROL=1")
	control, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	words := strings.Fields(line)
	if err != nil || len(words) < 2 || words[0] != "ready" {
		r.t.Fatalf("the redis said %q, %v", line, err)
	}
	r.redis, r.control = cmd, control
	return words[1]
}

func (r *rig) get(path string) (*http.Response, string) {
	resp, err := r.client.Get(r.url + path)
	if err != nil {
		r.t.Error(err)
		return nil, ""
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp, string(b)
}

var optionLine = regexp.MustCompile(`(?m)^redis_client_option\{name="(\w+)"\} (\S+)$`)

func (r *rig) options() map[string]float64 {
	_, text := r.get("/metrics")
	o := map[string]float64{}
	for _, m := range optionLine.FindAllStringSubmatch(text, -1) {
		o[m[1]], _ = strconv.ParseFloat(m[2], 64)
	}
	return o
}

// user is the path of one of the users that are asked for.
func user(i int) string { return fmt.Sprintf("/api/users/%d", 1+i%20) }

// warm has the users in Redis, and Redis in use.
func (r *rig) warm() {
	r.t.Helper()
	if !waitFor(10*time.Second, func() bool {
		all := true
		for i := range 20 {
			resp, _ := r.get(user(i))
			all = all && resp != nil && resp.Header.Get("X-Source") == "redis"
		}
		return all
	}) {
		r.t.Fatal("the service does not use its Redis")
	}
}

// An ordeal is what a fault did.
type ordeal struct {
	stall  time.Duration // the longest, of the requests that were sent while it was on
	beside time.Duration // the longest that a request took which needs no Redis, with a timer before it
	late   time.Duration // that timers were, in the mean
}

// noise is what the machine may have added: one hiccup, and a bit on each pause
// of the client, of which the longest stalls here have some thirty.
func (o ordeal) noise() time.Duration {
	const usual = 600 * time.Microsecond // that a sleep is late on a quiet machine
	return o.beside + 30*max(0, o.late-usual)
}

// suffer has the fault on for lasts, and asks for users meanwhile.
func (r *rig) suffer(f fault.Fault, lasts time.Duration, rate float64) ordeal {
	answered := make(chan struct{})
	noise := r.beside(answered)
	heal := r.strike(f)
	began := time.Now()
	took := make([]time.Duration, int(math.Ceil(lasts.Seconds()*rate)))
	var wg sync.WaitGroup
	for i := range took {
		due := began.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		<-time.After(time.Until(due))
		wg.Go(func() {
			r.get(user(i))
			took[i] = time.Since(due)
		})
	}
	<-time.After(time.Until(began.Add(lasts)))
	heal()
	wg.Wait()
	close(answered)
	o := <-noise
	o.stall = slices.Max(took)
	return o
}

func (r *rig) strike(f fault.Fault) (heal func()) {
	apply := func(f fault.Fault) {
		if err := r.proxy.Apply(context.Background(), f); err != nil {
			r.t.Fatal(err)
		}
	}
	switch f.Kind {
	case "killed":
		pid := r.redis.Process.Pid
		syscall.Kill(pid, syscall.SIGKILL)
		r.redis.Wait()
		_, port, _ := net.SplitHostPort(r.addr)
		return func() { r.spawn(port) }
	case "stopped":
		syscall.Kill(r.redis.Process.Pid, syscall.SIGSTOP)
		return func() { syscall.Kill(r.redis.Process.Pid, syscall.SIGCONT) }
	case "loading", "readonly", "noauth", "oom", "busy", "maxclients":
		text := map[string]string{"loading": "LOADING Redis is loading the dataset in memory", "readonly": "READONLY You can't write against a read only replica.",
			"busy": "BUSY Redis is busy running a script.", "maxclients": "new ERR max number of clients reached",
			"noauth": "NOAUTH Authentication required.", "oom": "OOM command not allowed when used memory > 'maxmemory'."}[f.Kind]
		fmt.Fprintln(r.control, text)
		return func() { fmt.Fprintln(r.control) }
	case "flushed":
		conn, err := net.Dial("tcp", r.addr)
		if err != nil {
			r.t.Fatal(err)
		}
		fmt.Fprint(conn, "FLUSHALL\r\n")
		bufio.NewReader(conn).ReadString('\n')
		conn.Close()
		return func() {}
	}
	apply(f)
	return func() { apply(fault.Fault{}) }
}

// beside does what needs no Redis until the end, past that of a fault: a stall
// ends later, and what the machine does meanwhile is in it.
func (r *rig) beside(end <-chan struct{}) <-chan ordeal {
	out := make(chan ordeal, 1)
	go func() {
		var o ordeal
		var late, n time.Duration
		for {
			select {
			case <-end:
				o.late = late / max(1, n)
				out <- o
				return
			default:
			}
			due := time.Now().Add(5 * time.Millisecond)
			<-time.After(time.Until(due))
			late, n = late+time.Since(due), n+1
			r.get("/health")
			o.beside = max(o.beside, time.Since(due))
		}
	}()
	return out
}

func median(of []ordeal, what func(ordeal) time.Duration) time.Duration {
	var all []time.Duration
	for _, o := range of {
		all = append(all, what(o))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
