package contract

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/traffic"
)

const ofShop = `
name: shop
source: [header X-Cache, meta.from]
sources: {HIT: redis, 'stale*': memory, true: cache, none: database}
calls:
  trips: {call: GET /p, items: data.items, id: sku, version: at}
  trip: {call: 'GET /p/{id}', item: ., id: sku, version: rev}
  change: {call: 'PUT /p/{id}', item: 0.new, version: header ETag, status: [200, 202], limited: [420]}
  profile: {call: 'GET /u/{id}', text: true, least: 5}
  recommendations: {call: 'GET /r/{id}', items: ., empty: true}
  booking: {call: POST /b, refused: {result.allowed: [false, 'No'], header X-Decision: deny}}
  leaderboard: {call: GET /l, items: ., id: who.id, score: points}
`

func shop(t *testing.T) *Contract {
	t.Helper()
	c, err := Read("shop.yaml", []byte(ofShop))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAnswersOfAnotherShape(t *testing.T) {
	const ok = history.Failure("")
	c := shop(t)
	for _, tt := range []struct {
		method, path string
		status       int
		header       string // name: value
		body         string
		want         Reading
		explained    string // part of it; empty: nothing is wrong
	}{
		{"GET", "/api/trips", 200, "X-Cache: HIT", `{"data":{"items":[{"sku":"a","at":"2026-01-02T03:04:05Z"},{"sku":2,"at":3},{"sku":"c"}]}}`,
			Reading{ok, "redis", 0, []Listed{{"a", 1767323045000000}, {"2", 3}}, "", false}, ""},
		{"GET", "/api/trips", 200, "X-Cache: STALE for 3 s", `{"data":{"items":[1]}}`, Reading{ok, "memory", 0, nil, "", false}, ""},
		{"GET", "/api/trips", 200, "X-Cache: BYPASS", `{"data":{"items":[1]},"meta":{"from":true}}`, Reading{ok, "cache", 0, nil, "", false}, ""},
		{"GET", "/api/trips", 200, "X-Cache: BYPASS", `{"data":{"items":[1]}}`, Reading{ok, "", 0, nil, "", false}, ""},
		{"GET", "/api/trips", 200, "", `{"data":{"items":[1]}}`, Reading{ok, "database", 0, nil, "", false}, ""},
		{"GET", "/api/trips", 200, "", `{"data":{"items":[]}}`, Reading{history.Shape, "", 0, nil, "", false}, "the array at data.items is empty"},
		{"GET", "/api/trips", 200, "", `{"data":{"trips":[1]},"x":1}`, Reading{history.Shape, "", 0, nil, "", false}, "its answer has no data.items: it has data, x"},
		{"GET", "/api/trips", 200, "", `[1]`, Reading{history.Shape, "", 0, nil, "", false}, "it is an array, whose place is ."},
		{"GET", "/api/trips", 200, "", `<trips/>`, Reading{history.Shape, "", 0, nil, "", false}, "its answer is not JSON"},
		{"GET", "/api/trips", 200, "", `{"data":{"items":{"a":1}}}`, Reading{history.Shape, "", 0, nil, "", false}, "is no array"},
		{"GET", "/api/trips", 404, "", `{}`, Reading{history.Status, "", 0, nil, "", false}, "it answers 404 instead of 2xx"},
		{"GET", "/api/trips/{id}", 200, "", `{"sku":"KEY","rev":4}`, Reading{ok, "database", 4, nil, "", false}, ""},
		{"GET", "/api/trips/{id}", 200, "", `{"sku":"other","rev":4}`, Reading{history.Shape, "", 0, nil, "", false}, `at sku stands "other", and "KEY" was asked for`},
		{"GET", "/api/trips/{id}", 200, "", `{"id":"KEY","rev":4}`, Reading{history.Shape, "", 0, nil, "", false}, "there is no sku: it has id, rev"},
		{"GET", "/api/trips/{id}", 200, "", `{"sku":"KEY"}`, Reading{history.Shape, "", 0, nil, "", false}, "there is no rev: it has sku"},
		{"GET", "/api/trips/{id}", 200, "", `{"sku":"KEY","rev":"new"}`, Reading{history.Shape, "", 0, nil, "", false}, "is no version"},
		{"GET", "/api/trips/{id}", 200, "", `[]`, Reading{history.Shape, "", 0, nil, "", false}, "is no object"},
		{"GET", "/api/trips/{id}", 429, "", `{"error":"slow"}`, Reading{history.Limited, "", 0, nil, "", true}, "it answers 429: over a limit"},
		{"GET", "/api/trips/{id}", 429, "", `slow`, Reading{history.Status, "", 0, nil, "", false}, "it answers 429"},
		{"PUT", "/api/trips/{id}", 202, `ETag: W/"7"`, `[{"new":{"a":1}}]`, Reading{ok, "database", 7, nil, "", false}, ""},
		{"PUT", "/api/trips/{id}", 200, "", `[{"new":{"a":1}}]`, Reading{history.Shape, "", 0, nil, "", false}, "its answer has no header ETag"},
		{"PUT", "/api/trips/{id}", 200, "ETag: x", `[{"new":{"a":1}}]`, Reading{history.Shape, "", 0, nil, "", false}, "is no version"},
		{"PUT", "/api/trips/{id}", 201, "", `{}`, Reading{history.Status, "", 0, nil, "", false}, "it answers 201 instead of 200 or 202"},
		{"PUT", "/api/trips/{id}", 420, "", `calm`, Reading{history.Limited, "", 0, nil, "", true}, "over a limit"},
		{"PUT", "/api/trips/{id}", 429, "", `{"error":"slow"}`, Reading{history.Status, "", 0, nil, "", false}, "it answers 429"},
		{"GET", "/api/users/{id}", 200, "X-Cache: hit", `<a/>.`, Reading{ok, "redis", 0, nil, "", false}, ""},
		{"GET", "/api/users/{id}", 200, "", `<a/>`, Reading{history.Shape, "", 0, nil, "", false}, "its answer has 4 bytes, and at least 5 are wanted"},
		{"GET", "/api/recommendations/{user}", 200, "", `[]`, Reading{ok, "database", 0, nil, "", false}, ""},
		{"POST", "/api/bookings", 204, "", ``, Reading{ok, "database", 0, nil, "", false}, ""},
		{"POST", "/api/bookings", 200, "", `{"result":{"allowed":true}}`, Reading{ok, "database", 0, nil, "", false}, ""},
		{"POST", "/api/bookings", 200, "", `{"result":{"allowed":false}}`, Reading{history.Limited, "", 0, nil, "", true}, "it answers 200, and says that it is over a limit"},
		{"POST", "/api/bookings", 200, "", `{"result":{"allowed":"NO"}}`, Reading{history.Limited, "", 0, nil, "", true}, "over a limit"},
		{"POST", "/api/bookings", 201, "X-Decision: Deny", ``, Reading{history.Limited, "", 0, nil, "", true}, "over a limit"},
		{"POST", "/api/bookings", 500, "", `{"result":{"allowed":false}}`, Reading{history.Status, "", 0, nil, "", false}, "it answers 500"},
		{"POST", "/api/bookings", 200, "", `booked`, Reading{ok, "database", 0, nil, "", false}, ""},
		{"GET", "/api/leaderboard", 200, "", `[{"who":{"id":"a"},"points":2}]`, Reading{ok, "database", 0, nil, "a=2", false}, ""},
		{"GET", "/api/leaderboard", 200, "", `[{"who":{},"points":2}]`, Reading{history.Shape, "", 0, nil, "", false}, "do not have what the contract says: it has points, who"},
	} {
		spoken, err := c.Speak(traffic.Call{Method: tt.method, Path: tt.path})
		if err != nil {
			t.Fatal(err)
		}
		j := NewJudge(spoken, nil, true)
		a := Response{Status: tt.status, Header: http.Header{}}
		if name, value, ok := strings.Cut(tt.header, ": "); ok {
			a.Header.Set(name, value)
		}
		got := j.Judge(a, []byte(tt.body), "KEY")
		if got.Failure != "" {
			got.Source = "" // of a wrong answer nobody asks
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s %s: %d %s %s: %+v, want %+v", tt.method, tt.path, tt.status, tt.header, tt.body, got, tt.want)
		}
		if why := j.Explain(a, []byte(tt.body), "KEY"); (why == "") != (tt.explained == "") || !strings.Contains(why, tt.explained) {
			t.Errorf("%s %s: %d %s: %q, want …%s…", tt.method, tt.path, tt.status, tt.body, why, tt.explained)
		}
	}
}

func TestMessagesOfAnotherShape(t *testing.T) {
	for _, tt := range []struct{ contract, text, name, id string }{
		{"session: sub, message: data.id", `{"sub":"u1"}`, IsSession, "u1"},
		{"session: sub, message: data.id", `{"data":{"id":7}}`, IsNotification, "7"},
		{"session: sub, message: data.id", `{"other":1}`, "", ""},
		{"session: sub, message: data.id", `hello`, "", ""},
		{"type: ev, words: {ack: session, pub: message}, session: id, message: id", `{"ev":"ACK","id":1}`, IsSession, "1"},
		{"type: ev, words: {ack: session, pub: message}, session: id, message: id", `{"ev":"pub","id":"n"}`, IsNotification, "n"},
		{"type: ev, words: {ack: session, pub: message}, session: id, message: id", `{"ev":"ping","id":"n"}`, "", ""},
	} {
		c, err := Read("x.yaml", []byte("name: x\ncalls: {socket: {call: GET /ws, "+tt.contract+"}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if name, id, err := c.Message([]byte(tt.text)); err != nil || name != tt.name || id != tt.id {
			t.Errorf("%s: %s is %q %q, %v; want %q %q", tt.contract, tt.text, name, id, err, tt.name, tt.id)
		}
	}
}
