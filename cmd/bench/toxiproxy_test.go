package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/trektribe/bench/internal/claim"
)

// serveToxiproxy is somebody's toxiproxy with the proxy redis before the address in UPSTREAM, until its stdin ends.
func serveToxiproxy() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return exitCannotRun
	}
	zerolog.SetGlobalLevel(zerolog.Disabled)
	srv := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := toxiproxy.NewProxy(srv, "redis", "127.0.0.1:0", os.Getenv("UPSTREAM"))
	if err := srv.Collection.Add(p, true); err != nil {
		return exitCannotRun
	}
	fmt.Println("http://"+l.Addr().String(), p.Listen)
	go http.Serve(l, srv.Routes())
	io.Copy(io.Discard, os.Stdin)
	return 0
}

// startToxiproxy starts a Redis and a toxiproxy before it, and gives the URL of the one and the proxy's address.
func startToxiproxy(t *testing.T) (url, redis string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(addr)
	start(t, "redis", "--port", port)
	cmd := exec.Command(os.Args[0], "toxiproxy")
	cmd.Env = append(os.Environ(), "UPSTREAM="+addr)
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
	url, redis, _ = strings.Cut(strings.TrimSpace(line), " ")
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
	return url, redis
}

// proxyState is what toxiproxy shows of its proxy: enabled, and the number of toxics.
func proxyState(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url + "/proxies/redis")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var p struct {
		Enabled bool
		Toxics  []any
	}
	if err := json.NewDecoder(resp.Body).Decode(&p); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("enabled %v, %d toxics", p.Enabled, len(p.Toxics))
}

const asFound = "enabled true, 0 toxics"

func TestAServiceThatAlreadyRunsLosesItsRedis(t *testing.T) {
	t.Parallel()
	toxi, redis := startToxiproxy(t)
	service := startService(t, "REDIS_URL=redis://"+redis, "CACHE_POLICY=hardened")
	out := t.TempDir()
	code, table, errs := bench("run", "--out", out, "--target-url", service, "--toxiproxy", toxi, "testdata/toxiproxy.yaml")
	if code != exitHolds {
		t.Errorf("exit %d, want %d\n%s%s", code, exitHolds, table, errs)
	}
	for _, id := range []string{"fallback.outage", "fallback.recovery"} {
		if r := results(t, filepath.Join(out, "latest"))[[2]string{id, "service"}]; r.Verdict != claim.Holds {
			t.Errorf("%s: %s because %q", id, r.Verdict, r.Because)
		}
	}
	if got := proxyState(t, toxi); got != asFound {
		t.Errorf("afterwards the proxy is: %s", got)
	}
	report, err := os.ReadFile(filepath.Join(out, "latest", "report.md"))
	if err != nil || !strings.Contains(string(report), toxi) {
		t.Errorf("the report does not name the toxiproxy: %v\n%s", err, report)
	}
}

// Whoever goes past the proxy survives what is done to it; that is no merit.
func TestAServiceThatGoesPastTheToxiproxyIsUndecided(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("its connections are read from /proc")
	}
	t.Parallel()
	toxi, _ := startToxiproxy(t)
	service := startService(t)
	out := t.TempDir()
	code, table, errs := bench("run", "--out", out, "--target-url", service, "--toxiproxy", toxi, "testdata/toxiproxy.yaml")
	r := results(t, filepath.Join(out, "latest"))[[2]string{"fallback.outage", "service"}]
	said := strings.Join(append(r.Warnings, r.Because), "\n") // in a busy hour a canary may come too late in most rounds
	if code != exitUndecided || r.Verdict != claim.Inconclusive || !strings.Contains(said, "never seen connected to the proxy") {
		t.Errorf("exit %d, %s because %q, want undecided because nobody uses the proxy\n%s%s", code, r.Verdict, r.Because, table, errs)
	}
}

func TestKilledInAFaultTheRunPutsSomebodysProxyBack(t *testing.T) {
	t.Parallel()
	toxi, redis := startToxiproxy(t)
	service := startService(t, "REDIS_URL=redis://"+redis)
	c := start(t, "run", "--out", t.TempDir(), "--target-url", service, "--toxiproxy", toxi+"/redis", "testdata/toxiproxy.yaml")
	if !waitFor(time.Minute, func() bool { return proxyState(t, toxi) != asFound }) {
		t.Fatalf("no fault: %s", c.err.String())
	}
	c.Process.Kill()
	c.Wait()
	if !waitFor(3*time.Second, func() bool { return proxyState(t, toxi) == asFound }) {
		t.Errorf("3s after the kill the proxy is: %s", proxyState(t, toxi))
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
		{"a kind", append(urls, "--toxiproxy", "http://127.0.0.1:9", write("{kind: hang, on: redis}")), []string{"scenario x: phase a: hang", "what can: latency"}},
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
