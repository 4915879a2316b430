package scenarios_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/traffic"
	"github.com/trektribe/bench/scenarios"
)

func TestMistakesOfStreams(t *testing.T) {
	for _, row := range []wrong{
		{name: "streams", text: `
traffic:
  - §§§{}
  - {name: a, call: §GET api/trips, rate: 1/s}
  - {name: b, call: §FETCH /api/trips, rate: 1/s}
  - {name: c, call: §get /api/trips, rate: 1/s}
  - {name: d, call: §/api/trips, rate: 1/s}
  - {name: e, call: §GET, rate: 1/s}
  - {name: f, call: §'GET /a/{id}/{id}', rate: 1/s, keys: uniform(5)}
  - {name: g, call: §'GET /a/{usr}', rate: 1/s, keys: uniform(5)}
  - {name: h, call: §'GET /a/{id', rate: 1/s}
  - {name: i, call: §'GET /a/{id}', rate: 1/s}
  - {name: j, call: GET /a, rate: 1/s, §keys: uniform(5)}
  - {name: k, call: §PUT /a, rate: 1/s}
  - {name: l, call: §'GET /a?x={id}', rate: 1/s, keys: uniform(5)}
  - {name: m, call: §GET /a b, rate: 1/s}
  - {name: n, call: §GET /a%zz, rate: 1/s}
  - {name: o, call: GET /a, rate: 1/s, arrivals: §poison}
  - {name: p, call: GET /a, rate: 1/s, timeout: §0s, workers: §0}
  - {name: q, call: GET /a, rate: 1/s, timeout: §-1s}
  - {name: r, call: GET /a, rate: 1/s, timeout: §2h}
  - {name: s, call: GET /a, rate: 1/s, phases: [§stedy, later, §later, §[x]]}
  - {name: t, call: GET /a, rate: 1/s, phases: §[]}
  - {name: u, call: GET /a, rate: §29/min, phases: [later]}
  - {name: v, call: GET /a, rate: 1/s, instances: [1, §3, §0, §x, §1, §01, §1.0]}
  - {name: w, call: GET /a, rate: 1/s, instances: §[]}
  - {name: x, call: GET /a, rate: 1/s, instances: §1}
  - {name: y, call: §'GET /a/{user}', rate: 1/s}
  - {name: z, call: §'GET /a/{user}/{id}', rate: 1/s, keys: uniform(5)}
  - {name: aa, call: §'GET /a?x={user}', rate: 1/s, keys: uniform(5)}
  - {name: ab, call: §'GET /a/{trip}', rate: 1/s, keys: uniform(5)}
  - {name: ac, call: §'PUT /a/{user}', rate: 1/s, keys: uniform(5)}
`, want: []string{"a stream has no name", "a stream has no call", "a stream has no rate",
			`the path "api/trips" has no leading slash (did you mean /api/trips?)`, `unknown method "FETCH"`, `unknown method "get" (did you mean GET?)`,
			"has no method (did you mean GET /api/trips?)", `"GET" has no path`, "more than one {…}", "{usr} cannot be filled (did you mean {user}?)", "an unmatched brace",
			"/a/{id} needs keys, such as zipf(500, 1.1)", "the call has no {id} or {user} to fill", "PUT needs a body, such as body: '{}'; only /api/trips/{id} has one without", "{id} in its query", "a character that is not allowed in a path", "is not valid in a URL",
			`unknown arrivals "poison" (did you mean poisson?)`, "timeout is above 0s", "workers is a whole number from 1 to 10000", `"-1s" is negative`, "timeout is above 0s and at most 1m0s",
			`unknown phase "stedy" (did you mean steady?)`, `phase "later" is given twice`, "is a text; here is a list", "phases is an empty list",
			"less than one request a round in the stream's 2s",
			"there is no instance 3; the target has 1 to 2", "there is no instance 0", `an instance is a number from 1; here is "x"`, "instance 1 is given twice",
			"an instance is a number", "an instance is a number", "instances is an empty list", `instances is a list; here is "1"`,
			"/a/{user} needs keys", "more than one {…}; one {id} or {user} can be filled", "{user} in its query", "{trip} cannot be filled (there is: {id}, {user})", "PUT needs a body, such as body: '{}'; only /api/trips/{id} has one without"}},
		{name: "rates and keys", text: `
traffic:
  - {name: a, call: GET /a, rate: §0/s}
  - {name: b, call: GET /a, rate: §-5/s}
  - {name: c, call: GET /a, rate: §400}
  - {name: d, call: GET /a, rate: §400/sec}
  - {name: e, call: GET /a, rate: §100/s..}
  - {name: f, call: GET /a, rate: §0/s..5/s}
  - {name: g, call: GET /a, rate: §fast}
  - {name: h, call: GET /a, rate: §1000000/s}
  - {name: i, call: GET /a, rate: §[1/s]}
  - {name: j, call: 'GET /{id}', rate: 1/s, keys: §'zip(500, 1.1)'}
  - {name: k, call: 'GET /{id}', rate: 1/s, keys: §zipf(500)}
  - {name: l, call: 'GET /{id}', rate: 1/s, keys: §'uniform(500, 1)'}
  - {name: m, call: 'GET /{id}', rate: 1/s, keys: §uniform(0)}
  - {name: n, call: 'GET /{id}', rate: 1/s, keys: §'zipf(500, 0)'}
  - {name: o, call: 'GET /{id}', rate: 1/s, keys: §500}
  - {name: p, call: 'GET /{id}', rate: 1/s, keys: §'zipf(500, NaN)'}
`, want: []string{`"0/s": a rate is above zero`, `"-5/s" is negative`, `"400" has no unit`, `bad unit "sec"`, `"": want a number`, `"0/s": a rate is above zero`, `"fast": want a number per second`,
			"above 100000/s", "rate is a text; here is a list",
			"unknown distribution (did you mean zipf?)", "zipf takes the number of keys and an exponent", "uniform takes the number of keys alone",
			"a whole number from 1 to 1000000", "the exponent is above 0", `"500": want zipf(500, 1.1) or uniform(500)`, "the exponent is above 0"}},
		{name: "parts of a call", text: `
traffic:
  - {name: a, call: GET /a, rate: 1/s, §body: '{}'}
  - {name: b, call: §POST /a, rate: 1/s}
  - {name: c, call: POST /a, rate: 1/s, body: §''}
  - {name: d, call: POST /a, rate: 1/s, body: §[1]}
  - {name: e, call: POST /a, rate: 1/s, body: §'{"a":{seqence}}'}
  - {name: f, call: POST /a, rate: 1/s, body: §'{"a":"{client}"}'}
  - {name: g, call: POST /a, rate: 1/s, body: §'{"a":{uuid}'}
  - {name: h, call: POST /a, rate: 1/s, body: 'name={seq}', headers: {content-type: text/plain}}
  - {name: i, call: §POST /a, rate: 1/s, body: '{"a":"{id}"}'}
  - {name: j, call: POST /a, rate: 1/s, body: '{}', §keys: uniform(5)}
  - {name: k, call: GET /a, rate: 1/s, headers: §[X-A]}
  - {name: l, call: GET /a, rate: 1/s, headers: §{}}
  - {name: m, call: GET /a, rate: 1/s, headers: {§'X A': 1, §Host: a, X-B: §[], X-C: §"a\nb", X-D: §'{usr}'}}
  - {name: n, call: GET /a, rate: 1/s, §headers: {X-A: 1, x-a: 2}}
  - {name: o, call: GET /a, rate: 1/s, expect: [200, §99, §ok, §200, §[200]]}
  - {name: p, call: GET /a, rate: 1/s, expect: §200}
  - {name: q, call: GET /a, rate: 1/s, keep: [Age, §age, §'*', §X A, X-*, §'X-*-Y', §{}]}
  - {name: r, call: GET /a, rate: 1/s, keep: §[]}
`, want: []string{"GET cannot have a body", "POST needs a body", "body is a text", "body is a text", "{seqence} cannot be filled (there is: {id}, {user}, {seq}, {client}, {uuid})", "{client} needs clients", "body is not JSON",
			"{id} or {user} in what it sends needs keys", "the call has no {id} or {user} to fill", "headers is a mapping", "headers is empty", `"X A" is not a header name`, "Host is set by the sender", "X-B is a text", "is not a header value", "{usr} cannot be filled",
			"x-a is given twice", "a status from 200 to 599", "a status from 200 to 599", "200 is given twice", "a status from 200 to 599", "expect is a list", "age is given twice", `"*" is neither`, `"X A" is neither`, `"X-*-Y" is neither`, "is a text", "keep is an empty list"}},
		{name: "clients and bursts", text: `
traffic:
  - {name: a, call: GET /a, rate: 1/s, §clients: 200}
  - {name: b, call: GET /a, rate: 1/s, clients: §0, as: address}
  - {name: c, call: GET /a, rate: 1/s, clients: §10001, as: address}
  - {name: d, call: GET /a, rate: 1/s, clients: §some, as: address}
  - {name: e, call: GET /a, rate: 1/s, clients: §zipf(5), as: address}
  - {name: f, call: GET /a, rate: 1/s, clients: §9801, as: address}
  - {name: g, call: GET /a, rate: 1/s, clients: 1, as: §adress}
  - {name: h, call: GET /a, rate: 1/s, clients: 1, as: §header}
  - {name: i, call: GET /a, rate: 1/s, clients: 1, as: §header Host}
  - {name: j, call: GET /a, rate: 1/s, clients: 1, as: §address 127.0.0.9}
  - {name: k, call: GET /a, rate: 1/s, §as: address, §ipv6: true, §cookies: true}
  - {name: l, call: GET /a, rate: 1/s, clients: 1, as: address, §ipv6: true, cookies: §yes}
  - {name: m, call: GET /a, rate: 1/s, clients: 1, as: header X-Id, §headers: {x-id: 7}}
  - {name: n, call: GET /a, rate: 1/s, clients: 1, as: address, cookies: true, §headers: {cookie: a}}
  - {name: o, call: GET /a, rate: 1/s, burst: §0}
  - {name: p, call: GET /a, rate: 1/s, burst: §1001}
  - {name: q, call: GET /a, rate: 1/s, burst: 300, workers: §299}
  - {name: r, call: GET /a, rate: 1/s, §spread: false}
  - {name: s, call: GET /a, rate: 1/s, burst: 2, spread: §no}
  - {name: t, call: GET /a, rate: 1/s, burst: 1, §spread: true}
`, want: []string{"say how the service tells them apart: as: address, or as: header X-Forwarded-For", `"0": want a whole number from 1 to 10000`, `"10001": want a whole number`, "want 200, uniform(200) or zipf(200, 1.1)",
			"zipf takes the number of clients and an exponent", "the scenario has 10001 clients; the most is 10000", `unknown word "adress" (did you mean address?)`, "header needs a name", "Host is set by the sender", "address takes no further word",
			"as needs clients", "ipv6 needs clients", "cookies needs clients", "ipv6 needs as: header", "cookies is true, or left out", "x-id is set by as: header X-Id", "cookie is set by cookies: true",
			"burst is a whole number from 1 to 1000", "burst is a whole number", "a burst of 300 requests needs at least 300", "spread needs a burst", "spread is true or false", "spread needs a burst of two or more, such as burst: 8, or a sequence"}},
		{name: "sequences and retries", text: `
traffic:
  - {name: a, sequence: §[], rate: 1/s}
  - {name: b, sequence: §GET /a, rate: 1/s}
  - {name: c, sequence: [§GET /a, §{name: x}, {§cal: GET /a, call: GET /a}, {call: §get /a}], rate: 1/s}
  - {name: d, sequence: [{call: §POST /a}, {call: POST /a, body: §'{"a":"{client}"}'}, {call: GET /a, §body: '{}'}], rate: 1/s}
  - {name: e, sequence: §[{call: GET /a}, {call: 'GET /a/{id}'}], rate: 1/s}
  - {name: f, sequence: [{call: GET /a}], rate: 1/s, §burst: 2, stop: §no, §retry: 2, §keep: [Age]}
  - {name: g, sequence: [{name: §all, call: GET /a}, {name: §g, call: GET /a}, {name: h, call: GET /a}, {name: §h, call: GET /a}, {name: §'?', call: GET /a}], rate: 1/s}
  - {name: §h, call: GET /a, rate: 1/s}
  - {name: i, sequence: §[{name: a, call: GET /a}], rate: 1/s}
  - {name: j, call: GET /a, rate: 1/s, retry: §11}
  - {name: k, call: GET /a, rate: 1/s, §stop: true}
  - {name: l, sequence: [{call: GET /a, retry: §0}], rate: 1/s, spread: §maybe}
`, want: []string{"sequence is an empty list", `sequence is a list; here is "GET /a"`, "a call of a sequence is", "a call of a sequence has no call", `unknown key "cal"`, `unknown method "get" (did you mean GET?)`,
			"POST needs a body", "{client} needs clients", "GET cannot have a body", "{id} or {user} in what it sends needs keys", "burst is not for a sequence", "stop is true, or left out", "retry is not for a stream with sequence", "keep is not for a stream with sequence",
			"a call cannot be named all", "a second stream named g", "a second stream named h", "name", "a second stream named h", `a second stream named "a"`, "retry is a whole number from 1 to 10", "stop is not for a stream with call",
			"retry is a whole number from 1 to 10", "spread is true or false"}},
		{name: "sockets", text: `
traffic:
  - {name: a, sockets: §POST /ws, rate: 1/s}
  - {name: b, sockets: §/ws, rate: 1/s}
  - {name: c, sockets: §'GET /ws?user={usr}', rate: 1/s, keys: uniform(5)}
  - {name: d, sockets: §'GET /ws?user={id}', rate: 1/s}
  - {name: e, sockets: §'GET /ws?user={id}&a={id}', rate: 1/s, keys: uniform(5)}
  - {name: f, §sockets: GET /ws, rate: 1/s, call: GET /a}
  - {name: g, sockets: GET /ws, rate: 1/s, §body: '{}', §headers: {X-A: 1}}
  - {name: h, sockets: GET /ws, rate: 1/s, §burst: 8}
  - {name: i, sockets: GET /ws, rate: 1/s, §clients: 5, §as: address}
  - {name: j, sockets: GET /ws, rate: 1/s, count: §0, stay: §0s, again: §5, ping: §never}
  - {name: k, sockets: GET /ws, rate: 1/s, stay: 1s, leave: §drp}
  - {name: l, sockets: GET /ws, rate: 1/s, §leave: vanish, §back: same}
  - {name: m, sockets: GET /ws, rate: 1/s, again: 1s, back: §[same]}
  - {name: n, sockets: GET /ws, rate: 1/s, §sty: 1s}
  - {name: o, call: GET /a, rate: 1/s, §stay: 1s, §count: 5}
`, want: []string{"POST cannot open a socket (did you mean GET /ws?)", "has no method (did you mean GET /ws?)", "{usr} cannot be filled (did you mean {user}?)", "/ws?user={id} needs keys", "more than one {…}",
			"sockets is not for a stream with call", "body is not for a stream with sockets", "headers is not for a stream with sockets", "burst is not for sockets: each socket is a client of its own", "clients is not for sockets", "as is not for sockets",
			"count is a whole number from 1 to 10000", "stay is above 0s", `"5" has no unit`, `"never": want a number and a unit`, `leave: unknown word "drp" (did you mean drop?)`, "leave needs stay, such as stay: 3s", "back needs again, such as again: 500ms",
			"back is a text", `unknown key "sty" of a stream (did you mean stay?)`, "stay is not for a stream with call", "count is not for a stream with call"}},
	} {
		t.Run(row.name, row.check)
	}
}

