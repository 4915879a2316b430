package session_test

import (
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/redistest"
	"github.com/trektribe/bench/target/session"
)

// limits let a busy machine take its time: how long Redis is waited for is not the matter here.
func limits() cache.Limits {
	l := cache.DefaultLimits()
	l.Wait, l.Command, l.Probe = redistest.Timeout, redistest.Timeout, 10*time.Millisecond
	return l
}

// An instance is one hardened policy, and what it reported.
type instance struct {
	session.Sessions
	resynced *atomic.Int64
	close    func() error // safe to call twice
}

// hardened opens the policy on the Redis at addr, or without one.
func hardened(t *testing.T, addr string, lease time.Duration) instance {
	t.Helper()
	var scripts cache.Scripts
	var client *cache.Client
	if addr != "" {
		var err error
		if client, err = cache.BoundedClient("redis://"+addr, limits().Command); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close() })
		scripts = client
	}
	resynced := new(atomic.Int64)
	p := session.NewHardened(scripts, lease, limits(), session.Hooks{Log: slog.New(slog.DiscardHandler), Resynced: func() { resynced.Add(1) }})
	closed := false
	in := instance{p, resynced, func() error {
		if closed {
			return nil
		}
		closed = true
		return p.Close()
	}}
	t.Cleanup(func() {
		if err := in.close(); err != nil {
			t.Error(err)
		}
	})
	return in
}

// documented opens the policy on the document's service.
func documented(t *testing.T, addr string) session.Sessions {
	t.Helper()
	hooks := cache.Hooks{Log: slog.New(slog.DiscardHandler), Count: func(string, string, string) { t.Error("a session was counted as a look-up of the cache") }}
	if addr == "" {
		return session.NewDocumented(cache.NewDocumented(t.Context(), nil, hooks))
	}
	client, err := cache.DefaultClient("redis://" + addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return session.NewDocumented(cache.NewDocumented(t.Context(), client, hooks))
}

// made numbers sessions in the order in which they were opened.
func made(n int) session.Session {
	return session.Session{SocketID: fmt.Sprint("s", n), ConnectedAt: fmt.Sprintf("2026-11-27T09:00:00.%03dZ", n), UserAgent: "test", Instance: "1"}
}

// ids lists the sockets of a user.
func ids(t *testing.T, s session.Sessions, user string) []string {
	list, _ := s.Of(t.Context(), user)
	got := []string{}
	for _, o := range list {
		got = append(got, o.SocketID)
	}
	return got
}

func shows(t *testing.T, s session.Sessions, user string, want ...string) {
	t.Helper()
	if got := ids(t, s, user); !slices.Equal(got, want) {
		t.Errorf("%s has %v, want %v", user, got, want)
	}
}

// comes waits until s shows the sessions.
func comes(t *testing.T, s session.Sessions, user string, want ...string) {
	t.Helper()
	redistest.Until(t, fmt.Sprint(user, " with ", want), func() bool { return slices.Equal(ids(t, s, user), want) })
}
