package load_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/traffic"
)

func TestRunRefusesWhatCannotBePlayed(t *testing.T) {
	tests := []struct {
		name   string
		change func(*load.Stream)
		want   string
	}{
		{"nothing said", func(s *load.Stream) { *s = load.Stream{} }, "no targets"},
		{"unknown type", func(s *load.Stream) { s.Type = "pigeon" }, `type "pigeon": want one of call`},
		{"no rate", func(s *load.Stream) { s.From, s.To = 0, 0 }, "rate is 0"},
		{"rate below 0", func(s *load.Stream) { s.From = -1 }, "rate -1/s"},
		{"rate is no number", func(s *load.Stream) { s.To = math.NaN() }, "rate NaN/s"},
		{"no window", func(s *load.Stream) { s.For = 0 }, "window of 0s"},
		{"before the clock", func(s *load.Stream) { s.Start = -1 }, "before the clock"},
		{"no timeout", func(s *load.Stream) { s.Timeout = 0 }, "timeout 0s"},
		{"no workers", func(s *load.Stream) { s.Workers = 0 }, "0 workers"},
		{"not a URL", func(s *load.Stream) { s.Targets[0].URL = "127.0.0.1:80" }, "want http://host:port"},
		{"unknown method", func(s *load.Stream) { s.Method = "FETCH" }, `method "FETCH": want one of GET, PUT, POST`},
		{"no body known", func(s *load.Stream) { s.Method, s.Path = "POST", "/api/bookings" }, "POST needs a body"},
		{"relative path", func(s *load.Stream) { s.Path = "api" }, "does not begin with a slash"},
		{"another placeholder", func(s *load.Stream) { s.Path = "/api/bookings/{trip}" }, "one {id} or {user} before any query"},
		{"two placeholders", func(s *load.Stream) { s.Path = "/api/users/{user}/trips/{id}" }, "one {id} or {user} before any query"},
		{"the same placeholder twice", func(s *load.Stream) { s.Path = "/api/{user}/{user}" }, "one {id} or {user} before any query"},
		{"{id} in the query", func(s *load.Stream) { s.Path = "/api?id={id}" }, "one {id} or {user} before any query"},
		{"{user} in the query", func(s *load.Stream) { s.Path = "/api?user={user}" }, "one {id} or {user} before any query"},
		{"no keys for a user", func(s *load.Stream) { s.Path, s.Keys.N = "/x/{user}", 0 }, "0 keys"},
		{"a change of another thing", func(s *load.Stream) { s.Method, s.Path = "PUT", "/api/users/{id}" }, "PUT needs a body"},
		{"no keys", func(s *load.Stream) { s.Path, s.Keys.N = "/x/{id}", 0 }, "0 keys"},
		{"too many keys", func(s *load.Stream) { s.Path, s.Keys.N = "/x/{id}", 1_000_001 }, "1000001 keys"},
		{"unknown distribution", func(s *load.Stream) { s.Path, s.Keys.Dist = "/x/{id}", "normal" }, `drawn by "normal"`},
		{"zipf without exponent", func(s *load.Stream) { s.Path, s.Keys.Dist = "/x/{id}", "zipf" }, "exponent 0"},
		{"a body of a GET", func(s *load.Stream) { s.Body = "{}" }, "GET cannot have a body"},
		{"an unknown blank", func(s *load.Stream) { s.Method, s.Body = "POST", `{"a":"{sequence}"}` }, "{sequence} cannot be filled"},
		{"a client where there is none", func(s *load.Stream) { s.Headers = map[string]string{"X-Who": "{client}"} }, "{client} needs clients"},
		{"no header", func(s *load.Stream) { s.Headers = map[string]string{"X Who": "a"} }, `"X Who" is not a header name`},
		{"a header of the connection", func(s *load.Stream) { s.Headers = map[string]string{"host": "a"} }, "host is set by the sender"},
		{"a header in two lines", func(s *load.Stream) { s.Headers = map[string]string{"X-Who": "a\r\nb"} }, "is not a header value"},
		{"a body in a key of another", func(s *load.Stream) { s.Method, s.Body, s.Keys = "POST", "{id}", traffic.Keys{} }, "0 keys"},
		{"keeping everything", func(s *load.Stream) { s.Keep = []string{"*"} }, `"*" is neither a header name`},
		{"keeping twice", func(s *load.Stream) { s.Keep = []string{"Age", "age"} }, "age is given twice"},
		{"expecting too little", func(s *load.Stream) { s.Expect = []int{200, 100} }, "status 100: want 200 to 599"},
		{"no clients", clients(func(c *traffic.Clients) { c.N = 0 }), "0 clients after 0"},
		{"too many clients", clients(func(c *traffic.Clients) { c.N, c.First = 9_999, 2 }), "9999 clients after 2 of other streams: want 1 to 10000"},
		{"clients as nothing", clients(func(c *traffic.Clients) { c.As = "" }), "want address or header"},
		{"clients by no header", clients(func(c *traffic.Clients) { c.As = "header" }), "is not a header name"},
		{"clients of IPv6 addresses", clients(func(c *traffic.Clients) { c.IPv6 = true }), "ipv6 needs as: header NAME"},
		{"clients drawn otherwise", clients(func(c *traffic.Clients) { c.Draw = "normal" }), `clients drawn by "normal"`},
		{"clients without exponent", clients(func(c *traffic.Clients) { c.Draw = "zipf" }), "exponent 0"},
		{"a second identity", func(s *load.Stream) {
			clients(func(c *traffic.Clients) { c.As, c.Header = "header", "X-Forwarded-For" })(s)
			s.Headers = map[string]string{"x-forwarded-for": "1.2.3.4"}
		}, "x-forwarded-for is set by as: header X-Forwarded-For"},
		{"a second cookie", func(s *load.Stream) {
			clients(func(c *traffic.Clients) { c.Cookies = true })(s)
			s.Headers = map[string]string{"Cookie": "a=b"}
		}, "Cookie is set by cookies: true"},
		{"addresses to another machine", func(s *load.Stream) {
			clients(func(*traffic.Clients) {})(s)
			s.Targets[0].URL = "http://192.0.2.1:80"
		}, "reach 127.0.0.0/8 only"},
		{"addresses to IPv6", func(s *load.Stream) {
			clients(func(*traffic.Clients) {})(s)
			s.Targets[0].URL = "http://[::1]:80"
		}, "reach 127.0.0.0/8 only"},
		{"too large a burst", func(s *load.Stream) { s.Burst = 1_001 }, "bursts of 1001: want at most 1000"},
		{"a burst below none", func(s *load.Stream) { s.Burst = -1 }, "bursts of -1"},
		{"too many retries", func(s *load.Stream) { s.Retry = 11 }, "retry 11: want 0 to 10"},
		{"a sequence of nothing", sequence(func(s *load.Stream) { s.Steps = nil }), "a sequence of 0 calls: want 1 to 20"},
		{"a sequence in bursts", sequence(func(s *load.Stream) { s.Burst = 2 }), "made one after the other"},
		{"a sequence with a bad call", sequence(func(s *load.Stream) { s.Steps[1].Body = "" }), "step 2: body: POST needs a body"},
		{"a sequence without keys", sequence(func(s *load.Stream) { s.Keys = traffic.Keys{} }), "0 keys"},
		{"sockets of no kind", socket(func(s *load.Stream) { s.Socket = nil }), "nothing says what becomes of its sockets"},
		{"sockets by POST", socket(func(s *load.Stream) { s.Method = "POST" }), "opened by GET"},
		{"sockets with headers", socket(func(s *load.Stream) { s.Headers = map[string]string{"X-Who": "a"} }), "opened by GET and a path alone"},
		{"sockets in bursts", socket(func(s *load.Stream) { s.Burst = 2 }), "without clients and bursts"},
		{"sockets of clients", socket(clients(func(*traffic.Clients) {})), "without clients and bursts"},
		{"too many sockets", socket(func(s *load.Stream) { s.Socket.Count = 10_001 }), "10001 sockets: want at most 10000"},
		{"sockets that stay less than nothing", socket(func(s *load.Stream) { s.Socket.Stay = -1 }), "want none below 0"},
		{"sockets that leave in another way", socket(func(s *load.Stream) { s.Socket.Stay, s.Socket.Leave = 1, "run" }), `leave "run": want one of close, drop, vanish`},
		{"sockets that leave at no time", socket(func(s *load.Stream) { s.Socket.Leave = "drop" }), "leave needs stay"},
		{"sockets that come back elsewhere", socket(func(s *load.Stream) { s.Socket.Again, s.Socket.Back = 1, "any" }), `back "any": want one of next, same`},
		{"sockets that never come back", socket(func(s *load.Stream) { s.Socket.Back = "same" }), "back needs again"},
		{"sockets for two users", socket(func(s *load.Stream) { s.Path = "/ws?user={id}&as={user}" }), "the only place that can be filled is one"},
		{"sockets without keys", socket(func(s *load.Stream) { s.Keys = traffic.Keys{} }), "0 keys"},
		{"a burst beyond the workers", func(s *load.Stream) { s.Burst = 9 }, "8 workers: a burst needs 9"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := stream("http://127.0.0.1:1", 1, time.Second)
			tt.change(&s)
			_, err := load.Run(t.Context(), history.NewClock(), []load.Stream{s}, noPhase, func(r history.Request) {
				t.Errorf("a refused stream recorded %v", r)
			}, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Run: %v, want an error with %q", err, tt.want)
			}
			for c := range s.Places() {
				t.Fatalf("a refused stream planned %v", c)
			}
		})
	}
}

