package socket_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/redistest"
	"github.com/trektribe/bench/target/session"
	"github.com/trektribe/bench/target/socket"
)

// kept are sessions in memory.
type kept struct {
	mu   sync.Mutex
	open map[string]session.Session
}

func (k *kept) Open(_ context.Context, user string, s session.Session) (end func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.open[s.SocketID] = s
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.open, s.SocketID)
	}
}

func (k *kept) Of(context.Context, string) ([]session.Session, cache.Source) { return nil, "" }

func (k *kept) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.open)
}

// A world is a hub behind a server.
type world struct {
	*socket.Hub
	t        *testing.T
	addr     string
	sessions *kept
	attached atomic.Int64
	open     atomic.Int64
}

var idle = socket.Pings{Interval: time.Hour, Timeout: redistest.Timeout}

func start(t *testing.T, pings socket.Pings) *world {
	w := &world{t: t, sessions: &kept{open: map[string]session.Session{}}}
	w.Hub = socket.New(socket.Options{Instance: "1", Pings: pings, Sessions: w.sessions, Attach: func() { w.attached.Add(1) },
		Log: slog.New(slog.DiscardHandler), Open: func(change int) { w.open.Add(int64(change)) }})
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !w.Serve(rw, r, r.URL.Query().Get("user")) {
			rw.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	w.addr = strings.TrimPrefix(srv.URL, "http://")
	t.Cleanup(func() { w.Close(); srv.Close() })
	return w
}

// A peer is one client, and its connection below.
type peer struct {
	*websocket.Conn
	t   *testing.T
	raw net.Conn
}

// dial connects, and has been told so when it returns.
func (w *world) dial(user string) (p peer, id string) {
	w.t.Helper()
	p.t = w.t
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		p.raw = c
		return c, err
	}}
	conn, resp, err := websocket.Dial(w.t.Context(), "ws://"+w.addr+"/?user="+user,
		&websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}, HTTPHeader: http.Header{"User-Agent": {"test/1"}}})
	if err != nil {
		w.t.Fatal(err, resp)
	}
	w.t.Cleanup(func() { conn.CloseNow() })
	p.Conn = conn
	var hello struct{ Type, SocketID, Instance, UserAgent, ConnectedAt string }
	if err := json.Unmarshal([]byte(p.next()), &hello); err != nil || hello.Type != "session" || hello.Instance != "1" || hello.UserAgent != "test/1" {
		w.t.Fatalf("told %+v, %v", hello, err)
	}
	if at, err := time.Parse(time.RFC3339Nano, hello.ConnectedAt); err != nil || time.Since(at) > redistest.Timeout || time.Until(at) > time.Second {
		w.t.Errorf("connected at %s", hello.ConnectedAt)
	}
	return p, hello.SocketID
}

// next reads one message.
func (p peer) next() string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), redistest.Timeout)
	defer cancel()
	_, text, err := p.Read(ctx)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

func TestASocketIsASessionWhileItIsOpen(t *testing.T) {
	w := start(t, idle)
	p, id := w.dial("7")
	if s := w.sessions.open[id]; w.sessions.count() != 1 || s.SocketID != id || w.attached.Load() != 1 || w.open.Load() != 1 {
		t.Errorf("told of %s: sessions %+v, attached %d, open %d", id, w.sessions.open, w.attached.Load(), w.open.Load())
	}
	if err := p.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	redistest.Until(t, "end of the session", func() bool { return w.sessions.count() == 0 && w.open.Load() == 0 })
}

// TestAPeerThatGoesWithoutGoodbyeIsNoticed three ways: an end, a reset, and silence.
func TestAPeerThatGoesWithoutGoodbyeIsNoticed(t *testing.T) {
	for name, leave := range map[string]func(peer){
		"FIN": func(p peer) { p.CloseNow() },
		"RST": func(p peer) {
			if err := p.raw.(*net.TCPConn).SetLinger(0); err != nil {
				p.t.Error(err)
			}
			p.raw.Close()
		},
		"silence": func(peer) {}, // nobody reads, and so nobody answers a ping
	} {
		t.Run(name, func(t *testing.T) {
			pings := idle
			if name == "silence" {
				pings = socket.Pings{Interval: 50 * time.Millisecond, Timeout: 50 * time.Millisecond}
			}
			w := start(t, pings)
			p, _ := w.dial("7")
			leave(p)
			redistest.Until(t, "end of the session", func() bool { return w.sessions.count() == 0 && w.open.Load() == 0 })
		})
	}
}

