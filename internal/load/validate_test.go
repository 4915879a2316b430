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
		{"no body known", func(s *load.Stream) { s.Method, s.Path = "POST", "/api/bookings" }, "POST /api/bookings has no body to send"},
		{"relative path", func(s *load.Stream) { s.Path = "api" }, "does not begin with a slash"},
		{"another placeholder", func(s *load.Stream) { s.Path = "/api/bookings/{trip}" }, "one {id} or {user} before any query"},
		{"two placeholders", func(s *load.Stream) { s.Path = "/api/users/{user}/trips/{id}" }, "one {id} or {user} before any query"},
		{"the same placeholder twice", func(s *load.Stream) { s.Path = "/api/{user}/{user}" }, "one {id} or {user} before any query"},
		{"{id} in the query", func(s *load.Stream) { s.Path = "/api?id={id}" }, "one {id} or {user} before any query"},
		{"{user} in the query", func(s *load.Stream) { s.Path = "/api?user={user}" }, "one {id} or {user} before any query"},
		{"no keys for a user", func(s *load.Stream) { s.Path, s.Keys.N = "/x/{user}", 0 }, "0 keys"},
		{"a change of another thing", func(s *load.Stream) { s.Method, s.Path = "PUT", "/api/users/{id}" }, "use GET, or PUT /api/trips/{id}"},
		{"no keys", func(s *load.Stream) { s.Path, s.Keys.N = "/x/{id}", 0 }, "0 keys"},
		{"too many keys", func(s *load.Stream) { s.Path, s.Keys.N = "/x/{id}", 1_000_001 }, "1000001 keys"},
		{"unknown distribution", func(s *load.Stream) { s.Path, s.Keys.Dist = "/x/{id}", "normal" }, `drawn by "normal"`},
		{"zipf without exponent", func(s *load.Stream) { s.Path, s.Keys.Dist = "/x/{id}", "zipf" }, "exponent 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := stream("http://127.0.0.1:1", 1, time.Second)
			tt.change(&s)
			_, err := load.Run(t.Context(), history.NewClock(), []load.Stream{s}, noPhase, func(r history.Request) {
				t.Errorf("a refused stream recorded %v", r)
			})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Run: %v, want an error with %q", err, tt.want)
			}
			for c := range s.Places() {
				t.Fatalf("a refused stream planned %v", c)
			}
		})
	}
}

func TestRunNamesEveryMistakeAtOnce(t *testing.T) {
	a := stream("http://127.0.0.1:1", 1, time.Second)
	b := a
	b.First, b.Workers, b.For = 1, 0, -1
	_, err := load.Run(t.Context(), history.NewClock(), []load.Stream{a, a, b}, noPhase, nil)
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