func TestEveryTypeOfStreamHasAKey(t *testing.T) {
	for _, typ := range traffic.Types {
		_, err := scenarios.Parse("x.yaml", []byte("traffic: [{"+typ+": what it sends}]"))
		if err == nil || strings.Contains(err.Error(), "unknown key "+strconv.Quote(typ)) {
			t.Errorf("a stream has no key %s: %v", typ, err)
		}
	}
}

// The examples of streams in the documents say everything, and are right.
func TestTheExamplesOfStreamsAreRight(t *testing.T) {
	page, err := os.ReadFile("../docs/traffic.md")
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) scenarios.Stream {
		_, example, _ := strings.Cut(string(page), "    - name: "+name+"\n")
		example, _, _ = strings.Cut(example, "\n\n")
		s := mustParse(t, complete("phases: [{name: steady, for: 2s}, {name: fault, for: 1s}]\ntraffic:\n    - name: "+name+"\n"+example+"\n"))
		return s.Traffic[0]
	}
	if st := read("book"); st.Burst != 8 || st.Clients == nil || !st.Clients.Cookies || st.Retry != 2 || len(st.Keep) != 3 || len(st.Expect) != 1 || len(st.Headers) != 1 {
		t.Errorf("the example of a call is %+v", st)
	}
	if st := read("twice"); len(st.Steps) != 3 || st.Steps[0].Retry != 2 || st.Steps[1].Body != st.Steps[0].Body || st.Steps[2].Name != "board" || !st.Spread || !st.Stop {
		t.Errorf("the example of a sequence is %+v", st)
	}
	want := traffic.Socket{Count: 200, Stay: 3 * time.Second, Leave: "close", Again: time.Second / 2, Back: "next", Ping: time.Second}
	if st := read("present"); st.Socket == nil || *st.Socket != want || len(st.Phases) != 2 {
		t.Errorf("the example of sockets is %+v", st)
	}
}

// Claims know what a sequence calls where its calls without a name have one path.
func TestTheSequencesPath(t *testing.T) {
	for calls, want := range map[string]string{
		"[{call: GET /a}, {call: GET /b, name: b}, {call: GET /a}]": "/a",
		"[{call: GET /a}, {call: GET /b}]":                          "",
		"[{call: GET /a, name: a}]":                                 "",
	} {
		s := mustParse(t, complete("traffic: [{name: q, rate: 1/s, sequence: "+calls+"}]\n"))
		if got := s.Scope().Paths["q"]; got != want {
			t.Errorf("%s: the path is %q, want %q", calls, got, want)
		}
	}
}
