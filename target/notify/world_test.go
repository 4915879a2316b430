package notify_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/notify"
	"github.com/trektribe/bench/target/redistest"
)

// limits let a busy machine take its time: how long Redis is waited for is not the matter here.
func limits() cache.Limits {
	l := cache.DefaultLimits()
	l.Wait, l.Command, l.Probe = redistest.Timeout, redistest.Timeout/10, 10*time.Millisecond // a connection that is dead costs a Command
	return l
}

// An instance is a policy, and what it has delivered and counted.
type instance struct {
	notify.Notifier
	t *testing.T

	mu      sync.Mutex
	got     []string // the texts, in order
	counts  map[string]int
	oldest  time.Time // of what is still delivered, as to a socket that was opened then
	tooLate int       // deliveries that were older
}

func newInstance(t *testing.T) *instance { return &instance{t: t, counts: map[string]int{}} }

func (in *instance) deliver(user string, text []byte, at time.Time) int {
	var m struct{ Type, ID, UserID, Text, Instance string }
	if err := json.Unmarshal(text, &m); err != nil || m.Type != "notification" || m.UserID != user || m.ID == "" || m.Instance == "" {
		in.t.Errorf("delivered %s to %s, %v", text, user, err)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if !at.IsZero() && at.Before(in.oldest) {
		in.tooLate++
		return 0
	}
	in.got = append(in.got, m.Text)
	return 1
}

func (in *instance) count(result string, n int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.counts[result] += n
}

func (in *instance) counted(result string) int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.counts[result]
}

func (in *instance) texts() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.got)
}

func (in *instance) hooks() notify.Hooks {
	return notify.Hooks{Log: slog.New(slog.DiscardHandler), Count: in.count}
}

// hardened opens the policy on the Redis at addr, or without one, attached.
func hardened(t *testing.T, addr string, decorate ...func(cache.Follower) cache.Follower) *instance {
	t.Helper()
	in := unattached(t, addr, decorate...)
	in.Attach()
	return in
}

func unattached(t *testing.T, addr string, decorate ...func(cache.Follower) cache.Follower) *instance {
	t.Helper()
	in := newInstance(t)
	var scripts cache.Scripts
	var follower cache.Follower
	if addr != "" {
		scripts, follower = open(t, addr), open(t, addr)
		for _, d := range decorate {
			follower = d(follower)
		}
	}
	p := notify.NewHardened(scripts, follower, "1", in.deliver, limits(), in.hooks())
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	in.Notifier = p
	return in
}

// open opens one client.
func open(t *testing.T, addr string) *cache.Client {
	t.Helper()
	client, err := cache.BoundedClient("redis://"+addr, limits().Command)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

// documented opens the document's policy, attached.
func documented(t *testing.T, addr string) *instance {
	t.Helper()
	in := newInstance(t)
	hooks := cache.Hooks{Log: slog.New(slog.DiscardHandler), Count: func(string, string, string) {}}
	service, pubsub := cache.NewDocumented(t.Context(), nil, hooks), cache.PubSub(nil)
	if addr != "" {
		client, err := cache.DefaultClient("redis://" + addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close() })
		service, pubsub = cache.NewDocumented(t.Context(), client, hooks), client
	}
	p := notify.NewDocumented(service.State, pubsub, "1", in.deliver, in.hooks())
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	in.Notifier = p
	p.Attach()
	return in
}

// send sends n numbered notifications to one user, from first on.
func send(t *testing.T, in *instance, from string, first, n int) {
	for i := range n {
		text := fmt.Sprint(from, " ", first+i)
		in.Send(t.Context(), notify.Notification{ID: text, UserID: "7", Text: text})
	}
}

// numbered is what send sends.
func numbered(from string, n int) (texts []string) {
	for i := range n {
		texts = append(texts, fmt.Sprint(from, " ", i))
	}
	return texts
}

// comes waits until in has delivered exactly want, in this order.
func comes(t *testing.T, in *instance, want []string) {
	t.Helper()
	redistest.Until(t, fmt.Sprint("delivery of ", len(want)), func() bool { return len(in.texts()) >= len(want) })
	if got := in.texts(); !slices.Equal(got, want) {
		t.Errorf("delivered %v, want %v", got, want)
	}
}
