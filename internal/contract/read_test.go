package contract

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/strictyaml"
	"github.com/trektribe/bench/internal/traffic"
)

// The reference contract can be written as a contract of anybody's.
func TestTheReferenceIsAContract(t *testing.T) {
	text, err := os.ReadFile("testdata/reference.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Read("reference.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Names() {
		got, want := c.Calls[name], reference[name]
		switch name {
		case Socket, Health, Ready, Metrics:
			want.Source = nil // no stream makes them, so nobody asks for their source
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, want)
		}
	}
}

func TestAContractIsRead(t *testing.T) {
	c, err := Read("shop.yaml", []byte(`
name: shop
about: it sells
headers: {Authorization: 'Bearer {env:SHOP_TOKEN}'}
cookies: {sid: abc}
login: {call: POST /login, body: '{"user":"bench"}', status: [200, 204]}
source: header X-Cache
sources: {HIT: redis, 'STALE*': memory, none: database}
limited: 503
ids: [a-1, 7]
calls:
  trips: {call: GET /products?limit=20, items: ., id: sku, version: rev?}
  trip:
    call: POST /product
    body: '{"sku":"{id}"}'
    headers: {X-Request: '{seq}'}
    item: data.product
    id: sku
    version: header ETag
    source: meta.from
    ids: [b]
  ready: GET /readyz
  health: {call: GET /status, redis: checks.cache, up: [Healthy, ok], down: [failed]}
  metrics: {call: GET /prom, names: {trips_db_queries_total: shop_sql_total}}
env: {HTTP_PORT: '{PORT}', CACHE_SECONDS: '{TTL_TRIPS:s}', MODE: bench}
`))
	if err != nil {
		t.Fatal(err)
	}
	every := map[string]string{"Authorization": "Bearer {env:SHOP_TOKEN}"}
	cookies := map[string]string{"sid": "abc"}
	sources := map[string]string{"hit": "redis", "stale*": "memory", "none": "database"}
	want := &Contract{
		Name: "shop", About: "it sells", File: "shop.yaml",
		Login: &Call{Method: "POST", Path: "/login", Body: `{"user":"bench"}`, Headers: every, Answer: Answer{Status: []int{200, 204}}},
		Calls: map[string]Call{
			"trips": {Method: "GET", Path: "/products?limit=20", Headers: every, Cookies: cookies, Answer: Answer{
				Items: ".", ID: "sku", Version: "rev?", Source: []Place{"header X-Cache"}, Sources: sources, Limited: []int{503}}},
			"trip": {Method: "POST", Path: "/product", Body: `{"sku":"{id}"}`, IDs: []string{"b"}, Cookies: cookies,
				Headers: map[string]string{"Authorization": "Bearer {env:SHOP_TOKEN}", "X-Request": "{seq}"}, Answer: Answer{
					Item: "data.product", ID: "sku", Version: "header ETag", Source: []Place{"meta.from"}, Limited: []int{503}}},
			Ready: {Method: "GET", Path: "/readyz", Headers: every, Cookies: cookies},
			Health: {Method: "GET", Path: "/status", Headers: every, Cookies: cookies, Redis: "checks.cache",
				Words: map[string]string{"healthy": "up", "ok": "up", "failed": "down"}},
			Metrics: {Method: "GET", Path: "/prom", Headers: every, Cookies: cookies, Names: map[string]string{"trips_db_queries_total": "shop_sql_total"}},
		},
		Env: map[string]string{"HTTP_PORT": "{PORT}", "CACHE_SECONDS": "{TTL_TRIPS:s}", "MODE": "bench"},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got\n%+v\nwant\n%+v", c, want)
	}
}

