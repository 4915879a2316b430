package load_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// What an answer lists is kept for the history. What the history could not keep apart is of the wrong shape.
func TestAnswersAreKept(t *testing.T) {
	const board, sessions = "/api/leaderboard", "/api/users/{id}/sessions"
	tests := []struct {
		name, path, body, want string
		failure                history.Failure
	}{
		{"board", board, `{"top":[{"organizerId":"b","score":3},{"score":"2","organizerId":7},{"organizerId":"a\u0062","score":0}]}`, "b=3\n7=2\nab=0", ""},
		{"board that is empty", board, `{"top":[ ]}`, "-", ""},
		{"score that is no number", board, `{"top":[{"organizerId":"b","score":"many"}]}`, "", history.Shape},
		{"score that is not whole", board, `{"top":[{"organizerId":"b","score":1.5}]}`, "", history.Shape},
		{"score that is an object", board, `{"top":[{"organizerId":"b","score":{}}]}`, "", history.Shape},
		{"organizer with an equals sign", board, `{"top":[{"organizerId":"a=b","score":3}]}`, "", history.Shape},
		{"organizer without an id", board, `{"top":[{"organizerId":"","score":3}]}`, "", history.Shape},
		{"organizer that is an object", board, `{"top":[{"organizerId":{},"score":3}]}`, "", history.Shape},
		{"sessions", sessions, `{"sessions":[{"socketId":"s2"},{"socketId":1,"instance":"1"}]}`, "s2\n1", ""},
		{"no session", sessions, `{"sessions":[]}`, "-", ""},
		{"socket with a line end", sessions, `{"sessions":[{"socketId":"a\nb"}]}`, "", history.Shape},
		{"socket that reads as none", sessions, `{"sessions":[{"socketId":"-"}]}`, "", history.Shape},
		{"null for a session", sessions, `{"sessions":[null]}`, "", history.Shape},
		{"endless session", sessions, `{"sessions":[{"socketId":"` + strings.Repeat("x", 1<<20) + `"}]}`, "", history.Shape},
		{"another list", "/api/trips", `{"trips":[{"socketId":"a"}]}`, "", ""},
		{"another entity", "/api/users/{id}", `{"user":{"id":"1"},"sessions":[{"socketId":"a"}]}`, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := stream(serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, tt.body) }), 2, time.Millisecond) // twice: also what is remembered
			s.Path, s.Keys.N, s.Timeout = tt.path, 1, time.Minute
			got, _ := run(t, history.NewClock(), s)
			for _, r := range got {
				if r.Answer != tt.want || r.Failure != tt.failure || r.Ref != "" {
					t.Errorf("request %d: answer %q, failure %q, ref %q; want %q, %q and none", r.Seq, r.Answer, r.Failure, r.Ref, tt.want, tt.failure)
				}
			}
		})
	}
	t.Run("of a failed call", func(t *testing.T) {
		s := stream(serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			io.WriteString(w, `{"top":[{"organizerId":"b","score":3}]}`)
		}), 1, time.Millisecond)
		s.Path = board
		if got, _ := run(t, history.NewClock(), s); got[0].Answer != "" {
			t.Errorf("answer %q of %+v, want none", got[0].Answer, got[0])
		}
	})
}

// The history names the booking or notification that a request is about, also of one that failed.
func TestRequestsNameWhatTheyAreAbout(t *testing.T) {
	var mu sync.Mutex
	sent := map[string]int{}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		sent[string(body)]++
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	tests := []struct{ path, body, want string }{
		{"/api/bookings", `{"bookingId":"{uuid}","organizerId":"7"}`, `{"bookingId":"REF","organizerId":"7"}`},
		{"/api/bookings", `{"bookingId":{seq}}`, `{"bookingId":REF}`},
		{"/api/bookings?dry=1", `{"id":"{uuid}","bookingId":"b\u0037"}`, ``},
		{"/api/notifications", `{"id":"{uuid}","userId":"{id}","text":"hi"}`, `{"id":"REF","userId":"1","text":"hi"}`},
		{"/api/bookings", `{"organizerId":"7"}`, ``},
		{"/api/bookings", `["{uuid}"]`, ``},
		{"/api/payments", `{"id":"{uuid}","bookingId":"{uuid}"}`, ``},
	}
	for i, tt := range tests {
		s := stream(url, 2, time.Millisecond)
		s.Method, s.Path, s.Body, s.Keys.N = http.MethodPost, tt.path, tt.body, 1
		got, _ := run(t, history.NewClock(), s)
		for _, r := range got {
			switch known := map[int]string{2: "b7"}[i]; {
			case tt.want == "" && r.Ref != known:
				t.Errorf("%s with %s: ref %q, want %q", tt.path, tt.body, r.Ref, known)
			case tt.want != "" && sent[strings.Replace(tt.want, "REF", r.Ref, 1)] != 1:
				t.Errorf("%s with %s: ref %q is not of one of %v", tt.path, tt.body, r.Ref, sent)
			}
		}
		if got[0].Ref == got[1].Ref && tt.want != "" {
			t.Errorf("%s: both are about %q", tt.path, got[0].Ref)
		}
	}
	s := stream(url, 2, time.Microsecond)
	s.Method, s.Path, s.Body, s.Timeout = http.MethodPost, "/api/bookings", `{"bookingId":"b{seq}"}`, 1
	clock := history.NewClock()
	until(t, "the timeouts passed", func() bool { return clock.Now() > time.Millisecond })
	if got, _ := run(t, clock, s); got[1].Failure != history.Unsent || got[1].Ref != "b1" {
		t.Errorf("%+v, want booking b1 never sent", got[1])
	}
}
