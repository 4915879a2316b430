package load_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
)

func TestAnswersAreChecked(t *testing.T) {
	const jsonType = "application/json; charset=utf-8"
	const ok = history.Failure("")
	tests := []struct {
		name         string
		method, path string
		status       int
		header       string // X-Source
		contentType  string
		body         string // KEY stands for the id asked for
		failure      history.Failure
		source       string
		version      int64
	}{
		{"list", "GET", "/api/trips", 200, "", "", `{"trips":[{"id":1}],"source":"cache"}`, ok, "cache", 0},
		{"list with a query", "GET", "/api/trips?page=2", 200, "", "", ` { "trips" : [ 1 ] } `, ok, "", 0},
		{"header beats body", "GET", "/api/trips", 200, "redis", "", `{"trips":[1],"source":"cache"}`, ok, "redis", 0},
		{"unknown header", "GET", "/api/trips", 200, "tape", "", `{"trips":[1],"source":"database"}`, ok, "database", 0},
		{"unknown source", "GET", "/api/trips", 200, "", "", `{"trips":[1],"source":"tape"}`, ok, "", 0},
		{"source of another type", "GET", "/api/trips", 200, "", "", `{"trips":[1],"source":7}`, ok, "", 0},
		{"empty list", "GET", "/api/trips", 200, "redis", "", `{"trips":[ ],"source":"cache"}`, history.Shape, "redis", 0},
		{"no list", "GET", "/api/trips", 200, "", "", `{"source":"cache"}`, history.Shape, "", 0},
		{"null for a list", "GET", "/api/trips", 200, "", "", `{"trips":null}`, history.Shape, "", 0},
		{"object for a list", "GET", "/api/trips", 200, "", "", `{"trips":{"1":1}}`, history.Shape, "", 0},
		{"cut list", "GET", "/api/trips", 200, "", "", `{"trips":[1`, history.Shape, "", 0},
		{"bare list", "GET", "/api/trips", 200, "", "", `[1]`, history.Shape, "", 0},
		{"empty body", "GET", "/api/trips", 200, "", "", ``, history.Shape, "", 0},
		{"endless body", "GET", "/api/trips", 200, "", "", strings.Repeat(" ", 4<<20) + `{"trips":[1]}`, history.Shape, "", 0},
		{"trip", "GET", "/api/trips/{id}", 200, "", "", `{"trip":{"id":"KEY","version":3},"source":"database"}`, ok, "database", 3},
		{"trip with a number", "GET", "/api/trips/{id}", 200, "memory", "", `{"trip":{"id":KEY,"version":1}}`, ok, "memory", 1},
		{"put", "PUT", "/api/trips/{id}", 200, "", "", `{"trip":{"id":"KEY","version":4}}`, ok, "", 4},
		{"created", "PUT", "/api/trips/{id}", 201, "", "", `{"trip":{"id":"KEY","version":1}}`, ok, "", 1},
		{"somebody else's trip", "GET", "/api/trips/{id}", 200, "", "", `{"trip":{"id":"0KEY","version":3}}`, history.Shape, "", 0},
		{"no id", "GET", "/api/trips/{id}", 200, "", "", `{"trip":{"version":3}}`, history.Shape, "", 0},
		{"no trip", "GET", "/api/trips/{id}", 200, "", "", `{"trip":null}`, history.Shape, "", 0},
		{"no version", "GET", "/api/trips/{id}", 200, "", "", `{"trip":{"id":"KEY"}}`, history.Shape, "", 0},
		{"version 0", "GET", "/api/trips/{id}", 200, "", "", `{"trip":{"id":"KEY","version":0}}`, history.Shape, "", 0},
		{"broken version", "GET", "/api/trips/{id}", 200, "", "", `{"trip":{"id":"KEY","version":1.5}}`, history.Shape, "", 0},
		{"user", "GET", "/api/users/{id}", 200, "", "", `{"user":{"id":"KEY","version":2,"name":"Ana"},"source":"cache"}`, ok, "cache", 2},
		{"user with a number", "GET", "/api/users/{id}?full=1", 200, "redis", "", `{"user":{"version":1,"id":KEY}}`, ok, "redis", 1},
		{"user without a version", "GET", "/api/users/{id}", 200, "", "", `{"user":{"id":"KEY"},"source":"database"}`, ok, "database", 0},
		{"user with no version", "GET", "/api/users/{id}", 200, "", "", `{"user":{"id":"KEY","version":null}}`, ok, "", 0},
		{"user of version 0", "GET", "/api/users/{id}", 200, "", "", `{"user":{"id":"KEY","version":0}}`, history.Shape, "", 0},
		{"user of a broken version", "GET", "/api/users/{id}", 200, "", "", `{"user":{"id":"KEY","version":"two"}}`, history.Shape, "", 0},
		{"somebody else", "GET", "/api/users/{id}", 200, "", "", `{"user":{"id":"0KEY","version":2}}`, history.Shape, "", 0},
		{"nobody", "GET", "/api/users/{id}", 200, "", "", `{"user":{"id":null,"version":2}}`, history.Shape, "", 0},
		{"no user", "GET", "/api/users/{id}", 200, "", "", `{"id":"KEY","version":2}`, history.Shape, "", 0},
		{"list of users", "GET", "/api/users/{id}", 200, "", "", `{"user":[{"id":"KEY","version":2}]}`, history.Shape, "", 0},
		{"recommendations", "GET", "/api/recommendations/{user}", 200, "", "", `{"userId":"KEY","recommendations":[{"id":1}],"source":"ai"}`, ok, "ai", 0},
		{"recommendations by number", "GET", "/api/recommendations/{user}", 200, "", "", `{"userId":KEY,"recommendations":["1"],"source":"cache"}`, ok, "cache", 0},
		{"recommendations for whom is not said", "GET", "/api/recommendations/{user}", 200, "", "", `{"recommendations":[1],"source":"ai"}`, ok, "ai", 0},
		{"recommendations for null", "GET", "/api/recommendations/{user}", 200, "", "", `{"userId":null,"recommendations":[1]}`, ok, "", 0},
		{"recommendations for somebody else", "GET", "/api/recommendations/{user}", 200, "", "", `{"userId":"0KEY","recommendations":[1]}`, history.Shape, "", 0},
		{"nothing recommended", "GET", "/api/recommendations/{user}", 200, "", "", `{"userId":"KEY","recommendations":[],"source":"ai"}`, history.Shape, "", 0},
		{"no recommendations", "GET", "/api/recommendations/{user}", 200, "", "", `{"userId":"KEY","trips":[1]}`, history.Shape, "", 0},
		{"sessions", "GET", "/api/users/{id}/sessions", 200, "", "", `{"sessions":[{"socketId":"a","instance":"1"},{"socketId":7}]}`, ok, "", 0},
		{"no session", "GET", "/api/users/{id}/sessions", 200, "redis", "", `{"sessions":[]}`, ok, "redis", 0},
		{"session without a socket", "GET", "/api/users/{id}/sessions", 200, "", "", `{"sessions":[{"socketId":"a"},{"instance":"1"}]}`, history.Shape, "", 0},
		{"no list of sessions", "GET", "/api/users/{id}/sessions", 200, "", "", `{"sessions":null}`, history.Shape, "", 0},
		{"leaderboard", "GET", "/api/leaderboard", 200, "", "", `{"top":[{"organizerId":"7","score":3},{"organizerId":8,"score":0}]}`, ok, "", 0},
		{"empty leaderboard", "GET", "/api/leaderboard", 200, "", "", `{"top":[]}`, ok, "", 0},
		{"leaderboard without scores", "GET", "/api/leaderboard", 200, "", "", `{"top":[{"organizerId":"7","score":null}]}`, history.Shape, "", 0},
		{"leaderboard of names", "GET", "/api/leaderboard", 200, "", "", `{"top":["7"]}`, history.Shape, "", 0},
		{"leaderboard of eleven", "GET", "/api/leaderboard", 200, "", "", `{"top":[` + strings.Repeat(`{"organizerId":"7","score":1},`, 10) + `{"organizerId":"7","score":1}]}`, history.Shape, "", 0},
		{"booking", "POST", "/api/bookings", 201, "", jsonType, `{"bookingId":"b"}`, ok, "", 0},
		{"booking without an answer", "POST", "/api/bookings", 201, "", "", ``, ok, "", 0},
		{"booking, falsely JSON", "POST", "/api/bookings", 201, "", jsonType, `booked`, history.Shape, "", 0},
		{"booking that is not new", "POST", "/api/bookings", 200, "", "", `{}`, history.Status, "", 0},
		{"booking over the limit", "POST", "/api/bookings", 429, "", jsonType, `{"error":"slow down"}`, history.Limited, "", 0},
		{"notification", "POST", "/api/notifications", 202, "", "", ``, ok, "", 0},
		{"notification that is done", "POST", "/api/notifications", 200, "", "", ``, history.Status, "", 0},
		{"other, with source", "GET", "/api/things/{id}", 200, "", jsonType, `{"id":"KEY","source":"cache"}`, ok, "cache", 0},
		{"other, a problem document", "GET", "/x", 200, "", "application/problem+json", `{`, history.Shape, "", 0},
		{"other, a bare value", "GET", "/x", 200, "", jsonType, `[1,2]`, ok, "", 0},
		{"other, not JSON", "GET", "/metrics", 200, "", "text/plain", `trips 1`, ok, "", 0},
		{"other, falsely JSON", "GET", "/x", 200, "", jsonType, `trips 1`, history.Shape, "", 0},
		{"refusal", "GET", "/api/trips", 429, "redis", "", `{"error":"slow down"}`, history.Limited, "redis", 0},
		{"refusal with an object", "GET", "/api/trips", 429, "", "", `{"error":{"code":7}}`, history.Limited, "", 0},
		{"refusal that says nothing", "GET", "/api/trips", 429, "", "", `{}`, history.Status, "", 0},
		{"refusal with null", "GET", "/api/trips", 429, "", "", `{"error":null}`, history.Status, "", 0},
		{"refusal that is no JSON", "GET", "/api/trips", 429, "", "", `slow down`, history.Status, "", 0},
		{"refusal that is a list", "GET", "/api/trips", 429, "", "", `[]`, history.Status, "", 0},
		{"error", "GET", "/api/trips", 500, "", "", `{"trips":[1],"source":"cache"}`, history.Status, "", 0},
		{"not followed", "GET", "/api/trips", 302, "", "", ``, history.Status, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var size atomic.Int64
			s := stream(serve(t, func(w http.ResponseWriter, r *http.Request) {
				body := strings.ReplaceAll(tt.body, "KEY", r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
				size.Store(int64(len(body)))
				w.Header().Set("X-Source", tt.header)
				w.Header().Set("Content-Type", tt.contentType)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				io.WriteString(w, body)
			}), 2, time.Millisecond) // twice: what is remembered is judged alike
			s.Method, s.Path, s.Keys.N, s.Timeout = tt.method, tt.path, 1, time.Minute
			if tt.method == http.MethodPost {
				s.Body = "{}"
			}
			got, _ := run(t, history.NewClock(), s)
			for _, r := range got {
				if r.Failure != tt.failure || r.Source != tt.source || r.Version != tt.version || r.Status != tt.status {
					t.Errorf("request %d: status %d, failure %q, source %q, version %d; want %d, %q, %q, %d",
						r.Seq, r.Status, r.Failure, r.Source, r.Version, tt.status, tt.failure, tt.source, tt.version)
				}
				if n := int(size.Load()); r.Bytes != n && n < 1<<20 {
					t.Errorf("request %d: %d bytes, want %d", r.Seq, r.Bytes, n)
				}
			}
			if len(got) != 2 {
				t.Errorf("%d requests recorded, want 2", len(got))
			}
		})
	}
}