// Each text has a § before every place that must be reported, and the messages in their order.
func TestMistakesInAContract(t *testing.T) {
	const head = "name: shop\ncalls:\n"
	for _, row := range []struct {
		name, text string
		want       []string
	}{
		{"empty", "§", []string{"the file is empty; a contract has: name, about"}},
		{"nothing that is needed", "§§about: x\n", []string{"a contract has no name: ", "a contract has no calls: what is not mapped is not asked; one of trips, trip"}},
		{"unknown keys", "§nmae: x\n§calls: {§tirps: GET /x}\n", []string{`unknown key "nmae" of a contract (did you mean name?)`, "a contract has no name", `unknown key "tirps" of calls (did you mean trips?)`}},
		{"no call", "name: x\ncalls: §{}\n", []string{"calls is empty: "}},
		{"two calls with one name", head + "  trips: GET /a\n  §trips: GET /b\n", []string{`"trips" is given twice, first in line 3`}},
		{"a name of two words", "name: §my shop\ncalls: {trips: GET /x}\n", []string{"want one word"}},
		{"bad calls", head + `
  trips: §/x
  trip: {call: §FETCH /x}
  change: {call: §GET x}
  profile: §{item: user}
  leaderboard: §GET /top/{id}
  health: §POST /h
  booking: {call: §GET /b, body: '{}'}
  notification: {call: POST /n}
  recommendations: §POST /r
`, []string{`has no method (did you mean GET /x?)`, `unknown method "FETCH"`, "no leading slash", "profile has no call", "leaderboard is asked without a key: {id} cannot be filled",
			"health is asked by GET, not by POST", "GET cannot have a body", "POST needs a body"}},
		{"bad places", head + `
  trips: {call: GET /x, items: §$.data, id: §'data[0]', version: §header ETag}
  trip: {call: 'GET /x/{id}', item: §header X, id: §a..b, version: §header e tag}
  profile: {call: GET /x, item: §[], source: §'a b'}
`, []string{"leave out the $", "a number between dots", "is a header; this stands in the body", "is a header; this stands in the body", "has an empty member", "is not a header name", "item is a place", "is no place"}},
		{"what belongs together", head + `
  trips: {call: GET /x, §id: id, §empty: true}
  trip: {call: 'GET /x/{id}', §version: rev, text: true}
  profile: {call: GET /x, text: §true, item: .}
  leaderboard: §{call: GET /l, items: .}
  recommendations: {call: GET /x, §sources: {HIT: redis}}
`, []string{"id needs items", "empty needs items", "version needs item", "a body that is text has no items and no item", "leaderboard has no id", "leaderboard has no score", "sources needs source"}},
		{"words", head + `
  trips: {call: GET /x, source: header X, sources: {HIT: §rediss, miss: database, §MISS: database}, status: [§99, 200, §200], limited: §42}
  health: {call: GET /h, redis: r, up: [ok], down: [§OK]}
  metrics: {call: GET /m, names: {a_total: §a-b, c_total: d, e_total: §d}}
`, []string{`HIT: unknown "rediss" (did you mean redis?)`, "is given twice", "status is a status from 200", "status: 200 is given twice", "limited is a status from 400", "already means up", "labels do not belong here", "is the name of c_total already"}},
		{"sockets", head + "  socket: §{call: 'GET /ws', §first: '{\"sub\":1}', type: event}\n", []string{"type and words belong together", "first needs session"}},
		{"headers", "name: x\nheaders: {§Host: a, §Cookie: a, A: §' b', B: §[c]}\ncookies: {a: §'b c', §'d e': f}\ncalls: {trips: GET /x}\n",
			[]string{"Host is set by the sender", "a cookie is given by cookies", "A: it is not a header value", "B is a text", "no space, comma", "is not the name of a cookie"}},
		{"environment", "name: x\nenv: {§PORT: 1, §REDIS_URL: '{REDIS_HOST}', §a-b: c, A: §'{TTL}', B: §'{TTL_TRIPS:h}', C: '{REDIS_HOST}:{REDIS_PORT}'}\ncalls: {trips: GET /x}\n",
			[]string{"PORT is set by bench", "REDIS_URL is set by bench", "env name", "{TTL} cannot be filled", "in milliseconds"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			places := strings.Count(row.text, "§")
			_, err := Read("x.yaml", []byte(strings.ReplaceAll(row.text, "§", "")))
			var got strictyaml.Mistakes
			if !errors.As(err, &got) || len(got) != len(row.want) {
				t.Fatalf("%d mistakes, want %d:\n%v", len(got), len(row.want), err)
			}
			at := map[[2]int]bool{}
			line, col := 1, 1
			for _, c := range row.text {
				switch c {
				case '§':
					at[[2]int{line, col}] = true
				case '\n':
					line, col = line+1, 1
				default:
					col++
				}
			}
			seen := map[[2]int]bool{}
			for i, m := range got {
				seen[[2]int{m.Line, m.Col}] = true
				if !strings.Contains(m.Msg, row.want[i]) || !at[[2]int{m.Line, m.Col}] {
					t.Errorf("%v\nwant …%s… at one of %v", m, row.want[i], at)
				}
			}
			if len(seen) > places {
				t.Errorf("mistakes at %d places, want %d", len(seen), places)
			}
		})
	}
}

// What a call carries is the contract's, and what the scenario says beside it.
func TestACallIsSpoken(t *testing.T) {
	c, err := Read("x.yaml", []byte(`
name: x
headers: {X-Key: k, Accept: text/plain}
calls:
  trips: GET /list?page=1
  trip: {call: POST /json, body: '{"key":"{client}"}'}
  booking: {call: POST /orders, cookies: {b: '2', a: '{id}'}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		call traffic.Call
		want traffic.Call
	}{
		{traffic.Call{Method: "GET", Path: "/api/trips?sort=1", Headers: map[string]string{"accept": "a/b"}},
			traffic.Call{Method: "GET", Path: "/list?page=1&sort=1", Headers: map[string]string{"X-Key": "k", "accept": "a/b"}}},
		{traffic.Call{Method: "GET", Path: "/api/trips/{user}"},
			traffic.Call{Method: "POST", Path: "/json", Body: `{"key":"{client}"}`, Headers: map[string]string{"X-Key": "k", "Accept": "text/plain"}}},
		{traffic.Call{Method: "POST", Path: "/api/bookings", Body: `{"bookingId":"{uuid}"}`},
			traffic.Call{Method: "POST", Path: "/orders", Body: `{"bookingId":"{uuid}"}`, Headers: map[string]string{"X-Key": "k", "Accept": "text/plain", "Cookie": "a={id}; b=2"}}},
		{traffic.Call{Method: "GET", Path: "/own/{id}"}, traffic.Call{Method: "GET", Path: "/own/{id}"}},
	} {
		got, err := c.Speak(tt.call)
		if err != nil || !reflect.DeepEqual(got.Call, tt.want) {
			t.Errorf("%s %s: %+v, %v\nwant %+v", tt.call.Method, tt.call.Path, got.Call, err, tt.want)
		}
	}
	_, err = c.Speak(traffic.Call{Method: "GET", Path: "/api/leaderboard"})
	if err == nil || err.Error() != "the contract x has no leaderboard (GET /api/leaderboard)" {
		t.Errorf("leaderboard: %v, want that the contract has none", err)
	}
	sequence := traffic.Stream{Steps: []traffic.Step{{Call: traffic.Call{Method: "POST", Path: "/api/bookings"}}, {Call: traffic.Call{Method: "GET", Path: "/api/leaderboard"}}}}
	if c.Speaks(sequence) == nil || (*Contract)(nil).Speaks(sequence) != nil {
		t.Error("a sequence is spoken when every call of it is, and not before")
	}
}