// clients gives a stream good clients, but for what change does.
func clients(change func(*traffic.Clients)) func(*load.Stream) {
	return func(s *load.Stream) {
		s.Clients = &traffic.Clients{Draw: traffic.InTurn, N: 10, As: traffic.ByAddress}
		change(s.Clients)
	}
}

// sequence makes a stream a good sequence, but for what change does.
func sequence(change func(*load.Stream)) func(*load.Stream) {
	return func(s *load.Stream) {
		s.Type, s.Call = traffic.Sequences, traffic.Call{}
		s.Steps = []traffic.Step{{Call: traffic.Call{Method: "GET", Path: "/a/{id}"}}, {Call: traffic.Call{Method: "POST", Path: "/b", Body: "{}"}}}
		change(s)
	}
}

// socket makes a stream one of good sockets, but for what change does.
func socket(change func(*load.Stream)) func(*load.Stream) {
	return func(s *load.Stream) {
		s.Type, s.Path, s.Socket = traffic.Sockets, "/ws?user={id}", &traffic.Socket{}
		change(s)
	}
}

func TestRunNamesEveryMistakeAtOnce(t *testing.T) {
	a := stream("http://127.0.0.1:1", 1, time.Second)
	b := a
	b.First, b.Workers, b.For = 1, 0, -1
	_, err := load.Run(t.Context(), history.NewClock(), []load.Stream{a, a, b}, noPhase, nil, nil)
	for _, want := range []string{`stream 1 "trips" of arm "a": stream 0 has its name`, "stream 2", "0 workers", "window of -1ns"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Run: %v\nwant an error with %q", err, want)
		}
	}
}

func TestWhatTrafficCanBeIsSent(t *testing.T) {
	for _, typ := range traffic.Types {
		for _, method := range traffic.Methods {
			s := stream("http://127.0.0.1:1", 1, time.Second)
			s.Type, s.Method, s.Path = typ, method, traffic.TripPath
			switch {
			case typ == traffic.Sockets && method != "GET":
				continue // nothing else opens a socket
			case typ == traffic.Sockets:
				s.Socket = &traffic.Socket{}
			case typ == traffic.Sequences:
				s.Steps = []traffic.Step{{Call: s.Call}}
				s.Steps[0].Body = map[string]string{"POST": "{}"}[method]
				s.Call = traffic.Call{}
			case method == "POST":
				s.Body = "{}"
			}
			n := 0
			for range s.Places() {
				n++
			}
			if n != 1 {
				t.Errorf("a %s of %s plans %d requests, want 1", typ, method, n)
			}
		}
	}
}
