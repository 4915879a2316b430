package target_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/redistest"
)

func (s *service) notify(id, user, text string) int {
	s.t.Helper()
	return s.call("POST", "/api/notifications", fmt.Sprintf(`{"id":%q,"userId":%q,"text":%q}`, id, user, text)).status
}

// texts are what has come, in order.
func (c *client) texts() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	got := []string{}
	for _, m := range c.got {
		got = append(got, m.Text)
	}
	return got
}

func (c *client) await(want ...string) {
	c.t.Helper()
	redistest.Until(c.t, fmt.Sprint("delivery of ", want), func() bool { return len(c.texts()) >= len(want) })
	if got := c.texts(); !slices.Equal(got, want) {
		c.t.Errorf("got %v, want %v", got, want)
	}
}

func TestNotificationsReachTheirUserOnEveryInstance(t *testing.T) {
	for _, policy := range policies {
		t.Run(policy, func(t *testing.T) {
			instances, _ := pair(t, redistest.Start(t), policy, nil)
			clients := []*client{instances[0].connect("7"), instances[1].connect("7"), instances[1].connect("7")}
			other := instances[0].connect("8")
			var want []string
			for i := range 20 {
				text := fmt.Sprint("text ", i)
				if status := instances[i%2].notify(fmt.Sprint(i), "7", text); status != 202 {
					t.Errorf("notification %d: %d, want 202", i, status)
				}
				want = append(want, text)
			}
			instances[0].notify("last", "8", "for you")
			for _, c := range clients {
				c.await(want...)
			}
			other.await("for you")
			if m := clients[0].got[3]; m.Type != "notification" || m.ID != "3" || m.UserID != "7" || m.Instance != "1" {
				t.Errorf("got %+v", m)
			}
			if n := instances[1].metric("notifications_total", `result="delivered"`); n != 40 {
				t.Errorf("%v delivered, want 40", n)
			}
			if n := instances[0].metric("notifications_total", `result="accepted"`); n != 11 {
				t.Errorf("%v accepted, want 11", n)
			}
		})
	}
}

// TestNotificationsAndAnOutage of Redis, for one instance and for both.
func TestNotificationsAndAnOutage(t *testing.T) {
	m := redistest.Start(t)
	instances, relays := pair(t, m, "hardened", nil)
	a, b := instances[0].connect("7"), instances[1].connect("7")
	instances[0].notify("1", "7", "before")
	b.await("before")
	relays[1].Refuse()
	instances[0].notify("2", "7", "to one")
	a.await("before", "to one")
	relays[0].Refuse()
	if status := instances[0].notify("3", "7", "to none"); status != 202 {
		t.Errorf("without Redis: %d, want 202", status)
	}
	a.await("before", "to one", "to none")
	m.FlushAll()
	for _, r := range relays {
		r.Listen()
	}
	b.await("before", "to one", "to none")
	instances[1].notify("4", "7", "after")
	instances[1].notify("4", "7", "after") // again
	instances[1].notify("5", "7", "last")
	for _, c := range []*client{a, b} {
		c.await("before", "to one", "to none", "after", "last")
	}
}

func TestNotificationsAreChecked(t *testing.T) {
	s := start(t, nil, target.Options{})
	for _, tc := range []struct {
		body   string
		status int
		says   string
	}{
		{"", 400, "no body"},
		{`{"id":"1","userId":"7"}`, 400, "text: want 1 to 2000 bytes"},
		{`{"id":"1","text":"x"}`, 400, "userId: want 1 to 100 bytes"},
		{`{"userId":"7","text":"x"}`, 400, "id: want"},
		{`{"id":"1","userId":"7","text":"x","at":1}`, 400, "at"},
		{`{"id":"1","userId":"7","text":"` + strings.Repeat("x", 2001) + `"}`, 400, "text: want"},
	} {
		if got := s.call("POST", "/api/notifications", tc.body); got.status != tc.status || !strings.Contains(got.body.Error, tc.says) {
			t.Errorf("%.60s: %d %s, want %d with %q", tc.body, got.status, got.text, tc.status, tc.says)
		}
	}
	c := s.connect("7")
	s.notify("1", "7", "alone")
	c.await("alone")
}
