package load_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/traffic"
)

func readContract(t *testing.T, text string) *contract.Contract {
	t.Helper()
	c, err := contract.Read("x.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A service with other paths and shapes is asked and checked as its contract says. The
// history speaks of it as of the reference.
func TestAServiceIsAskedAsItsContractSays(t *testing.T) {
	c := readContract(t, `
name: shop
headers: {X-Key: k}
source: header X-Cache
sources: {HIT: redis}
ids: [red, a/b, 'q&r']
calls:
  trips: {call: GET /list, items: ., id: sku, version: rev}
  trip: {call: 'GET /item?sku={id}', item: data, id: sku, version: rev}
  change: {call: 'PATCH /item/{id}', body: '{"n":"{seq}","who":"{client}"}', item: data, id: sku, version: rev}
  booking: {call: 'POST /orders', body: '{"ref":"{uuid}","by":"{id}"}', cookies: {sid: 's{seq}'}}
  recommendations: {call: 'DELETE /r/{id}', status: 204}
`)
	var mu sync.Mutex
	var asked []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		asked = append(asked, fmt.Sprintf("%s %s %s|%s|%s", r.Method, r.URL.EscapedPath(), r.URL.RawQuery, body, r.Header.Get("X-Key")+r.Header.Get("Cookie")))
		mu.Unlock()
		w.Header().Set("X-Cache", "HIT")
		switch id := strings.TrimPrefix(r.URL.Path, "/item/"); {
		case r.URL.Path == "/list":
			io.WriteString(w, `[{"sku":"red","rev":4}]`)
		case r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusNoContent)
		case r.URL.Path == "/item":
			fmt.Fprintf(w, `{"data":{"sku":%q,"rev":3}}`, r.URL.Query().Get("sku"))
		case id != r.URL.Path:
			fmt.Fprintf(w, `{"data":{"sku":%q,"rev":4}}`, id)
		}
	})
	one := func(name, method, path, body string, at time.Duration) load.Stream {
		s := stream(url, 1, time.Millisecond)
		s.Name, s.Method, s.Path, s.Body, s.Keys.N, s.Start, s.Contract = name, method, path, body, 1, at, c
		s.Keys = c.Keys(s.Stream)
		return s
	}
	change := one("1", "PUT", "/api/trips/{id}", "", 0)
	listing := one("2", "GET", "/api/trips", "", 300*time.Millisecond)
	trip := one("3", "GET", "/api/trips/{id}", "", 300*time.Millisecond)
	booking := one("4", "POST", "/api/bookings", `{"bookingId":"{uuid}","organizerId":"{id}"}`, 300*time.Millisecond)
	advice := one("5", "GET", "/api/recommendations/{user}", "", 300*time.Millisecond)
	got, _ := run(t, history.NewClock(), change, listing, trip, booking, advice)
	want := []history.Request{
		{Method: "PUT", Key: "red", Source: "redis", Version: 4, Status: 200},
		{Method: "GET", Key: "red", Source: "redis", Version: 4, Status: 200}, // the listing's witness
		{Method: "GET", Key: "red", Source: "redis", Version: 3, Status: 200, Failure: history.Backward},
		{Method: "POST", Key: "red", Source: "redis", Status: 200},
		{Method: "GET", Key: "red", Source: "redis", Status: 204},
	}
	for i, w := range want {
		r := got[i]
		if r.Method != w.Method || r.Key != w.Key || r.Source != w.Source || r.Version != w.Version || r.Status != w.Status || r.Failure != w.Failure {
			t.Errorf("stream %s: %+v, want %+v", r.Stream, r, w)
		}
	}
	ref := got[3].Ref
	for _, w := range []string{`PATCH /item/red |{"n":"0","who":"bench"}|k`, "GET /list ||k", "GET /item sku=red||k", `POST /orders |{"ref":"` + ref + `","by":"red"}|ksid=s0`, "DELETE /r/red ||k"} {
		if !slices.Contains(asked, w) || ref == "" {
			t.Errorf("%s was not asked: %q", w, asked)
		}
	}
	t.Run("keys have names", func(t *testing.T) {
		asked = nil
		s := one("trip", "GET", "/api/trips/{id}", "", 0)
		put := one("change", "PUT", "/api/trips/{id}", "", 0)
		for _, x := range []*load.Stream{&s, &put} {
			x.Keys.N, x.For, x.From, x.To = 1000, 39*time.Millisecond, 1000, 1000
			x.Keys = c.Keys(x.Stream)
		}
		got, _ := run(t, history.NewClock(), s, put)
		keys := map[string]int{}
		for _, r := range got {
			if keys[r.Key]++; !r.OK() && r.Failure != history.Backward {
				t.Errorf("%s %s: %q", r.Method, r.Key, r.Failure)
			}
		}
		if len(keys) != 3 || keys["a/b"] == 0 || keys["q&r"] == 0 {
			t.Errorf("keys %v, want the three of the contract", keys)
		}
		if !slices.Contains(asked, "GET /item sku=q%26r||k") || !slices.ContainsFunc(asked, func(a string) bool { return strings.HasPrefix(a, "PATCH /item/a%2Fb ") }) {
			t.Errorf("ids are not escaped: %q", asked)
		}
	})
	t.Run("what is not mapped is not sent", func(t *testing.T) {
		s := one("board", "GET", "/api/leaderboard", "", 0)
		_, err := load.Run(t.Context(), history.NewClock(), []load.Stream{s}, noPhase, func(history.Request) {}, nil)
		if err == nil || !strings.Contains(err.Error(), "the contract shop has no leaderboard (GET /api/leaderboard)") {
			t.Errorf("%v, want that there is no leaderboard", err)
		}
	})
}

