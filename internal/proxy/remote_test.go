package proxy_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/trektribe/bench/internal/proxy"
)

// TestMain lets the test binary be somebody's toxiproxy: what its toxics leave running is no leak of ours.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "toxiproxy" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		zerolog.SetGlobalLevel(zerolog.Disabled)
		fmt.Println(l.Addr())
		go func() {
			io.Copy(io.Discard, os.Stdin) // ends with the test, however it ends
			os.Exit(0)
		}()
		http.Serve(l, toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()).Routes())
	}
	os.Exit(m.Run())
}

// A somebody is a toxiproxy in a process of its own.
type somebody struct {
	t   testing.TB
	url string
	cmd *exec.Cmd
}

func toxi(t testing.TB) *somebody {
	t.Helper()
	cmd := exec.Command(os.Args[0], "toxiproxy")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Process.Kill()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return &somebody{t, "http://" + strings.TrimSpace(line), cmd}
}

// do makes a call of somebody else's, and gives the answer.
func (s *somebody) do(method, path string, body any) []byte {
	s.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	req, _ := http.NewRequest(method, s.url+path, bytes.NewReader(b))
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		s.t.Fatalf("%s %s: %s %s %v", method, path, resp.Status, got, err)
	}
	return got
}

// proxy makes a proxy in front of upstream, and gives its address.
func (s *somebody) proxy(name, upstream string) string {
	s.t.Helper()
	var made struct{ Listen string }
	if err := json.Unmarshal(s.do("POST", "/proxies", map[string]any{"name": name, "listen": "127.0.0.1:0", "upstream": upstream}), &made); err != nil {
		s.t.Fatal(err)
	}
	return made.Listen
}

func (s *somebody) toxic(proxy, name, kind, stream string) {
	s.t.Helper()
	s.do("POST", "/proxies/"+proxy+"/toxics", map[string]any{"name": name, "type": kind, "stream": stream})
}

// state is the proxy's toxics by name, sorted, and whether it is enabled.
func (s *somebody) state(proxy string) string {
	s.t.Helper()
	var p struct {
		Enabled bool
		Toxics  []struct{ Name string }
	}
	if err := json.Unmarshal(s.do("GET", "/proxies/"+proxy, nil), &p); err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, t := range p.Toxics {
		names = append(names, t.Name)
	}
	slices.Sort(names)
	return strings.TrimSpace(fmt.Sprintf("%v %s", p.Enabled, strings.Join(names, " ")))
}

// owed keeps what a Remote has told of.
type owed struct {
	mu  sync.Mutex
	all []proxy.Debt
	err error
}

func (o *owed) owe(d proxy.Debt) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, d)
	return o.err
}

