package scenarios_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/curve"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/strictyaml"
	"github.com/trektribe/bench/internal/traffic"
	"github.com/trektribe/bench/scenarios"
)

const full = `name: full
about: Everything that can be said, and >
group: all-of-it
target: {instances: 3, env: {TTL_TRIPS: 2s, DB_DELAY: 180ms-250ms, RATE_LIMIT: 0, DEBUG: true, EMPTY: ''}}
rounds: {min: 2, max: 5}
phases:
  - {name: cold, for: 1m, env: {TTL_TRIPS: 0s}}
  - name: fault
    for: 1m30s
    faults:
      - {kind: blackhole, on: redis, for: 30s}
      - {kind: latency, on: redis, from: 30s, for: 30s, delay: 50ms, jitter: 10ms, instances: [1, 3]}
      - {kind: refused, on: redis, from: 45s, for: 45s, instances: [2]}
  - {name: after, for: 500ms}
traffic:
  - {name: listing, call: 'GET /api/trips?sort=new', rate: 30/min, arrivals: poisson, phases: [after, cold]}
  - {name: trip, call: 'GET /api/trips/{id}', rate: 100/s..400/s, keys: 'zipf(500, 1.1)', timeout: 180ms, workers: 8, instances: [3, 1]}
  - {name: write, call: 'PUT /api/trips/{id}', rate: 2.5/s, keys: uniform(10)}
  - {name: profile, call: 'GET /api/profiles/{user}?fields=all', rate: 2/s, keys: uniform(50), phases: [cold]}
  - name: book
    call: POST /api/bookings
    body: '{"bookingId": "{uuid}",  "organizerId": "{id}"}'
    headers: {X-Client: '{client}', X-Count: 5}
    expect: [201, 429]
    keep: [X-RateLimit-*, Retry-After]
    rate: 10/s
    keys: uniform(9)
    clients: 200
    as: address
    cookies: true
    burst: 300
  - {name: quiet, call: GET /api/leaderboard, rate: 1/s, clients: 'zipf(3, 1.5)', as: header X-Forwarded-For, ipv6: true, burst: 2, spread: false}
  - {name: others, call: GET /api/leaderboard, rate: 1/s, clients: uniform(4), as: address, burst: 1}
  - name: twice
    sequence:
      - {call: POST /api/bookings, body: '{"bookingId":"{uuid}","organizerId":"{id}"}', retry: 2, expect: [201]}
      - {name: top, call: GET /api/leaderboard}
    rate: 4/s
    keys: uniform(7)
    spread: true
    stop: true
  - {name: present, sockets: 'GET /ws?user={user}', count: 60, stay: 3s, leave: vanish, again: 500ms, back: same, ping: 1s, rate: 5/s, keys: uniform(8)}
  - {name: idle, sockets: GET /ws, rate: 1/s}
claims:
  - id: fallback.blackhole
    says: "zero downtime"
    source: Resilience
    reading: a choice
    requires: delivered(blackhole)
    holds: >-
      availability(trip[phase=fault]) >= 99.9%
      and max(all[phase=fault]) <= 1s
curves:
  - {id: trip.economy, says: what the cache saves, of: 'trip[phase=fault]', ttl: $TTL_TRIPS}
  - {id: trip.short, of: 'trip', ttl: 1s}
profiles:
  nightly:
    rounds: {max: 20}
    env: {TTL_TRIPS: 300s, EXTRA: 1}
    phases: {cold: 10m}
    rates: {trip: 50/s}
`

func get(path string) traffic.Call { return traffic.Call{Method: "GET", Path: path} }

func TestEveryDefaultIsFilled(t *testing.T) {
	got := mustParse(t, `
name: small
phases: [{name: only, for: 4s, faults: [{kind: refused, on: redis, from: 1s}]}]
traffic: [{name: trips, call: GET /api/trips, rate: 400/s}]
`)
	want := &scenarios.Scenario{
		Name: "small", File: "x.yaml",
		Target: scenarios.Target{Instances: 2, Env: map[string]string{}},
		Rounds: claim.Looks{Min: 3, Max: 8},
		Phases: []scenarios.Phase{{Name: "only", For: 4 * time.Second,
			Faults: []fault.Fault{{Kind: "refused", On: "redis", From: time.Second, For: 3 * time.Second}}}},
		Traffic: []scenarios.Stream{{Stream: traffic.Stream{Name: "trips", Type: traffic.Calls, Call: get("/api/trips"),
			From: 400, To: 400, Timeout: 2 * time.Second, Workers: 256}}},
		Claims: []claim.Text{},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Parse = %+v\nwant %+v", got, want)
	}
}