func TestAPeerThatAnswersPingsStays(t *testing.T) {
	w := start(t, socket.Pings{Interval: 10 * time.Millisecond, Timeout: redistest.Timeout})
	var pings atomic.Int64
	conn, _, err := websocket.Dial(t.Context(), "ws://"+w.addr+"/?user=7",
		&websocket.DialOptions{OnPingReceived: func(context.Context, []byte) bool { pings.Add(1); return true }})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	go func() {
		for {
			if _, _, err := conn.Read(t.Context()); err != nil {
				return
			}
		}
	}()
	redistest.Until(t, "ten pings", func() bool { return pings.Load() >= 10 })
	if w.sessions.count() != 1 {
		t.Error("the session has ended")
	}
}

func TestMessagesReachTheirUserInOrder(t *testing.T) {
	w := start(t, idle)
	a, _ := w.dial("7")
	b, _ := w.dial("7")
	c, _ := w.dial("8")
	for i := range 100 {
		if n := w.Deliver("7", fmt.Append(nil, i), time.Time{}); n != 2 {
			t.Errorf("message %d went to %d sockets, want 2", i, n)
		}
	}
	w.Deliver("8", []byte("last"), time.Now())
	if n := w.Deliver("9", []byte("x"), time.Time{}); n != 0 {
		t.Errorf("to %d sockets of nobody", n)
	}
	for i := range 100 {
		for _, p := range []peer{a, b} {
			if got := p.next(); got != fmt.Sprint(i) {
				t.Fatalf("message %d is %s", i, got)
			}
		}
	}
	if got := c.next(); got != "last" {
		t.Errorf("the other user got %s", got)
	}
}

func TestWhatIsOlderThanASocketIsNotForIt(t *testing.T) {
	w := start(t, idle)
	before := time.Now().Add(-time.Second)
	p, _ := w.dial("7")
	if n := w.Deliver("7", []byte("old"), before); n != 0 {
		t.Errorf("an old message went to %d sockets", n)
	}
	if n := w.Deliver("7", []byte("new"), time.Now()); n != 1 || p.next() != "new" {
		t.Errorf("a new message went to %d sockets", n)
	}
}

func TestAPeerThatReadsTooSlowlyLosesItsSocket(t *testing.T) {
	w := start(t, idle)
	w.dial("7") // and reads no more
	p, _ := w.dial("8")
	message := slices.Repeat([]byte("x"), 64<<10)
	for n := 1; n > 0; n = w.Deliver("7", message, time.Time{}) {
		if w.Deliver("8", []byte("y"), time.Time{}) == 1 && p.next() != "y" {
			t.Error("the other user's message is another")
		}
	}
	redistest.Until(t, "end of the session", func() bool { return w.sessions.count() == 1 })
}

func TestCloseSaysGoodbye(t *testing.T) {
	w := start(t, idle)
	var peers []peer
	for i := range 20 {
		p, _ := w.dial(fmt.Sprint(i % 3))
		peers = append(peers, p)
	}
	silent, _ := w.dial("silent")
	statuses := make(chan websocket.StatusCode, len(peers))
	for _, p := range peers {
		go func() {
			_, _, err := p.Read(t.Context())
			statuses <- websocket.CloseStatus(err)
		}()
	}
	began := time.Now()
	w.Close() // the silent one keeps it for a second
	if took := time.Since(began); took > redistest.Timeout/2 || w.sessions.count() != 0 {
		t.Errorf("closed after %v with %d sessions", took, w.sessions.count())
	}
	for range peers {
		if got := <-statuses; got != websocket.StatusGoingAway {
			t.Errorf("closed with %v, want going away", got)
		}
	}
	_ = silent
	resp, err := http.Get("http://" + w.addr)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("afterwards: %d", resp.StatusCode)
	}
}

// TestABurstReachesAPeer that is much longer than a connection holds, as after an outage.
func TestABurstReachesAPeer(t *testing.T) {
	w := start(t, idle)
	p, _ := w.dial("7")
	const n = 10_000
	for i := range n {
		w.Deliver("7", fmt.Appendf(nil, "%d %s", i, strings.Repeat("x", 300)), time.Time{})
	}
	for i := range n {
		if got := p.next(); !strings.HasPrefix(got, fmt.Sprint(i, " ")) {
			t.Fatalf("message %d is %.20s", i, got)
		}
	}
}
