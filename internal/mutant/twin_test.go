package mutant_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/coder/websocket"

	"github.com/trektribe/bench/internal/mutant"
	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/redistest"
)

// A twin is two instances that share a database and a Redis, behind a relay each.
type twin struct {
	t      *testing.T
	redis  *miniredis.Miniredis
	relays [2]*redistest.Relay
	urls   [2]string
}

const lease = 300 * time.Millisecond // of sessions; and soon after that a peer is found dead

func openTwin(t *testing.T, name string, whole bool) *twin {
	t.Helper()
	w := &twin{t: t, redis: redistest.Start(t)}
	path := t.TempDir() + "/trips.db"
	for i := range w.urls {
		opts := target.Options{}
		if !whole {
			m, err := mutant.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			opts = m.Options()
		}
		if name != "session-unbounded" {
			opts.Limits = func(l cache.Limits) cache.Limits { l.Wait, l.Command = long, long; return l } // a busy machine takes its time
		}
		w.relays[i] = redistest.Before(t, w.redis.Addr())
		w.urls[i] = serve(t, opts, map[string]string{"REDIS_URL": "redis://" + w.relays[i].Addr, "INSTANCE": strconv.Itoa(i),
			"SQLITE_PATH": path, "SESSION_LEASE": lease.String(), "PING_INTERVAL": "100ms", "PING_TIMEOUT": "2s"})
	}
	return w
}

// call returns the status, 0 being no answer within timeout, and decodes the body.
func (w *twin) call(instance int, method, path, body string, into any, timeout time.Duration) (status int, source string) {
	req, err := http.NewRequest(method, w.urls[instance]+path, strings.NewReader(body))
	if err != nil {
		w.t.Error(err)
		return 0, ""
	}
	resp, err := (&http.Client{Timeout: timeout}).Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil && err != io.EOF {
		w.t.Error(err)
	}
	return resp.StatusCode, resp.Header.Get("X-Source")
}

func (w *twin) book(instance int, id, organizer string) {
	var answer any
	if status, _ := w.call(instance, "POST", "/api/bookings", fmt.Sprintf(`{"bookingId":%q,"organizerId":%q}`, id, organizer), &answer, long); status != http.StatusCreated {
		w.t.Errorf("a booking: %d %v", status, answer)
	}
}

type standing struct {
	OrganizerID string
	Score       int
}

// top is the leaderboard, once it comes from Redis.
func (w *twin) top(instance int) []standing {
	var top []standing
	if !w.within(long, func() bool {
		var answer struct{ Top []standing }
		_, source := w.call(instance, "GET", "/api/leaderboard", "", &answer, long)
		top = answer.Top
		return source == "redis"
	}) {
		w.t.Error("the leaderboard does not come from Redis")
	}
	return top
}

func (w *twin) score(instance int, organizer string) int {
	for _, s := range w.top(instance) {
		if s.OrganizerID == organizer {
			return s.Score
		}
	}
	return 0
}

func (w *twin) online(instance int) int {
	var answer struct{ Sessions []any }
	w.call(instance, "GET", "/api/users/7/sessions", "", &answer, long)
	return len(answer.Sessions)
}

// stays watches whether an instance shows n sessions for far longer than the whole service does.
func (w *twin) stays(instance, n int) bool {
	return !w.within(10*lease, func() bool { return w.online(instance) != n })
}

// within waits for a condition, polling, and reports whether it came about in time.
func (w *twin) within(timeout time.Duration, ok func() bool) bool {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(timeout); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// ghosts has instance 0 die, as seen from Redis, and 1 live on.
func (w *twin) ghosts() bool {
	w.connect(0)
	w.connect(1)
	w.relays[0].Refuse()
	return w.stays(1, 2)
}

// A listening is a socket of user 7, and the ids that have come on it.
type listening struct {
	*websocket.Conn
	mu  sync.Mutex
	ids []string
}

func (w *twin) dial(instance int) *websocket.Conn {
	conn, _, err := websocket.Dial(w.t.Context(), "ws"+strings.TrimPrefix(w.urls[instance], "http")+"/ws?user=7", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { conn.CloseNow() })
	if _, _, err := conn.Read(w.t.Context()); err != nil { // that it is connected
		w.t.Fatal(err)
	}
	return conn
}

func (w *twin) connect(instance int) *listening {
	l := &listening{Conn: w.dial(instance)}
	go func() {
		for {
			_, text, err := l.Read(context.Background())
			if err != nil {
				return
			}
			var m struct{ ID string }
			json.Unmarshal(text, &m)
			l.mu.Lock()
			l.ids = append(l.ids, m.ID)
			l.mu.Unlock()
		}
	}()
	return l
}

func (l *listening) got() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.ids)
}

func (l *listening) count(id string) (n int) {
	for _, got := range l.got() {
		if got == id {
			n++
		}
	}
	return n
}

func (w *twin) notify(instance int, id string) {
	var answer any
	if status, _ := w.call(instance, "POST", "/api/notifications", fmt.Sprintf(`{"id":%q,"userId":"7","text":"x"}`, id), &answer, long); status != http.StatusAccepted {
		w.t.Errorf("a notification: %d %v", status, answer)
	}
}

// reaches sends notifications to instance 0 until one reaches l, or for longer than the whole service takes.
func (w *twin) reaches(l *listening) bool {
	for began, n := time.Now(), 0; time.Since(began) < 3*time.Second; n++ {
		id := fmt.Sprint("marker ", n)
		w.notify(0, id)
		if w.within(50*time.Millisecond, func() bool { return l.count(id) > 0 }) {
			return true
		}
	}
	return false
}
