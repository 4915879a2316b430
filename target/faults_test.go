package target_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/trektribe/bench/target/redistest"
)

// TestCountsStayExactThroughFaults books and notifies at two instances while Redis is refused, stalled, emptied and
// answers with errors, for one instance or for both, in an order by chance.
func TestCountsStayExactThroughFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 6 s")
	}
	const workers = 4
	m := redistest.Start(t)
	instances, relays := pair(t, m, "hardened", map[string]string{"SESSION_LEASE": "1s"})
	clients := []*client{instances[0].connect("7"), instances[1].connect("7")}
	ctx, stop := context.WithTimeout(t.Context(), 6*time.Second)
	defer stop()
	var booked, notified [workers]int
	var wg sync.WaitGroup
	for w := range workers {
		s, organizer := instances[w%2], fmt.Sprint("o", w)
		wg.Go(func() {
			for ; ctx.Err() == nil; booked[w]++ {
				post(t, s, "/api/bookings", http.StatusCreated, fmt.Sprintf(`{"bookingId":"%d %d","organizerId":"o%d"}`, w, booked[w], w))
				if n := s.scores()[organizer]; n < int64(booked[w]+1) {
					t.Errorf("%s has %d, of %d that were confirmed here", organizer, n, booked[w]+1)
				}
			}
		})
		wg.Go(func() {
			pace := time.NewTicker(5 * time.Millisecond) // what is missed stays below what is sent again to an emptied Redis
			defer pace.Stop()
			for ; ctx.Err() == nil; notified[w]++ {
				<-pace.C
				post(t, s, "/api/notifications", http.StatusAccepted, fmt.Sprintf(`{"id":"%d %d","userId":"7","text":"%d %d"}`, w, notified[w], w, notified[w]))
			}
		})
	}
	seed := rand.Uint64()
	t.Log("seed", seed)
	hurt(ctx, rand.New(rand.NewPCG(seed, 1)), m, relays)
	wg.Wait()
	for _, s := range instances {
		redistest.Until(t, "leaderboard from Redis", func() bool { return s.call("GET", "/api/leaderboard", "").header.Get("X-Source") == "redis" })
		want := map[string]int64{}
		for w, n := range booked {
			want[fmt.Sprint("o", w)] = int64(n)
		}
		redistest.Until(t, fmt.Sprint("leaderboard with ", want), func() bool { return maps.Equal(s.scores(), want) }) // the other may have been cut off
		redistest.Until(t, "both sessions", func() bool { return len(s.online("7")) == 2 })
	}
	for i, c := range clients {
		for w, n := range notified {
			of := func() []string {
				return slices.DeleteFunc(c.texts(), func(text string) bool { return !strings.HasPrefix(text, fmt.Sprint(w, " ")) })
			}
			redistest.Until(t, "delivery", func() bool { return len(of()) >= n })
			for k, text := range of() {
				if want := fmt.Sprint(w, " ", k); text != want {
					t.Errorf("client %d: notification %d is %q, want %q", i, k, text, want)
					break
				}
			}
		}
	}
}

// hurt does one thing after the other to Redis, until ctx ends.
func hurt(ctx context.Context, r *rand.Rand, m *miniredis.Miniredis, relays [2]*redistest.Relay) {
	wait := func(most time.Duration) {
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(r.Int64N(int64(most)))):
		}
	}
	for ctx.Err() == nil {
		wait(500 * time.Millisecond)
		switch one := relays[r.IntN(2)]; r.IntN(6) {
		case 0:
			one.Refuse()
			wait(time.Second)
			one.Listen()
		case 1:
			one.Stall()
			wait(time.Second)
			one.Resume()
		case 2:
			one.Lose(1 + r.IntN(5))
		case 3:
			m.FlushAll()
		case 4:
			relays[0].Refuse()
			relays[1].Refuse()
			wait(time.Second)
			m.FlushAll()
			relays[0].Listen()
			relays[1].Listen()
		case 5:
			m.SetError("LOADING")
			wait(time.Second)
			m.SetError("")
		}
	}
}

func post(t *testing.T, s *service, path string, want int, body string) {
	resp, err := http.Post(s.url+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != want {
		t.Errorf("%s: %d, want %d", body, resp.StatusCode, want)
	}
}

// scores are those of the leaderboard.
func (s *service) scores() map[string]int64 {
	scores := map[string]int64{}
	for _, o := range s.call("GET", "/api/leaderboard", "").body.Top {
		scores[o.OrganizerID] = o.Score
	}
	return scores
}
