package target_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/coder/websocket"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/redistest"
)

// A client is one socket, and what has come on it.
type client struct {
	*websocket.Conn
	t        *testing.T
	id       string // of its session
	instance string
	mu       sync.Mutex
	got      []message
	closed   error
	done     chan struct{} // closed with it
}

// A message is one of the service's.
type message struct {
	Type, SocketID, Instance string
	ID, UserID, Text         string
}

// connect opens a socket, and has been told so when it returns.
func (s *service) connect(user string) *client {
	s.t.Helper()
	conn, _, err := websocket.Dial(s.t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/ws?user="+user, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	c := &client{Conn: conn, t: s.t, done: make(chan struct{})}
	s.t.Cleanup(func() { conn.CloseNow(); <-c.done })
	ctx, cancel := context.WithTimeout(s.t.Context(), redistest.Timeout)
	defer cancel()
	hello, err := c.read(ctx)
	if err != nil || hello.Type != "session" {
		s.t.Fatalf("told %+v, %v", hello, err)
	}
	c.id, c.instance = hello.SocketID, hello.Instance
	go func() {
		defer close(c.done)
		for {
			m, err := c.read(context.Background())
			c.mu.Lock()
			if err != nil {
				c.closed = err
				c.mu.Unlock()
				return
			}
			c.got = append(c.got, m)
			c.mu.Unlock()
		}
	}()
	return c
}

func (c *client) read(ctx context.Context) (m message, err error) {
	_, text, err := c.Read(ctx)
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	return m, err
}

// online lists the sockets of user that s knows.
func (s *service) online(user string) []string {
	s.t.Helper()
	ids := []string{}
	for _, o := range s.call("GET", "/api/users/"+user+"/sessions", "").body.Sessions {
		ids = append(ids, o.SocketID)
	}
	return ids
}

func (s *service) awaitOnline(user string, want ...string) {
	s.t.Helper()
	redistest.Until(s.t, fmt.Sprint(user, " with ", want), func() bool { return slices.Equal(s.online(user), want) })
}

// pair starts two instances of a policy that share m, each behind a relay of its own, and a database.
func pair(t *testing.T, m *miniredis.Miniredis, policy string, env map[string]string) (instances [2]*service, relays [2]*redistest.Relay) {
	path := t.TempDir() + "/trips.db"
	for i := range instances {
		relays[i] = redistest.Before(t, m.Addr())
		vars := map[string]string{"CACHE_POLICY": policy, "REDIS_URL": "redis://" + relays[i].Addr, "SQLITE_PATH": path,
			"INSTANCE": strconv.Itoa(i), "SESSION_LEASE": "300ms"}
		for name, v := range env {
			vars[name] = v
		}
		instances[i] = start(t, vars, target.Options{})
	}
	return instances, relays
}

func TestEveryInstanceKnowsWhoIsConnected(t *testing.T) {
	for _, policy := range policies {
		t.Run(policy, func(t *testing.T) {
			instances, _ := pair(t, redistest.Start(t), policy, nil)
			if got := instances[0].call("GET", "/api/users/7/sessions", ""); got.status != 200 || got.text != `{"sessions":[]}`+"\n" {
				t.Errorf("at first: %d %s", got.status, got.text)
			}
			a := instances[0].connect("7")
			b := instances[1].connect("7")
			for i, s := range instances {
				s.awaitOnline("7", a.id, b.id)
				got := s.call("GET", "/api/users/7/sessions", "")
				o := got.body.Sessions[0]
				if o.Instance != "0" || a.instance != "0" || o.UserAgent != "Go-http-client/1.1" || len(o.ConnectedAt) != len("2026-11-27T09:00:00.000Z") || got.header.Get("X-Source") != "redis" {
					t.Errorf("instance %d: %s from %s", i, got.text, got.header.Get("X-Source"))
				}
			}
			if n := instances[0].metric("sockets_open"); n != 1 {
				t.Errorf("%v sockets open, want 1", n)
			}
			a.Close(websocket.StatusNormalClosure, "")
			for _, s := range instances {
				s.awaitOnline("7", b.id)
			}
			if took := instances[0].metric("http_request_seconds_sum", `route="/ws"`); took > 10 {
				t.Errorf("the upgrade took %v s: it counts the socket's life", took)
			}
		})
	}
}

func TestAShutdownSendsClientsAway(t *testing.T) {
	for _, policy := range policies {
		t.Run(policy, func(t *testing.T) {
			instances, _ := pair(t, redistest.Start(t), policy, map[string]string{"SESSION_LEASE": "1h"})
			leaving, staying := instances[0].connect("7"), instances[1].connect("7")
			instances[1].awaitOnline("7", leaving.id, staying.id)
			if err := instances[0].stop(); err != nil {
				t.Error(err)
			}
			if <-leaving.done; websocket.CloseStatus(leaving.closed) != websocket.StatusGoingAway {
				t.Errorf("closed with %v, want going away", leaving.closed)
			}
			if got := instances[1].online("7"); !slices.Equal(got, []string{staying.id}) {
				t.Errorf("the other shows %v, want %v", got, staying.id)
			}
		})
	}
}

// TestAnInstanceThatIsKilledLeavesGhosts under the document's policy, and until its lease ends under the
// other. It is cut off from Redis and then ends: that looks the same from there.
func TestAnInstanceThatIsKilledLeavesGhosts(t *testing.T) {
	for _, policy := range policies {
		t.Run(policy, func(t *testing.T) {
			instances, relays := pair(t, redistest.Start(t), policy, nil)
			ghost, alive := instances[0].connect("7"), instances[1].connect("7")
			relays[0].Refuse()
			if err := instances[0].stop(); err != nil {
				t.Error(err)
			}
			if policy == "documented" {
				if got := instances[1].online("7"); !slices.Equal(got, []string{ghost.id, alive.id}) {
					t.Errorf("shows %v, want both", got)
				}
				return
			}
			instances[1].awaitOnline("7", alive.id)
		})
	}
}

// TestSessionsAndAnOutage of Redis, in which it is emptied too.
func TestSessionsAndAnOutage(t *testing.T) {
	m := redistest.Start(t)
	instances, relays := pair(t, m, "hardened", nil)
	a, b := instances[0].connect("7"), instances[1].connect("7")
	for _, r := range relays {
		r.Refuse()
	}
	m.FlushAll()
	c := instances[0].connect("7")
	if got := instances[0].call("GET", "/api/users/7/sessions", ""); len(got.body.Sessions) != 2 || got.header.Get("X-Source") != "memory" {
		t.Errorf("without Redis: %s from %s", got.text, got.header.Get("X-Source"))
	}
	instances[1].awaitOnline("7", b.id)
	for _, r := range relays {
		r.Listen()
	}
	for _, s := range instances {
		redistest.Until(t, "all three", func() bool { return len(s.online("7")) == 3 })
		if got := s.online("7"); !slices.Contains(got, a.id) || !slices.Contains(got, c.id) {
			t.Errorf("shows %v", got)
		}
	}
	m.FlushAll() // under their hands
	instances[0].awaitOnline("7", a.id, b.id, c.id)
	if n := instances[0].metric("sessions_resynced_total") + instances[1].metric("sessions_resynced_total"); n < 2 {
		t.Errorf("resynced %v times, want 2 at least", n)
	}
}

// TestADeadPeerIsNoticed has one that reads nothing, and so answers no ping.
func TestADeadPeerIsNoticed(t *testing.T) {
	for _, policy := range policies {
		s := start(t, map[string]string{"CACHE_POLICY": policy, "PING_INTERVAL": "100ms", "PING_TIMEOUT": "100ms"}, target.Options{})
		conn, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/ws?user=7", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow()
		redistest.Until(t, "session", func() bool { return len(s.online("7")) == 1 })
		s.awaitOnline("7")
	}
}

func TestSocketsAreChecked(t *testing.T) {
	s := start(t, nil, target.Options{})
	for _, tc := range []struct {
		call   string
		status int
		says   string
	}{
		{"GET /ws", 400, "user: want 1 to 100 bytes"},
		{"GET /ws?user=7", 426, "ws://"},
		{"POST /ws?user=7", 405, "GET"},
		{"POST /api/users/7/sessions", 405, "GET"},
	} {
		method, path, _ := strings.Cut(tc.call, " ")
		if got := s.call(method, path, ""); got.status != tc.status || !strings.Contains(got.body.Error, tc.says) {
			t.Errorf("%s: %d %s, want %d with %q", tc.call, got.status, got.text, tc.status, tc.says)
		}
	}
}
