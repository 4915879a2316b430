package load_test

import (
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
)

// Bodies and headers are filled anew for each request, and alike each time that the stream is played.
func TestTemplatesAreFilled(t *testing.T) {
	type sent struct{ body, request, contentType, agent string }
	var mu sync.Mutex
	var seen []sent
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, sent{string(body), r.Header.Get("X-Request"), r.Header.Get("Content-Type"), r.Header.Get("User-Agent")})
		w.WriteHeader(http.StatusCreated)
	})
	s := stream(url, 40, 100*time.Microsecond)
	s.Method, s.Path, s.Keys.N, s.First = http.MethodPost, "/api/bookings", 3, 7
	s.Body = `{"bookingId":"{uuid}","organizerId":"{id}","of":{"seq":{seq}}}`
	s.Headers = map[string]string{"x-request": "{seq}-{user}", "User-Agent": "browser"}
	other := s
	other.Seed = 2
	play := func(s load.Stream) ([]history.Request, []sent) {
		seen = nil
		got, _ := run(t, history.NewClock(), s)
		slices.SortFunc(seen, func(a, b sent) int { return strings.Compare(a.request, b.request) })
		return got, seen
	}
	got, first := play(s)
	form := regexp.MustCompile(`^\{"bookingId":"([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})","organizerId":"([123])","of":\{"seq":([0-9]+)\}\}$`)
	ids := map[string]bool{}
	for _, one := range first {
		m := form.FindStringSubmatch(one.body)
		if m == nil || one.request != m[3]+"-"+m[2] || one.contentType != "application/json" || one.agent != "browser" {
			t.Fatalf("sent %+v", one)
		}
		ids[m[1]] = true
		seq, _ := strconv.Atoi(m[3])
		if r := got[seq-7]; r.Key != m[2] || r.Seq != uint64(seq) || !r.OK() {
			t.Errorf("%+v is recorded for %s", r, one.body)
		}
	}
	if len(ids) != 40 || got[0].Seq != 7 {
		t.Errorf("%d identifiers for 40 requests, the first of them %d; want one each, from 7", len(ids), got[0].Seq)
	}
	if _, again := play(s); !slices.Equal(first, again) {
		t.Error("the same stream sent other bodies the second time")
	}
	if _, others := play(other); slices.ContainsFunc(others, func(o sent) bool { return ids[form.FindStringSubmatch(o.body)[1]] }) {
		t.Error("another seed gave an identifier again")
	}
}

func TestAPutOfAnythingHasItsBody(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]int{}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		seen[r.URL.Path+" "+string(body)+" "+r.Header.Get("Content-Type")]++
		io.WriteString(w, `{"trip":{"id":1,"version":2}}`)
	})
	trip := stream(url, 1, time.Millisecond)
	trip.Method, trip.Path, trip.Keys.N, trip.Body = http.MethodPut, "/api/trips/{id}", 1, `{"price":{seq}}`
	user := trip
	user.Name, user.Path, user.Body, user.Headers = "user", "/api/users/{id}", "name={id}", map[string]string{"content-type": "text/plain"}
	got, _ := run(t, history.NewClock(), trip, user)
	want := map[string]int{`/api/trips/1 {"price":0} application/json`: 1, "/api/users/1 name=1 text/plain": 1}
	if !maps.Equal(seen, want) {
		t.Errorf("sent %v, want %v", seen, want)
	}
	if !got[0].OK() || got[0].Version != 2 || !got[1].OK() {
		t.Errorf("recorded %+v, want the trip's version", got)
	}
}

func TestHeadersThatMatterAreKept(t *testing.T) {
	long := strings.Repeat("x", 3000)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-RateLimit-Limit", "100")
		h.Set("X-RateLimit-Remaining", "99")
		h.Set("RateLimit", "a;r=1")
		h.Add("RateLimit-Policy", "one")
		h.Add("RateLimit-Policy", "two")
		h.Set("Retry-After", "3")
		h.Set("X-Other", "1")
		h.Set("Z-Long", long)
		if r.URL.Path == "/broken" {
			h.Set("Content-Length", "10")
		}
	})
	for _, tt := range []struct {
		path, want string
		keep       []string
	}{
		{"/", "ratelimit-policy=one, two\nretry-after=3\nx-ratelimit-limit=100", []string{"Retry-After", "ratelimit-*", "X-RateLimit-limit", "X-RateLimit-Reset"}},
		{"/", "ratelimit-policy=one, two\nratelimit=a;r=1", []string{"RateLimit*"}},
		{"/", "", []string{"X-Nothing"}},
		{"/", "retry-after=3", []string{"z-*", "retry-after"}},
		{"/", "", nil},
		{"/broken", "retry-after=3", []string{"Retry-After"}},
	} {
		s := stream(url, 1, time.Millisecond)
		s.Path, s.Keep = tt.path, tt.keep
		got, _ := run(t, history.NewClock(), s)
		if got[0].Headers != tt.want || got[0].OK() != (tt.path == "/") {
			t.Errorf("keep %v of %s: %q, failure %q; want %q", tt.keep, tt.path, got[0].Headers, got[0].Failure, tt.want)
		}
	}
}
