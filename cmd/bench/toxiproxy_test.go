package main

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	codes "github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/machinetest"
	"github.com/trektribe/bench/internal/proxy/remote/toxitest"
)

// startToxiproxy starts a Redis and a toxiproxy whose proxy redis is before it.
func startToxiproxy(t *testing.T) *toxitest.Server {
	t.Helper()
	port := machinetest.FreePort(t)
	addr := "127.0.0.1:" + port
	start(t, "redis", "--port", port)
	up := func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	}
	if !waitFor(10*time.Second, up) {
		t.Fatal("Redis is not up")
	}
	s := toxitest.Start(t)
	s.Proxy("redis", addr)
	return s
}

func TestAServiceThatAlreadyRunsLosesItsRedis(t *testing.T) {
	t.Parallel()
	toxi := startToxiproxy(t)
	service := startService(t, "REDIS_URL=redis://"+toxi.Addr("redis"), "CACHE_POLICY=hardened")
	out := t.TempDir()
	code, table, errs := bench("run", "--out", out, "--target-url", service, "--toxiproxy", toxi.URL, "testdata/toxiproxy.yaml")
	if code != exitHolds {
		t.Errorf("exit %d, want %d\n%s%s", code, exitHolds, table, errs)
	}
	for _, id := range []string{"fallback.outage", "fallback.recovery"} {
		if r := results(t, filepath.Join(out, "latest"))[[2]string{id, "service"}]; r.Verdict != claim.Holds {
			t.Errorf("%s: %s because %q", id, r.Verdict, r.Because)
		}
	}
	if got := toxi.State("redis"); got != "enabled" {
		t.Errorf("afterwards the proxy is: %s", got)
	}
	report, err := os.ReadFile(filepath.Join(out, "latest", "report.md"))
	if err != nil || !strings.Contains(string(report), toxi.URL) {
		t.Errorf("the report does not name the toxiproxy: %v\n%s", err, report)
	}
}

// Whoever goes past the proxy survives what is done to it; that is no merit.
func TestAServiceThatGoesPastTheToxiproxyIsUndecided(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("its connections are read from /proc")
	}
	t.Parallel()
	toxi := startToxiproxy(t)
	service := startService(t)
	out := t.TempDir()
	code, table, errs := bench("run", "--out", out, "--target-url", service, "--toxiproxy", toxi.URL, "testdata/toxiproxy.yaml")
	r := results(t, filepath.Join(out, "latest"))[[2]string{"fallback.outage", "service"}]
	// In a busy hour a canary may come too late in most rounds: what was said of any of them counts.
	undelivered := slices.ContainsFunc(r.Aside, func(a claim.Aside) bool { return a.Code == codes.Undelivered })
	said := strings.Join(append(r.Warnings, r.Because), "\n")
	if code != exitUndecided || r.Verdict != claim.Inconclusive || !undelivered || !strings.Contains(said, "never seen connected to the proxy") {
		t.Errorf("exit %d, %s because %q, want undecided because nobody uses the proxy\n%s%s", code, r.Verdict, r.Because, table, errs)
	}
}

func TestKilledInAFaultTheRunPutsSomebodysProxyBack(t *testing.T) {
	t.Parallel()
	toxi := startToxiproxy(t)
	service := startService(t, "REDIS_URL=redis://"+toxi.Addr("redis"))
	c := start(t, "run", "--out", t.TempDir(), "--target-url", service, "--toxiproxy", toxi.URL+"/redis", "testdata/toxiproxy.yaml")
	if !waitFor(time.Minute, func() bool { return toxi.State("redis") != "enabled" }) {
		t.Fatalf("no fault: %s", c.err.String())
	}
	c.Process.Kill()
	c.Wait()
	if !waitFor(3*time.Second, func() bool { return toxi.State("redis") == "enabled" }) {
		t.Errorf("3s after the kill the proxy is: %s", toxi.State("redis"))
	}
	c.nothingLeft(t, 2*time.Second)
}

// What cannot be done is said before anything is.
func TestWhatAToxiproxyCannotDoIsSaidBeforeTheStart(t *testing.T) {
	write := func(faults string) string {
		path := filepath.Join(t.TempDir(), "x.yaml")
		text := "name: x\ntarget: {instances: 2}\nphases: [{name: a, for: 1s, faults: [" + faults + "]}]\ntraffic:\n  - {name: a, call: GET /x, rate: 3/s}\n"
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	urls := []string{"--target-url", "http://127.0.0.1:9", "--target-url", "http://127.0.0.1:9"}
	for _, row := range []struct {
		name string
		args []string
		want []string
	}{
		{"without a service that runs", []string{"--toxiproxy", "http://127.0.0.1:9", "testdata/short.yaml"}, []string{"--target-url"}},
		{"a kind", append(urls, "--toxiproxy", "http://127.0.0.1:9", write("{kind: hang, on: redis}")), []string{"scenario x: phase a: hang", "it can do: latency"}},
		{"an argument", append(urls, "--toxiproxy", "http://127.0.0.1:9", write("{kind: latency, on: redis, delay: 50ms, to: 90ms}")), []string{"to (90ms)"}},
		{"a process", append(urls, "--toxiproxy", "http://127.0.0.1:9", write("{kind: killed, on: instance}")), []string{"--target-cmd"}},
		{"one of two", append(urls, "--toxiproxy", "http://127.0.0.1:9", write("{kind: blackhole, on: redis, instances: [1]}")), []string{"instance 1 alone", "one proxy serves all 2"}},
		{"elsewhere", append(urls, "--toxiproxy", "http://192.0.2.1:8474", write("{kind: blackhole, on: redis}")), []string{"--allow-host 192.0.2.1"}},
		{"three for two", append(urls, "--toxiproxy", "http://127.0.0.1:9/a,http://127.0.0.1:9/b,http://127.0.0.1:9/c", write("{kind: blackhole, on: redis}")), []string{"3 proxies for 2 instances"}},
		{"where nobody listens", append(urls, "--toxiproxy", "http://127.0.0.1:9", write("{kind: blackhole, on: redis}")), []string{"ask the toxiproxy", "refused"}},
	} {
		code, _, errs := bench(append([]string{"run", "--out", t.TempDir()}, row.args...)...)
		for _, w := range row.want {
			if code != exitCannotRun || !strings.Contains(errs, w) {
				t.Errorf("%s: exit %d, want %d and %q:\n%s", row.name, code, exitCannotRun, w, errs)
			}
		}
	}
}