func remote(t testing.TB, s *somebody, name string, o *owed) *proxy.Remote {
	t.Helper()
	r, err := proxy.OpenRemote(t.Context(), proxy.Place{URL: s.url, Proxy: name}, "bench-test", o.owe)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Each kind is met by the canaries, old and new, as the catalogue for a toxiproxy of somebody else's says; its end
// leaves the proxy as it was.
func TestEachKindThroughSomebodysToxiproxy(t *testing.T) {
	t.Parallel()
	ms := time.Millisecond
	for _, server := range []struct {
		name  string
		serve func(*server, net.Conn)
	}{{"redis", redis}, {"redis with a password", answers("-NOAUTH Authentication required.\r\n")}} {
		t.Run(server.name, func(t *testing.T) {
			s := toxi(t)
			s.proxy("redis", listen(t, server.serve).addr())
			o := &owed{}
			r := remote(t, s, "", o)
			for _, row := range []struct {
				fault    proxy.Fault
				old, new string
				carries  string
			}{
				{proxy.Fault{Kind: "latency", Delay: 40 * ms, Jitter: 10 * ms}, "reply", "reply", "true bench-test-upstream"},
				{proxy.Fault{Kind: "blackhole"}, "silence", "silence", "true bench-test-upstream"},
				{proxy.Fault{Kind: "oneway", Direction: "requests"}, "silence", "silence", "true bench-test-upstream"},
				{proxy.Fault{Kind: "oneway", Direction: "replies"}, "silence", "silence", "true bench-test-downstream"},
				{proxy.Fault{Kind: "reset"}, "eof reset", "reset", "true bench-test-upstream"},
				{proxy.Fault{Kind: "close"}, "eof reset", "eof reset", "true bench-test-upstream"},
				{proxy.Fault{Kind: "cutoff", After: 1}, "eof", "eof", "true bench-test-downstream"},
				{proxy.Fault{Kind: "cutoff", After: 20_000}, "eof reset", "eof reset", "true bench-test-downstream"},
				{proxy.Fault{Kind: "slow", Rate: 1000}, "reply", "reply", "true bench-test-downstream"},
				{proxy.Fault{Kind: "slow", Rate: 500_000}, "reply", "reply", "true bench-test-downstream"},
				{proxy.Fault{Kind: "slices", Size: 5, Delay: 5 * ms}, "reply", "reply", "true bench-test-downstream"},
				{proxy.Fault{Kind: "slices", Size: 1000, Delay: 20 * ms}, "reply", "reply", "true bench-test-downstream"},
				{proxy.Fault{Kind: "refused"}, "eof reset", "refused", "false"},
			} {
				what := strings.TrimSpace(row.fault.Kind + " " + row.fault.Arguments())
				c, err := r.OpenCanary(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if err := r.Apply(t.Context(), row.fault); err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				if got := s.state("redis"); got != row.carries {
					t.Errorf("%s: the proxy shows %q, want %q", what, got, row.carries)
				}
				patience := 3 * time.Second
				if row.old == "silence" {
					patience = brief
				}
				for range 2 {
					for old, want := range map[bool]string{true: row.old, false: row.new} {
						var m proxy.Meeting
						if old {
							m = c.Probe(t.Context(), patience)
						} else {
							m = r.ProbeNew(t.Context(), patience)
						}
						if ok, why := proxy.DeliveredRemotely(row.fault, m, old); !ok || !strings.Contains(want, m.Met) {
							t.Errorf("%s: a canary (old: %v) met %v, want %s: %s", what, old, m, want, why)
						}
					}
				}
				if err := r.Apply(t.Context(), proxy.Fault{}); err != nil {
					t.Fatalf("lift %s: %v", what, err)
				}
				if m := c.Probe(t.Context(), long); row.old == "reply" && m.Met != "reply" {
					t.Errorf("after %s the old connection met %v", what, m)
				} else if row.old == "silence" && m.Met != "eof" {
					t.Errorf("after %s the old connection met %v, want its end: removing a timeout closes it", what, m)
				}
				c.Close()
				if got := s.state("redis"); got != "true" {
					t.Errorf("after %s the proxy shows %q, want it enabled and clean", what, got)
				}
				if m := r.ProbeNew(t.Context(), long); m.Met != "reply" {
					t.Errorf("after %s a new connection met %v", what, m)
				}
				if last := o.all[len(o.all)-1]; !last.Paid || last.Proxy != "redis" {
					t.Errorf("after %s it owes %+v", what, last)
				}
			}
			if err := r.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
}

// What nobody has proved, or what a clean path shows too, is not done.
func TestWhatAToxiproxyCannotDoIsRefused(t *testing.T) {
	ms := time.Millisecond
	for _, row := range []struct {
		fault proxy.Fault
		want  string
	}{
		{proxy.Fault{Kind: "hang"}, "none of its toxics"},
		{proxy.Fault{Kind: "spikes", Delay: 5 * ms, Share: 0.1}, "none of its toxics"},
		{proxy.Fault{Kind: "latency", Delay: 50 * ms, Jitter: 10 * ms, Shape: "normal"}, "shape (normal)"},
		{proxy.Fault{Kind: "latency", Delay: 50 * ms, To: 60 * ms, For: time.Second}, "to (60ms)"},
		{proxy.Fault{Kind: "latency", Delay: 2500 * time.Microsecond}, "whole milliseconds"},
		{proxy.Fault{Kind: "slow", Rate: 1500}, "multiple of 1000"},
		{proxy.Fault{Kind: "slow", Rate: 10_000_000}, "200000 bytes"},
		{proxy.Fault{Kind: "cutoff", After: 1 << 20}, "1048576 bytes"},
		{proxy.Fault{Kind: "slices", Size: 10, Delay: 2500 * time.Nanosecond}, "µs"},
	} {
		err := row.fault.CheckRemote()
		if err == nil || !strings.Contains(err.Error(), row.want) || !strings.Contains(err.Error(), "what can: latency (delay, jitter)") {
			t.Errorf("%s: %v, want an error with %q and what can be done", row.fault.Kind, err, row.want)
		}
	}
}

func TestAProxyThatIsNotOursToHurtIsLeftAlone(t *testing.T) {
	s := toxi(t)
	at := func(name string) error {
		_, err := proxy.OpenRemote(t.Context(), proxy.Place{URL: s.url, Proxy: name}, "bench-test", (&owed{}).owe)
		return err
	}
	wants := func(err error, want ...string) {
		t.Helper()
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%v, want an error with %q", err, w)
			}
		}
	}
	wants(at(""), "no proxies")
	upstream := listen(t, redis).addr()
	s.proxy("redis", upstream)
	s.proxy("mongo", upstream)
	s.proxy("idle", upstream)
	wants(at(""), "idle, mongo, redis", s.url+"/idle")
	wants(at("rediss"), `no proxy "rediss"`, "idle, mongo, redis")
	s.toxic("redis", "foo", "latency", "downstream")
	s.toxic("redis", "bar", "timeout", "upstream")
	wants(at("redis"), "proxy redis already carries the toxics bar (timeout, upstream), foo (latency, downstream)", "not ours")
	if got := s.state("redis"); got != "true bar foo" {
		t.Errorf("somebody's toxics: %q, want them untouched", got)
	}
	s.do("POST", "/proxies/idle", map[string]any{"enabled": false})
	wants(at("idle"), "idle", "is disabled")
	if got := s.state("idle"); got != "false" {
		t.Errorf("somebody's disabled proxy: %q, want it untouched", got)
	}
}

// Somebody who uses the proxy at the same time keeps what is theirs; the fault is then not what was asked for.
func TestSomebodysToxicBesideOursIsNoticedAndKept(t *testing.T) {
	s := toxi(t)
	s.proxy("redis", listen(t, redis).addr())
	r := remote(t, s, "redis", &owed{})
	s.toxic("redis", "foo", "latency", "downstream")
	err := r.Apply(t.Context(), blackhole)
	if err == nil || !strings.Contains(err.Error(), "foo (latency, downstream)") {
		t.Errorf("Apply: %v, want an error that names foo", err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := s.state("redis"); got != "true foo" {
		t.Errorf("the proxy shows %q, want somebody's toxic alone", got)
	}
}

func TestNothingIsChangedThatNobodyWouldPutBack(t *testing.T) {
	s := toxi(t)
	s.proxy("redis", listen(t, redis).addr())
	o := &owed{err: fmt.Errorf("the watchdog is gone")}
	r := remote(t, s, "redis", o)
	if err := r.Apply(t.Context(), blackhole); err == nil || !strings.Contains(err.Error(), "watchdog is gone") {
		t.Errorf("Apply: %v, want the reason why nobody would", err)
	}
	if got := s.state("redis"); got != "true" {
		t.Errorf("the proxy shows %q, want it clean", got)
	}
}

// Whoever is told of the debts, and of nothing else, can pay them; twice does no harm.
func TestADebtIsPaidByWhoeverKnowsIt(t *testing.T) {
	s := toxi(t)
	s.proxy("redis", listen(t, redis).addr())
	for _, f := range []proxy.Fault{blackhole, {Kind: "refused"}} {
		o := &owed{}
		r := remote(t, s, "redis", o)
		if err := r.Apply(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if s.state("redis") == "true" {
			t.Fatalf("%s is not on", f.Kind)
		}
		for range 2 {
			if err := o.all[0].PayOff(t.Context()); err != nil {
				t.Errorf("%s: %v", f.Kind, err)
			}
			if got := s.state("redis"); got != "true" {
				t.Errorf("%s: the proxy shows %q, want it enabled and clean", f.Kind, got)
			}
		}
	}
}

func TestAToxiproxyThatDiesNamesWhatIsLeft(t *testing.T) {
	s := toxi(t)
	s.proxy("redis", listen(t, redis).addr())
	r := remote(t, s, "redis", &owed{})
	if err := r.Apply(t.Context(), blackhole); err != nil {
		t.Fatal(err)
	}
	s.cmd.Process.Kill()
	s.cmd.Wait()
	began := time.Now()
	err := r.Close(context.Background())
	for _, want := range []string{"proxy redis", "refused", "curl -X DELETE " + s.url + "/proxies/redis/toxics/bench-test-upstream"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Close: %v, want an error with %q", err, want)
		}
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v to give up", took)
	}
}

// A toxiproxy that answers no more holds nobody up for long.
func TestAToxiproxyThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	deaf := listen(t, func(_ *server, c net.Conn) { io.Copy(io.Discard, c) })
	began := time.Now()
	_, err := proxy.OpenRemote(t.Context(), proxy.Place{URL: "http://" + deaf.addr()}, "bench-test", (&owed{}).owe)
	if err == nil || !strings.Contains(err.Error(), "ask the toxiproxy") {
		t.Errorf("OpenRemote: %v", err)
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("it took %v to give up, want about 2s", took)
	}
	d := proxy.Debt{URL: "http://" + deaf.addr(), Proxy: "redis", Disabled: true}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := d.PayOff(ctx); err == nil || !strings.Contains(err.Error(), `curl -X POST -d '{"enabled":true}'`) {
		t.Errorf("PayOff: %v, want the command that mends it", err)
	}
}

func TestParsePlace(t *testing.T) {
	for _, row := range []struct{ text, url, name string }{
		{"http://127.0.0.1:8474", "http://127.0.0.1:8474", ""},
		{"http://127.0.0.1:8474/", "http://127.0.0.1:8474", ""},
		{"http://localhost:8474/redis-1", "http://localhost:8474", "redis-1"},
		{"http://127.0.0.1:8474/a/b", "", ""},
		{"127.0.0.1:8474", "", ""},
		{"http://user:hunter2@127.0.0.1:8474", "", ""},
		{"redis://127.0.0.1:8474", "", ""},
	} {
		at, err := proxy.ParsePlace(row.text)
		if (err == nil) != (row.url != "") || at.URL != row.url || at.Proxy != row.name {
			t.Errorf("ParsePlace(%q) = %+v, %v", row.text, at, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("ParsePlace(%q) shows the password: %v", row.text, err)
		}
	}
}
