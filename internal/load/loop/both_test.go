// These tests hold h1 and the loop to the same answers.
package loop_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/load/h1"
	"github.com/trektribe/bench/internal/load/loop"
)

// serve answers each request of each connection with the next of answers, or the last one.
// An answer that ends in "<close>" ends its connection, one that ends in "<wait>" is followed
// by nothing, and one that begins with "<unasked>" comes before the first request.
func serve(t testing.TB, answers ...string) (address string, accepted *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	accepted = new(atomic.Int32)
	var next atomic.Int32
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			go func() {
				defer c.Close()
				for {
					answer := answers[min(int(next.Load()), len(answers)-1)]
					unasked, isUnasked := strings.CutPrefix(answer, "<unasked>")
					if isUnasked {
						answer = unasked
						io.WriteString(c, answer)
					}
					var request []byte
					for b := make([]byte, 4096); !bytes.Contains(request, []byte("\r\n\r\n")); {
						n, err := c.Read(b)
						if err != nil {
							return
						}
						request = append(request, b[:n]...)
					}
					next.Add(1)
					if isUnasked {
						continue
					}
					text, isClosed := strings.CutSuffix(answer, "<close>")
					io.WriteString(c, strings.TrimSuffix(text, "<wait>"))
					if isClosed {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String(), accepted
}

func newPool(t testing.TB, address string) *h1.Pool {
	t.Helper()
	p := h1.NewPool(address, 4, time.Minute, new(net.Dialer).DialContext)
	t.Cleanup(p.Close)
	return p
}

// get is the status and the body of an answer.
func get(p *h1.Pool, address string, within time.Duration) (status int, body string, err error) {
	r := h1.Request{Method: "GET", Target: "/x", Host: address, Header: http.Header{"Accept": {"*/*"}}, Deadline: time.Now().Add(within)}
	err = p.Do(context.Background(), r, func(a *http.Response) error {
		b, err := io.ReadAll(a.Body)
		status, body = a.StatusCode, string(b)
		return err
	})
	return status, body, err
}

// A result is what came of a request.
type result struct {
	status int
	body   string
	err    error
}

// loopGet has the loop make n requests, one after the other, each within a time. before is called before each.
func loopGet(t testing.TB, address string, most, n int, within time.Duration, before func(i int)) (out []result) {
	t.Helper()
	l, err := loop.Open()
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("there is no loop on this system")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := loop.NewPool(address, most, time.Minute, new(net.Dialer).DialContext)
	l.Run(t.Context(), []*loop.Attack{{Most: 1, Pace: atOnce(n), Hit: func(i uint64) *loop.Exchange {
		before(int(i))
		r := h1.Request{Method: "GET", Target: "/x", Host: address, Header: http.Header{"Accept": {"*/*"}}, Deadline: time.Now().Add(within)}
		return &loop.Exchange{Pool: p, Request: r, Done: func(a loop.Answer, err error) {
			out = append(out, result{a.Status, string(a.Body), err})
		}}
	}}})
	if len(out) != n {
		t.Fatalf("%d of %d requests ended", len(out), n)
	}
	return out
}

// atOnce is a pacer of so many hits without a pause.
type atOnce uint64

func (n atOnce) Pace(_ time.Duration, hits uint64) (time.Duration, bool) { return 0, hits >= uint64(n) }

func (atOnce) Rate(time.Duration) float64 { return 0 }

func nothing(int) {}

const whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

func TestAConnectionIsUsedAgain(t *testing.T) {
	address, accepted := serve(t, whole, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"+whole)
	p := newPool(t, address)
	for range 5 {
		if status, body, err := get(p, address, 5*time.Second); status != 200 || body != "ok" || err != nil {
			t.Fatalf("%d %q, %v", status, body, err)
		}
	}
	if n := accepted.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	for i, r := range loopGet(t, address, 4, 5, 5*time.Second, nothing) {
		if r.status != 200 || r.body != "ok" || r.err != nil {
			t.Errorf("request %d by the loop: %+v", i, r)
		}
	}
	if n := accepted.Load(); n != 2 {
		t.Errorf("%d connections by the loop, want 1", n-1)
	}
}

// Each bad answer is the failure of its own request, and the next request gets its own answer.
func TestABadAnswerIsTheFailureOfItsRequestAlone(t *testing.T) {
	for _, tt := range []struct{ name, answer, says string }{
		{"cut in its head", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n<close>", "unexpected EOF"},
		{"cut in its body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok<close>", "unexpected EOF"},
		{"cut in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok<close>", "unexpected EOF"},
		{"longer than it says", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokay", "more came"},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokay", "Content-Length"},
		{"a length below zero", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok", "Content-Length"},
		{"no HTTP", "+OK\r\n\r\n<close>", "malformed"},
		{"nothing", "<close>", "EOF"},
		{"a head of a megabyte", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n", "head of the answer is longer"},
		{"1xx without end", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 9) + whole, "1xx"},
		{"nothing, for ever", "<wait>", "i/o timeout"},
		{"a body that never ends", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok<wait>", "i/o timeout"},
		{"answered twice", whole + whole, "more came"},
		{"unasked", "<unasked>" + whole, "before it was asked"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			address, _ := serve(t, tt.answer, whole)
			p := newPool(t, address)
			_, _, err := get(p, address, 300*time.Millisecond)
			for tt.name == "unasked" && err == nil { // it was on its way when its connection was looked at
				_, _, err = get(p, address, 300*time.Millisecond)
			}
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want one that says %q", err, tt.says)
			}
			if tt.name == "unasked" {
				return
			}
			if status, body, err := get(p, address, 5*time.Second); status != 200 || body != "ok" || err != nil {
				t.Errorf("the next request got %d %q, %v", status, body, err)
			}
		})
		t.Run(tt.name+", by the loop", func(t *testing.T) {
			t.Parallel()
			address, _ := serve(t, tt.answer, whole)
			results := loopGet(t, address, 4, 2, 300*time.Millisecond, nothing)
			for tt.name == "unasked" && results[0].err == nil && results[1].err == nil {
				results = loopGet(t, address, 4, 2, 300*time.Millisecond, nothing)
			}
			if err := cmp.Or(results[0].err, results[1].err); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want one that says %q", err, tt.says)
			}
			if next := results[1]; tt.name != "unasked" && (next.status != 200 || next.body != "ok" || next.err != nil) {
				t.Errorf("the next request got %+v", next)
			}
		})
	}
}

// A connection that the service ends while nobody uses it is no failure: it is not used.
func TestAConnectionThatEndedIdleIsReplaced(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ended := make(chan int)
	go func() {
		for n := 1; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Read(make([]byte, 4096))
			io.WriteString(c, whole)
			c.Close() // over loopback its end has arrived when this returns
			ended <- n
		}
	}()
	p := newPool(t, l.Addr().String())
	for n := 1; n <= 3; n++ {
		if _, body, err := get(p, l.Addr().String(), 5*time.Second); body != "ok" || err != nil {
			t.Fatalf("request %d: %q, %v", n, body, err)
		}
		if got := <-ended; got != n {
			t.Errorf("request %d had connection %d", n, got)
		}
	}
}

func TestCutEndsWhatIsUnderWay(t *testing.T) {
	address, accepted := serve(t, "<wait>")
	p := newPool(t, address)
	ctx, cancel := context.WithCancel(t.Context())
	context.AfterFunc(ctx, p.Cut)
	failed := make(chan error)
	go func() {
		r := h1.Request{Method: "GET", Target: "/", Host: address, Deadline: time.Now().Add(time.Minute)}
		failed <- p.Do(ctx, r, func(*http.Response) error { return nil })
	}()
	for accepted.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	select {
	case err := <-failed:
		if err == nil {
			t.Error("it was answered")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it goes on")
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ended := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		b := make([]byte, 4096)
		c.Read(b)
		io.WriteString(c, whole)
		_, err = c.Read(b)
		ended <- err
	}()
	p := h1.NewPool(l.Addr().String(), 4, 50*time.Millisecond, new(net.Dialer).DialContext)
	defer p.Close()
	if _, _, err := get(p, l.Addr().String(), 5*time.Second); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != io.EOF {
			t.Errorf("the service saw %v, want an end", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the connection stays open")
	}
}

func TestARequestThatCannotBeWrittenIsNotSent(t *testing.T) {
	address, accepted := serve(t, whole)
	p := newPool(t, address)
	for _, r := range []h1.Request{
		{Target: "/a b", Host: address},
		{Target: "/", Host: "a\r\nb"},
		{Target: "/", Host: address, Header: http.Header{"X": {"a\r\nY: b"}}},
		{Target: "/", Host: address, Header: http.Header{"X Y": {"a"}}},
	} {
		r.Method, r.Deadline = "GET", time.Now().Add(5*time.Second)
		if err := p.Do(t.Context(), r, func(*http.Response) error { return nil }); err == nil {
			t.Errorf("%+v was answered", r)
		}
	}
	if n := accepted.Load(); n == 0 {
		t.Error("no connection was made: the test tells nothing")
	}
}

func TestPoolsTellWhenTheyAreClosed(t *testing.T) {
	address, _ := serve(t, whole)
	p := h1.NewPool(address, 1, time.Minute, new(net.Dialer).DialContext)
	p.Close()
	if _, _, err := get(p, address, time.Second); !errors.Is(err, net.ErrClosed) {
		t.Errorf("error %v, want closed", err)
	}
}
