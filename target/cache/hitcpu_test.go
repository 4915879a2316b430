//go:build unix

package cache_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/machinetest"
	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/redistest"
)

// asClient makes this test binary the client of BenchmarkHitCPU.
const asClient = "HIT_CPU_CLIENT"

func TestMain(m *testing.M) {
	if os.Getenv(asClient) != "" {
		client()
		return
	}
	os.Exit(m.Run())
}

// client reads lines of a URL and a number, asks for the URL that often on a
// few connections, and writes a line: the answers that were not 200.
func client() {
	const connections = 4
	c := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}, Timeout: redistest.Timeout}
	var url string
	var n int64
	for in := bufio.NewReader(os.Stdin); ; {
		if _, err := fmt.Fscanln(in, &url, &n); err != nil {
			return
		}
		var left, bad atomic.Int64
		left.Store(n)
		var wg sync.WaitGroup
		for range connections {
			wg.Go(func() {
				for left.Add(-1) >= 0 {
					resp, err := c.Get(url)
					if err != nil {
						bad.Add(1)
						continue
					}
					if io.Copy(io.Discard, resp.Body); resp.StatusCode != http.StatusOK {
						bad.Add(1)
					}
					resp.Body.Close()
				}
			})
		}
		wg.Wait()
		fmt.Println(bad.Load())
	}
}

// BenchmarkHitCPU compares what a hit of GET /api/trips under the hardened
// policy costs this process, in CPU, with the barest handler that reads the same
// bytes from the same Redis and writes them. Client and Redis are processes of
// their own. The goal is a ratio of 1.3 at most.
func BenchmarkHitCPU(b *testing.B) {
	addr := serveRedis(b)
	hardened := serveHardened(b, addr)
	bare := serveBare(b, addr, hardened)
	ask := startClient(b)
	urls := []string{bare, hardened}
	for _, url := range urls {
		ask(url, 200) // so that connections and pools are there
	}
	var spent [2]time.Duration
	b.ResetTimer()
	// In turns, so that what else the machine does falls on both.
	for done := 0; done < b.N; {
		n := min(500, b.N-done)
		done += n
		for i, url := range urls {
			began := cpu(b)
			ask(url, n)
			spent[i] += cpu(b) - began
		}
	}
	b.ReportMetric(0, "ns/op") // of the clock: it says nothing here
	b.ReportMetric(float64(spent[0])/float64(b.N), "bare-cpu-ns/op")
	b.ReportMetric(float64(spent[1])/float64(b.N), "hardened-cpu-ns/op")
	b.ReportMetric(float64(spent[1])/float64(spent[0]), "ratio")
}

// cpu is the time that this process has spent on processors.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// serveRedis starts a redis-server and returns its address.
func serveRedis(b *testing.B) string {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		b.Skip("no redis-server in PATH")
	}
	port := machinetest.FreePort(b)
	cmd := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", b.TempDir())
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port})
	defer c.Close()
	for deadline := time.Now().Add(redistest.Timeout); c.Ping(b.Context()).Err() != nil; {
		if time.Now().After(deadline) {
			b.Fatal("redis-server does not answer")
		}
	}
	return "127.0.0.1:" + port
}

// serveHardened returns the URL of the listing.
func serveHardened(b *testing.B, redis string) string {
	env := map[string]string{"PORT": "0", "REDIS_URL": "redis://" + redis, "TTL_TRIPS": "1h", "RATE_LIMIT": "0"}
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() {
		ended <- target.Run(ctx, func(name string) string { return env[name] }, io.Discard, target.Options{Ready: func(a net.Addr) { ready <- a }})
	}()
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	select {
	case a := <-ready:
		return "http://" + a.String() + "/api/trips"
	case err := <-ended:
		ended <- nil
		b.Fatal(err)
		return ""
	}
}

// serveBare returns the URL of a handler that answers what like answers, from one key.
func serveBare(b *testing.B, addr, like string) string {
	resp, err := http.Get(like)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.Header.Get("X-Source") != "redis" {
		b.Fatalf("%v, source %s; want a hit in Redis", err, resp.Header.Get("X-Source"))
	}
	c := redis.NewClient(&redis.Options{Addr: addr})
	b.Cleanup(func() { c.Close() })
	if err := c.Set(b.Context(), "bare", body, time.Hour).Err(); err != nil {
		b.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := c.Get(r.Context(), "bare").Bytes()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		w.Write(text)
	}))
	b.Cleanup(s.Close)
	return s.URL
}

// startClient returns what has the client ask a URL n times.
func startClient(b *testing.B) func(url string, n int) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asClient+"=1")
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		b.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); cmd.Wait() })
	return func(url string, n int) {
		fmt.Fprintln(in, url, n)
		var bad int
		if _, err := fmt.Fscanln(out, &bad); err != nil || bad != 0 {
			b.Fatalf("%d of %d answers were not 200; %v", bad, n, err)
		}
	}
}