// What a stream expects takes the place of what the service contract does.
func TestExpectedStatuses(t *testing.T) {
	const ok = history.Failure("")
	for _, tt := range []struct {
		expect  []int
		status  int
		body    string
		failure history.Failure
	}{
		{[]int{200, 429}, 200, `{"trips":[1]}`, ok},
		{[]int{200, 429}, 200, `{"trips":[]}`, history.Shape},
		{[]int{200, 429}, 429, `{"error":"slow down"}`, ok},
		{[]int{200, 429}, 429, `{}`, history.Shape},
		{[]int{200, 429}, 503, `{"error":"down"}`, history.Status},
		{[]int{200, 429}, 204, ``, history.Status},
		{[]int{200}, 429, `{"error":"slow down"}`, history.Limited},
		{[]int{404}, 404, `{"error":"no such trip"}`, ok},
		{[]int{404}, 404, `nothing`, history.Shape},
		{[]int{404}, 200, `{"trips":[1]}`, history.Status},
	} {
		s := stream(serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(tt.status)
			io.WriteString(w, tt.body)
		}), 1, time.Millisecond)
		s.Path, s.Expect = "/api/trips", tt.expect
		got, _ := run(t, history.NewClock(), s)
		if r := got[0]; r.Failure != tt.failure || r.Status != tt.status {
			t.Errorf("expect %v, status %d with %s: %q, status %d; want %q", tt.expect, tt.status, tt.body, r.Failure, r.Status, tt.failure)
		}
	}
}