func TestEverythingThatCanBeSaidIsRead(t *testing.T) {
	got := mustParse(t, full)
	const s = time.Second
	want := &scenarios.Scenario{
		Name: "full", About: "Everything that can be said, and >", Group: "all-of-it", File: "x.yaml",
		Target: scenarios.Target{Instances: 3, Env: map[string]string{
			"TTL_TRIPS": "2s", "DB_DELAY": "180ms-250ms", "RATE_LIMIT": "0", "DEBUG": "true", "EMPTY": ""}},
		Rounds: claim.Looks{Min: 2, Max: 5},
		Phases: []scenarios.Phase{
			{Name: "cold", For: 60 * s, Env: map[string]string{"TTL_TRIPS": "0s"}},
			{Name: "fault", For: 90 * s, Faults: []fault.Fault{
				{Kind: "blackhole", On: "redis", For: 30 * s},
				{Kind: "latency", On: "redis", Instances: []string{"1", "3"}, From: 30 * s, For: 30 * s, Delay: 50 * time.Millisecond, Jitter: 10 * time.Millisecond},
				{Kind: "refused", On: "redis", Instances: []string{"2"}, From: 45 * s, For: 45 * s},
			}},
			{Name: "after", For: s / 2},
		},
		Traffic: []scenarios.Stream{
			{Stream: traffic.Stream{Name: "listing", Type: traffic.Calls, Call: get("/api/trips?sort=new"), From: 0.5, To: 0.5, Poisson: true,
				Timeout: 2 * s, Workers: 256}, Phases: []string{"cold", "after"}},
			{Stream: traffic.Stream{Name: "trip", Type: traffic.Calls, Call: get("/api/trips/{id}"), From: 100, To: 400,
				Keys: traffic.Keys{Dist: "zipf", N: 500, S: 1.1}, Timeout: 180 * time.Millisecond, Workers: 8}, Instances: []string{"3", "1"}},
			{Stream: traffic.Stream{Name: "write", Type: traffic.Calls, Call: traffic.Call{Method: "PUT", Path: "/api/trips/{id}"}, From: 2.5, To: 2.5,
				Keys: traffic.Keys{Dist: "uniform", N: 10}, Timeout: 2 * s, Workers: 256}},
			{Stream: traffic.Stream{Name: "profile", Type: traffic.Calls, Call: get("/api/profiles/{user}?fields=all"), From: 2, To: 2,
				Keys: traffic.Keys{Dist: "uniform", N: 50}, Timeout: 2 * s, Workers: 256}, Phases: []string{"cold"}},
			{Stream: traffic.Stream{Name: "book", Type: traffic.Calls, Call: traffic.Call{Method: "POST", Path: "/api/bookings",
				Body: `{"bookingId": "{uuid}",  "organizerId": "{id}"}`, Headers: map[string]string{"X-Client": "{client}", "X-Count": "5"},
				Expect: []int{201, 429}, Keep: []string{"X-RateLimit-*", "Retry-After"}},
				Clients: &traffic.Clients{Draw: "turn", N: 200, As: "address", Cookies: true}, From: 10, To: 10, Burst: 300, Spread: true,
				Keys: traffic.Keys{Dist: "uniform", N: 9}, Timeout: 2 * s, Workers: 300}},
			{Stream: traffic.Stream{Name: "quiet", Type: traffic.Calls, Call: get("/api/leaderboard"),
				Clients: &traffic.Clients{Draw: "zipf", N: 3, S: 1.5, First: 200, As: "header", Header: "X-Forwarded-For", IPv6: true},
				From:    1, To: 1, Burst: 2, Timeout: 2 * s, Workers: 256}},
			{Stream: traffic.Stream{Name: "others", Type: traffic.Calls, Call: get("/api/leaderboard"),
				Clients: &traffic.Clients{Draw: "uniform", N: 4, First: 203, As: "address"}, From: 1, To: 1, Timeout: 2 * s, Workers: 256}},
			{Stream: traffic.Stream{Name: "twice", Type: traffic.Sequences, Stop: true, Spread: true, Steps: []traffic.Step{
				{Call: traffic.Call{Method: "POST", Path: "/api/bookings", Body: `{"bookingId":"{uuid}","organizerId":"{id}"}`, Expect: []int{201}, Retry: 2}},
				{Name: "top", Call: get("/api/leaderboard")}},
				From: 4, To: 4, Keys: traffic.Keys{Dist: "uniform", N: 7}, Timeout: 2 * s, Workers: 256}},
			{Stream: traffic.Stream{Name: "present", Type: traffic.Sockets, Call: get("/ws?user={user}"), From: 5, To: 5,
				Socket: &traffic.Socket{Count: 60, Stay: 3 * s, Leave: "vanish", Again: s / 2, Back: "same", Ping: s},
				Keys:   traffic.Keys{Dist: "uniform", N: 8}, Timeout: 2 * s, Workers: 256}},
			{Stream: traffic.Stream{Name: "idle", Type: traffic.Sockets, Call: get("/ws"), Socket: &traffic.Socket{}, From: 1, To: 1, Timeout: 2 * s, Workers: 256}},
		},
		Claims: []claim.Text{{ID: "fallback.blackhole", Says: "zero downtime", Source: "Resilience", Reading: "a choice",
			Requires: "delivered(blackhole)", Holds: "availability(trip[phase=fault]) >= 99.9% and max(all[phase=fault]) <= 1s"}},
		Curves: []curve.Text{
			{ID: "trip.economy", Says: "what the cache saves", Of: "trip[phase=fault]", TTL: 2 * s},
			{ID: "trip.short", Of: "trip", TTL: s},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Parse = %+v\nwant %+v", got, want)
	}
	if got.RoundLength() != 150*s+s/2 {
		t.Errorf("RoundLength() = %v, want 2m30.5s", got.RoundLength())
	}
	if scope, want := got.Scope(), (expr.Scope{
		Streams: []string{"listing", "trip", "write", "profile", "book", "quiet", "others", "twice", "top", "present", "idle"}, Phases: []string{"cold", "fault", "after"}, Faults: []string{"blackhole", "latency", "refused"},
		Paths: map[string]string{"listing": "/api/trips?sort=new", "trip": "/api/trips/{id}", "write": "/api/trips/{id}", "profile": "/api/profiles/{user}?fields=all",
			"book": "/api/bookings", "quiet": "/api/leaderboard", "others": "/api/leaderboard", "twice": "/api/bookings", "top": "/api/leaderboard", "present": "/ws?user={user}", "idle": "/ws"},
		Uncached: map[string][]string{"cold": {"listing", "trip", "write"}},
		Env:      got.Target.Env,
	}); !reflect.DeepEqual(scope, want) {
		t.Errorf("Scope() = %v, want %v", scope, want)
	}
}

func TestAServiceMayRunWithoutRedis(t *testing.T) {
	s := mustParse(t, complete("target: {env: {REDIS_URL: ''}}\nphases: [{name: a, for: 2s}, {name: b, for: 2s, env: {REDIS_URL: \"\"}}]\n"))
	without := map[string]string{"REDIS_URL": ""}
	if !maps.Equal(s.Target.Env, without) || s.Phases[0].Env != nil || !maps.Equal(s.Phases[1].Env, without) {
		t.Errorf("env of the target %v and of the phases %v, %v; want an empty REDIS_URL in the first and the last", s.Target.Env, s.Phases[0].Env, s.Phases[1].Env)
	}
}

func TestOneBoundOfTheRoundsMovesTheOther(t *testing.T) {
	for text, want := range map[string]claim.Looks{
		"{min: 10}": {Min: 10, Max: 10}, "{max: 2}": {Min: 2, Max: 2}, "{min: 1}": {Min: 1, Max: 8}, "{}": {Min: 3, Max: 8}, "{max: 50}": {Min: 3, Max: 50},
	} {
		if got := mustParse(t, complete("rounds: "+text+"\n")).Rounds; got != want {
			t.Errorf("rounds: %s = %v, want %v", text, got, want)
		}
	}
}

func TestJSONKeepsAScenario(t *testing.T) {
	for _, text := range []string{full, complete(""), complete("target: {env: {}}\n")} {
		s := mustLoad(t, text, "nightly")
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back scenarios.Scenario
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(&back, s) {
			t.Errorf("after JSON: %+v\nwant %+v", back, *s)
		}
	}
}

func TestRestartsSplitARound(t *testing.T) {
	type part struct {
		begin  time.Duration
		env    string
		phases string
	}
	for _, row := range []struct {
		name, phases string
		want         []part
	}{
		{"no env", "{name: a, for: 1s}, {name: b, for: 2s}", []part{{0, "", "a b"}}},
		{"first", "{name: a, for: 1s, env: {X: 1}}, {name: b, for: 2s}, {name: c, for: 1s}", []part{{0, "1", "a"}, {time.Second, "", "b c"}}},
		{"last", "{name: a, for: 1s}, {name: b, for: 2s, env: {X: 1}}", []part{{0, "", "a"}, {time.Second, "1", "b"}}},
		{"two in a row", "{name: a, for: 1s, env: {X: 1}}, {name: b, for: 2s, env: {X: 2}}", []part{{0, "1", "a"}, {time.Second, "2", "b"}}},
		{"without another env", "{name: a, for: 1s}, {name: b, for: 2s, restart: true}, {name: c, for: 1s}", []part{{0, "", "a"}, {time.Second, "", "b c"}}},
		{"middle", "{name: a, for: 1s}, {name: b, for: 2s, env: {X: 1}}, {name: c, for: 1s}", []part{{0, "", "a"}, {time.Second, "1", "b"}, {3 * time.Second, "", "c"}}},
	} {
		var got []part
		for _, seg := range mustParse(t, complete("phases: ["+row.phases+"]\n")).Segments() {
			var names []string
			for _, p := range seg.Phases {
				names = append(names, p.Name)
			}
			got = append(got, part{seg.Begin, seg.Env["X"], strings.Join(names, " ")})
		}
		if !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: Segments() = %v, want %v", row.name, got, row.want)
		}
	}
}

