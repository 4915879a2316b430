package target_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/redistest"
	"github.com/trektribe/bench/target/store"
)

func (s *service) book(id, organizer string) int {
	s.t.Helper()
	return s.call("POST", "/api/bookings", fmt.Sprintf(`{"bookingId":%q,"organizerId":%q}`, id, organizer)).status
}

func TestBookingsAreOnTheLeaderboard(t *testing.T) {
	for _, policy := range policies {
		t.Run(policy, func(t *testing.T) {
			redis, path := redistest.Start(t), t.TempDir()+"/trips.db"
			var instances []*service
			for i := range 2 {
				instances = append(instances, start(t, map[string]string{"CACHE_POLICY": policy, "REDIS_URL": "redis://" + redis.Addr(),
					"SQLITE_PATH": path, "INSTANCE": strconv.Itoa(i)}, target.Options{}))
			}
			if got := instances[0].call("GET", "/api/leaderboard", ""); got.status != 200 || got.text != `{"top":[]}`+"\n" {
				t.Errorf("at first: %d %s", got.status, got.text)
			}
			for i, organizer := range []string{"a", "b", "b", "c", "c", "c"} {
				if status := instances[i%2].book(strconv.Itoa(i), organizer); status != 201 {
					t.Errorf("booking %d: %d, want 201", i, status)
				}
			}
			want := []store.Score{{OrganizerID: "c", Score: 3}, {OrganizerID: "b", Score: 2}, {OrganizerID: "a", Score: 1}}
			for _, s := range instances {
				if got := s.call("GET", "/api/leaderboard", ""); !slices.Equal(got.body.Top, want) {
					t.Errorf("shows %s, want %v", got.text, want)
				}
			}
			want[2].Score++
			if instances[1].book("0", "a"); policy == "hardened" { // for which that is the same booking again
				want[2].Score--
				if status := instances[0].book("0", "b"); status != 409 {
					t.Errorf("a booking of another organizer: %d, want 409", status)
				}
			}
			if got := instances[0].call("GET", "/api/leaderboard", ""); !slices.Equal(got.body.Top, want) {
				t.Errorf("repeated: %s, want %v", got.text, want)
			}
		})
	}
}

func TestBookingsAndRedisGoApart(t *testing.T) {
	m := redistest.Start(t)
	s := start(t, map[string]string{"REDIS_URL": "redis://" + m.Addr()}, target.Options{})
	await := func(source string) {
		t.Helper()
		for deadline := time.Now().Add(redistest.Timeout); s.call("GET", "/api/leaderboard", "").header.Get("X-Source") != source; {
			if time.Now().After(deadline) {
				t.Fatalf("the leaderboard is not from the %s", source)
			}
		}
	}
	s.book("1", "a")
	await("redis")
	m.SetError("LOADING")
	if status := s.book("2", "a"); status != 201 {
		t.Errorf("without Redis: %d, want 201", status)
	}
	await("database")
	m.SetError("")
	m.FlushAll()
	await("redis")
	if got := s.call("GET", "/api/leaderboard", ""); !slices.Equal(got.body.Top, []store.Score{{OrganizerID: "a", Score: 2}}) {
		t.Errorf("afterwards: %s", got.text)
	}
	if n := s.metric("leaderboard_reconciled_total"); n < 2 {
		t.Errorf("reconciled %v times, want 2 at least", n)
	}
	if !strings.Contains(s.log.String(), "the leaderboard is reconciled with the database") {
		t.Error("the log does not mention it")
	}
	d := start(t, map[string]string{"REDIS_URL": "redis://" + m.Addr(), "CACHE_POLICY": "documented"}, target.Options{})
	m.SetError("LOADING")
	if status := d.book("1", "a"); status != 500 {
		t.Errorf("documented, without Redis: %d, want 500", status)
	}
	if got := d.call("GET", "/api/leaderboard", ""); got.status != 500 {
		t.Errorf("documented, without Redis: %d %s, want 500", got.status, got.text)
	}
}

func TestBookingsAreChecked(t *testing.T) {
	s := start(t, nil, target.Options{})
	for _, tc := range []struct {
		body   string
		status int
		says   string
	}{
		{"", 400, "no body"},
		{`{"bookingId":"1"}`, 400, "organizerId: want 1 to 100 bytes"},
		{`{"bookingId":" ","organizerId":"a"}`, 400, "bookingId: want"},
		{`{"bookingId":1,"organizerId":"a"}`, 400, "bookingId"},
		{`{"bookingId":"1","organizerId":"a","seats":2}`, 400, "seats"},
		{`{"bookingId":"1","organizerId":"` + strings.Repeat("x", 101) + `"}`, 400, "organizerId: want"},
		{`{"bookingId":"1","organizerId":"a"}` + strings.Repeat(" ", 100_000), 413, "65536"},
	} {
		if got := s.call("POST", "/api/bookings", tc.body); got.status != tc.status || !strings.Contains(got.body.Error, tc.says) {
			t.Errorf("%.60s: %d %s, want %d with %q", tc.body, got.status, got.text, tc.status, tc.says)
		}
	}
	if got := s.call("GET", "/api/bookings", ""); got.status != 405 || got.header.Get("Allow") != "POST" {
		t.Errorf("GET: %d, allowed %s", got.status, got.header.Get("Allow"))
	}
	if got := s.call("POST", "/api/leaderboard", ""); got.status != 405 || got.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d, allowed %s", got.status, got.header.Get("Allow"))
	}
	if got := s.call("GET", "/api/leaderboard", ""); len(got.body.Top) != 0 {
		t.Errorf("a refused booking counts: %s", got.text)
	}
}
