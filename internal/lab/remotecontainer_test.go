package lab_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
)

// contained is the toxiproxy of s as it looks from outside a container: the proxy listens everywhere, before a
// name that is known inside only, and its port is published by a forwarder that accepts whatever comes.
func contained(t *testing.T, s *somebody) (toxi string) {
	t.Helper()
	var inside struct{ Listen, Upstream string }
	if err := json.Unmarshal(s.Do("GET", "/proxies/redis", nil), &inside); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		work.Wait()
	})
	work.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer client.Close()
				server, err := net.Dial("tcp", inside.Listen)
				if err != nil {
					return
				}
				defer server.Close()
				work.Go(func() {
					io.Copy(server, client)
					server.Close()
					client.Close()
				})
				io.Copy(client, server)
			})
		}
	})
	to, _ := url.Parse(s.URL)
	front := httputil.NewSingleHostReverseProxy(to)
	front.Transport = &http.Transport{DisableKeepAlives: true}
	front.ModifyResponse = func(r *http.Response) error {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		_, port, _ := net.SplitHostPort(l.Addr().String())
		text := strings.ReplaceAll(string(b), inside.Listen, "[::]:"+port)
		text = strings.ReplaceAll(text, inside.Upstream, "redis.invalid:6379")
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader([]byte(text))), int64(len(text))
		r.Header.Set("Content-Length", strconv.Itoa(len(text)))
		return nil
	}
	h := httptest.NewServer(front)
	t.Cleanup(h.Close)
	return h.URL
}

// Faults reach a proxy in a container, and are met through the forwarder before it. That the service
// uses the proxy cannot be seen; the lab says so.
func TestAToxiproxyInAContainer(t *testing.T) {
	s := foreignRedis(t, "redis")
	sp := s.spec(contained(t, s))
	w := &world{}
	sp.Record = func(e history.Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, e)
	}
	l, err := lab.Open(t.Context(), sp)
	if err != nil {
		t.Fatal(err)
	}
	w.Lab = l
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	if got := l.Trusted(); len(got) != 0 {
		t.Errorf("before any fault %v is trusted", got)
	}
	for _, f := range []fault.Fault{{Kind: "refused"}, {Kind: "blackhole"}, {Kind: "latency", Delay: 40 * time.Millisecond}} {
		w.played(t, onRedis(f))
	}
	if got := l.Trusted(); len(got) != 1 || !strings.HasSuffix(got[0], "/redis") {
		t.Errorf("trusted: %v, want the proxy", got)
	}
}