// complete adds the sections that a scenario must have and text lacks.
func complete(text string) string {
	for _, need := range []string{
		"name: test\n",
		"phases: [{name: steady, for: 2s}, {name: later, for: 2s}]\n",
		"traffic: [{name: trips, call: GET /api/trips, rate: 10/s}]\n",
	} {
		key, _, _ := strings.Cut(need, " ")
		if !strings.HasPrefix(text, key) && !strings.Contains(text, "\n"+key) {
			text += need
		}
	}
	return text
}

func mustParse(t *testing.T, text string) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Parse("x.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func FuzzParse(f *testing.F) {
	for _, name := range scenarios.Library() {
		text, err := os.ReadFile(name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(full))
	for _, s := range []string{"", "[", "- - -", "a: &x *x", "<<: 1", "? a", "a: |\n  b\n", "\"\\x41\"", "name: 'a''b'", "---\n---\n", "claims: [{id: a, holds: \"p50(\\u0061) <= 1\"}]"} {
		f.Add([]byte(s))
		f.Add([]byte(complete(s + "\n")))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := scenarios.Parse("x.yaml", text)
		var m strictyaml.Mistakes
		switch {
		case err == nil && s == nil, err != nil && s != nil:
			t.Fatalf("Parse = %v, %v", s, err)
		case err == nil:
			if err := scenarios.Plan(&strings.Builder{}, s, nil); err != nil {
				t.Fatal(err)
			}
		case !errors.As(err, &m) || len(m) == 0:
			t.Fatalf("the error is %T: %v, want Mistakes", err, err)
		}
		lines := strings.Count(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text)), "\n") + 1
		for _, one := range m {
			if one.Line < 1 || one.Line > lines || one.Col < 1 || one.Msg == "" || strings.Contains(one.Msg, "\n") {
				t.Errorf("%q in a file of %d lines", one.String(), lines)
			}
		}
	})
}