// A version goes back only where an answer that was complete before the request
// left had a higher one, on the same instance.
func TestVersionsThatGoBack(t *testing.T) {
	trip := func(w http.ResponseWriter, r *http.Request, version int) {
		fmt.Fprintf(w, `{"trip":{"id":%q,"version":%d}}`, r.PathValue("id"), version)
	}
	mux := func(h http.HandlerFunc) http.HandlerFunc {
		m := http.NewServeMux()
		m.HandleFunc("/api/trips/{id}", h)
		return m.ServeHTTP
	}
	t.Run("one after the other", func(t *testing.T) {
		versions := make(chan int, 5)
		for _, v := range []int{2, 3, 2, 3, 1} {
			versions <- v
		}
		s := stream(serve(t, mux(func(w http.ResponseWriter, r *http.Request) { trip(w, r, <-versions) })), 5, time.Millisecond)
		s.Path, s.Keys.N, s.Workers = "/api/trips/{id}", 1, 1
		got, _ := run(t, history.NewClock(), s)
		for i, want := range []history.Failure{"", "", history.Backward, "", history.Backward} {
			if got[i].Failure != want {
				t.Errorf("answer %d, version %d: %q, want %q", i, got[i].Version, got[i].Failure, want)
			}
		}
	})
	t.Run("of a user, who need not say one", func(t *testing.T) {
		users := make(chan string, 4)
		for _, version := range []string{`,"version":2`, ``, `,"version":1`, `,"version":2`} {
			users <- `{"user":{"id":"1"` + version + `}}`
		}
		s := stream(serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, <-users) }), 4, time.Millisecond)
		s.Path, s.Keys.N, s.Workers = "/api/users/{id}", 1, 1
		got, _ := run(t, history.NewClock(), s)
		for i, want := range []history.Failure{"", "", history.Backward, ""} {
			if got[i].Failure != want {
				t.Errorf("answer %d, version %d: %q, want %q", i, got[i].Version, got[i].Failure, want)
			}
		}
	})
	t.Run("under way together", func(t *testing.T) {
		var first atomic.Bool
		overtaken := make(chan struct{})
		s := stream(serve(t, mux(func(w http.ResponseWriter, r *http.Request) {
			if first.CompareAndSwap(false, true) {
				<-overtaken
				trip(w, r, 1)
				return
			}
			trip(w, r, 2)
		})), 2, time.Millisecond)
		s.Path, s.Keys.N = "/api/trips/{id}", 1
		var got []history.Request
		load.Run(t.Context(), history.NewClock(), []load.Stream{s}, noPhase, func(r history.Request) {
			if got = append(got, r); len(got) == 1 {
				close(overtaken)
			}
		}, nil)
		if len(got) != 2 || got[0].Version != 2 {
			t.Fatalf("got %v, want version 2 and then 1", got)
		}
		for _, r := range got {
			if !r.OK() {
				t.Errorf("version %d: %q, want none", r.Version, r.Failure)
			}
		}
	})
	t.Run("after a change by another stream", func(t *testing.T) {
		h := mux(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut {
				trip(w, r, 5)
				return
			}
			trip(w, r, 4)
		})
		one, two := serve(t, h), serve(t, h)
		put := stream(one, 1, time.Millisecond)
		put.Name, put.Method, put.Path, put.Keys.N = "change", "PUT", "/api/trips/{id}", 1
		get := put
		get.Name, get.Method, get.Workers = "trip", "GET", 1
		get.Start, get.From, get.To, get.For = 300*time.Millisecond, 100, 100, 15*time.Millisecond
		get.Targets = append(get.Targets[:1:1], get.Targets[0])
		get.Targets[1].Instance, get.Targets[1].URL = "2", two
		got, _ := run(t, history.NewClock(), put, get)
		if got[0].Failure != "" || got[0].Version != 5 {
			t.Fatalf("change: %q, version %d", got[0].Failure, got[0].Version)
		}
		for i, want := range []history.Failure{history.Backward, ""} {
			if r := got[1+i]; r.Failure != want {
				t.Errorf("instance %s: %q, want %q", r.Instance, r.Failure, want)
			}
		}
	})
}