// A limiter of another kind answers 200 or 429, and no more.
func TestALimiterBehindAPostIsMapped(t *testing.T) {
	c := readContract(t, "name: limiter\ncalls: {trip: {call: POST /json, body: '{\"key\":\"{client}\"}', limited: 429}}\n")
	var mu sync.Mutex
	seen := map[string]int{}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Key string }
		json.NewDecoder(r.Body).Decode(&body)
		mu.Lock()
		defer mu.Unlock()
		if seen[body.Key]++; seen[body.Key] > 2 {
			http.Error(w, "too many", http.StatusTooManyRequests)
		}
	})
	s := stream(url, 6, time.Millisecond)
	s.Path, s.Contract, s.Keys.N = "/api/trips/{id}", c, 20
	s.Clients = &traffic.Clients{Draw: traffic.InTurn, N: 2, As: traffic.ByAddress}
	got, _ := run(t, history.NewClock(), s)
	limited := 0
	for _, r := range got {
		if r.Failure == history.Limited {
			limited++
		} else if !r.OK() {
			t.Errorf("%+v", r)
		}
	}
	if limited != 2 || seen["127.1.0.1"] != 3 || seen["127.1.0.2"] != 3 {
		t.Errorf("%d over the limit of %v, want 2", limited, seen)
	}
}

// A socket may want a message first. It listens from the answer to it on.
func TestASocketThatWantsAMessageFirst(t *testing.T) {
	c := readContract(t, `
name: chat
cookies: {sid: abc}
calls: {socket: {call: GET /live, first: '{"join":"{user}"}', type: ev, words: {joined: session, note: message}, session: room, message: data.id}}
`)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil || r.URL.RequestURI() != "/live" || r.Header.Get("Cookie") != "sid=abc" {
			t.Errorf("%v at %s with %q", err, r.URL, r.Header.Get("Cookie"))
			return
		}
		defer conn.CloseNow()
		_, first, _ := conn.Read(r.Context())
		for _, text := range []string{"hello", `{"ev":"joined","room":` + string(first[8:11]) + `}`, `{"ev":"tick","data":{"id":1}}`, `{"ev":"note","data":{"id":"n1"}}`} {
			conn.Write(r.Context(), websocket.MessageText, []byte(text))
		}
		conn.Read(r.Context())
	})
	s := stream(url, 1, time.Millisecond)
	s.Type, s.Path, s.Contract, s.Keys.N, s.For = traffic.Sockets, "/ws?user={user}", c, 1, 500*time.Millisecond
	s.From, s.To, s.Socket = 1, 1, &traffic.Socket{Count: 1}
	var mu sync.Mutex
	var heard []string
	_, err := load.Run(context.Background(), history.NewClock(), []load.Stream{s}, noPhase, func(r history.Request) {
		if r.Status != 101 || !r.OK() || r.Key != "1" {
			t.Errorf("%+v", r)
		}
	}, func(e history.Event) { mu.Lock(); defer mu.Unlock(); heard = append(heard, e.Name+" "+e.Detail) })
	if want := []string{"session 1", "message n1", "close left"}; err != nil || !slices.Equal(heard, want) {
		t.Errorf("%v, %v; want %v", heard, err, want)
	}
}

// A login gives each instance's requests its cookies, and later answers change them.
func TestALoginIsKept(t *testing.T) {
	c := readContract(t, "name: x\nlogin: {call: POST /login, body: '{\"u\":\"bench\"}', status: 302}\ncalls: {trips: GET /list}\n")
	instance := func(name string) string {
		var n atomic.Int64
		return serve(t, func(w http.ResponseWriter, r *http.Request) {
			sid, _ := r.Cookie("sid")
			body, _ := io.ReadAll(r.Body)
			switch {
			case r.URL.Path == "/login" && r.Method == "POST" && string(body) == `{"u":"bench"}`:
				http.SetCookie(w, &http.Cookie{Name: "sid", Value: name + "0"})
				w.WriteHeader(http.StatusFound)
			case r.URL.Path == "/list" && sid != nil && sid.Value == fmt.Sprint(name, n.Load()):
				http.SetCookie(w, &http.Cookie{Name: "sid", Value: fmt.Sprint(name, n.Add(1))})
			default:
				w.WriteHeader(http.StatusUnauthorized)
			}
		})
	}
	s := stream("", 6, time.Millisecond)
	s.Path, s.Contract, s.Workers, s.Targets = "/api/trips", c, 1, nil
	for _, name := range []string{"a", "b"} {
		target := load.Target{Instance: name, URL: instance(name)}
		jar, err := load.Login(t.Context(), *c.Login, target.URL)
		if err != nil {
			t.Fatal(err)
		}
		target.Jar = jar
		s.Targets = append(s.Targets, target)
	}
	got, _ := run(t, history.NewClock(), s)
	for _, r := range got {
		if !r.OK() {
			t.Errorf("request %d to %s: %d", r.Seq, r.Instance, r.Status)
		}
	}
	wrong := *c.Login
	wrong.Body = "{}"
	if _, err := load.Login(t.Context(), wrong, s.Targets[0].URL); err == nil || err.Error() != "it answers 401" {
		t.Errorf("a wrong login: %v, want that it answers 401", err)
	}
}
