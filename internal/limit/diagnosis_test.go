package limit_test

import (
	"cmp"
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/limit"
)

// A service is a limiter on a store that the test breaks, in virtual time.
type service struct {
	most      int
	window    time.Duration
	instances int
	faults    []limit.Span
	bug       string
	store     map[string]*count // shared
	local     map[string]*count // of an instance
	broken    map[int]bool
	logs      map[string][]time.Duration
}

type count struct {
	n       int
	expires time.Duration
}

const forever = time.Duration(1 << 60)

func (s *service) at(m map[string]*count, key string, t time.Duration) *count {
	c := m[key]
	if c == nil || t >= c.expires {
		c = &count{expires: -1}
		m[key] = c
	}
	return c
}

func (s *service) fault(t time.Duration) (in, was bool) {
	for _, f := range s.faults {
		in = in || t >= f.From && t <= f.To
		was = was || t >= f.From
	}
	return in, was
}

// atomic counts and decides in one step.
func (s *service) atomic(c *count, t time.Duration, most int) limit.Answer {
	if c.expires < 0 {
		c.expires = t + s.window
		if s.bug == "no-expiry" {
			c.expires = forever
		}
	}
	if s.bug == "renewed" {
		c.expires = t + s.window
	}
	if c.n >= most {
		return limit.Refused
	}
	c.n++
	if s.bug == "renewed-admission" || s.bug == "document" {
		c.expires = t + s.window
	}
	return limit.Allowed
}

// decide is what the instance answers to a request that reaches it at t.
func (s *service) decide(client string, instance int, t time.Duration) limit.Answer {
	in, was := s.fault(t)
	most, key, m := s.most, client, s.store
	own := fmt.Sprint(client, "/", instance)
	switch s.bug {
	case "over-by-one":
		most++
	case "under-by-one":
		most--
	case "doubled":
		most /= 2
	case "per-instance":
		key = own
	case "share":
		key, most = own, most/s.instances
	case "shared":
		key = "all"
	case "proxy":
		if client[0] == 'p' {
			key = "proxy"
		}
	case "no-limit":
		return limit.Allowed
	case "counts-refused":
		log := s.logs[client]
		for len(log) > 0 && log[0] <= t-s.window {
			log = log[1:]
		}
		s.logs[client] = append(log, t)
		if len(log) < most {
			return limit.Allowed
		}
		return limit.Refused
	}
	switch {
	case s.bug == "stays-open" && was, s.bug == "fails-open" && in:
		return limit.Allowed
	case s.bug == "stays-closed" && was, s.bug == "fails-closed" && in:
		return limit.Refused
	case in && s.bug != "expiry-lost" || was && (s.bug == "stays-on-fallback" || s.bug == "fallback-forever"):
		key, m = own, s.local
		if s.bug == "fallback-forever" {
			most /= s.instances
		}
	case was && s.bug == "restarts" && !s.broken[0]:
		s.store, s.broken[0] = map[string]*count{}, true
		m = s.store
	}
	if s.bug == "lost-reply" && in {
		m, key = s.store, client
		c := s.at(m, key, t)
		a := s.atomic(c, t, most)
		if a == limit.Allowed {
			c.n++
		}
		return a
	}
	c := s.at(m, key, t)
	if s.bug == "expiry-lost" && was && client == "steady0" && c.expires < 0 {
		c.expires = forever
	}
	return s.atomic(c, t, most)
}

// traffic is who asks when.
type traffic struct {
	clients  int
	together int // requests of one client under way at once
	every    time.Duration
	until    time.Duration
	pause    time.Duration // after each window's length of asking; 0: none
	name     string
}

func (s *service) play(rnd *rand.Rand, loads ...traffic) (ds []limit.Decision) {
	type ask struct {
		limit.Decision
		instance int
		read     time.Duration
	}
	var asks []ask
	for _, l := range loads {
		for c := range l.clients {
			name := fmt.Sprint(l.name, c)
			for range l.together {
				asking := time.Duration(0)
				for t := time.Duration(rnd.Int63n(int64(l.every))); t < l.until; {
					flight := time.Millisecond + time.Duration(rnd.Int63n(int64(4*time.Millisecond)))
					n := rnd.Intn(s.instances)
					asks = append(asks, ask{limit.Decision{Client: name, Instance: fmt.Sprint("i", n), Sent: t, Done: t + flight}, n, t + time.Duration(rnd.Int63n(int64(flight)))})
					gap := flight + l.every
					t += gap
					if asking += gap; l.pause > 0 && asking > s.window {
						t, asking = t+l.pause, 0
					}
				}
			}
		}
	}
	slices.SortFunc(asks, func(a, b ask) int { return cmp.Compare(a.read, b.read) })
	type write struct {
		at    time.Duration
		key   string
		value int
	}
	var writes []write
	for i := range asks {
		a := &asks[i]
		if s.bug == "leak" || s.bug == "document" {
			// GET, and SET a little later.
			slices.SortStableFunc(writes, func(a, b write) int { return cmp.Compare(a.at, b.at) })
			for len(writes) > 0 && writes[0].at <= a.read {
				w := writes[0]
				writes = writes[1:]
				c := s.at(s.store, w.key, w.at)
				c.n = w.value
				if c.expires < 0 || s.bug == "document" {
					c.expires = w.at + s.window
				}
			}
			c := s.at(s.store, a.Client, a.read)
			if a.Answer = limit.Refused; c.n < s.most {
				a.Answer = limit.Allowed
				writes = append(writes, write{a.read + (a.Done-a.read)/2, a.Client, c.n + 1})
			}
		} else {
			a.Answer = s.decide(a.Client, a.instance, a.read)
		}
		ds = append(ds, a.Decision)
	}
	return ds
}

func (s *service) open() *service {
	s.window, s.most, s.instances = time.Second, 42, 3
	s.store, s.local, s.broken, s.logs = map[string]*count{}, map[string]*count{}, map[int]bool{}, map[string][]time.Duration{}
	return s
}

// Each way to be wrong is told apart from the others, by what clients saw.
func TestDiagnosis(t *testing.T) {
	end := 6 * time.Second
	steady := traffic{clients: 3, together: 1, every: 5 * time.Millisecond, until: end, name: "steady"}
	crowd := traffic{clients: 2, together: 8, every: 5 * time.Millisecond, until: end, name: "crowd"}
	pausing := traffic{clients: 2, together: 1, every: 5 * time.Millisecond, until: end, pause: 1200 * time.Millisecond, name: "pausing"}
	quiet := traffic{clients: 2, together: 1, every: 300 * time.Millisecond, until: end, name: "quiet"}
	slow := traffic{clients: 2, together: 1, every: 30 * time.Millisecond, until: end, name: "slow"}
	behind := traffic{clients: 4, together: 1, every: 20 * time.Millisecond, until: end, name: "p"}
	forger := traffic{clients: 5, together: 1, every: 5 * time.Millisecond, until: end, name: "forger"}
	usual := []traffic{steady, crowd, pausing, quiet, slow}
	outage := limit.Context{Faults: []limit.Span{{From: 2300 * time.Millisecond, To: 3900 * time.Millisecond}}}
	restart := limit.Context{Faults: outage.Faults, Emptied: []time.Duration{3 * time.Second}}
	proxy := limit.Context{Behind: map[string]string{"p0": "x", "p1": "x", "p2": "x", "p3": "x"}}
	forged := limit.Context{Forged: map[string]string{"forger0": "f", "forger1": "f", "forger2": "f", "forger3": "f", "forger4": "f"}}
	for _, m := range []struct {
		bug   string
		loads []traffic
		c     limit.Context
		want  []limit.Code
		or    []limit.Code // may be named besides
	}{
		{"", usual, limit.Context{}, nil, nil},
		{"leak", usual, limit.Context{}, []limit.Code{limit.LeaksUnderConcurrency}, nil},
		{"document", usual, limit.Context{}, []limit.Code{limit.LeaksUnderConcurrency, limit.RenewedByEachAdmission}, nil},
		{"renewed", usual, limit.Context{}, []limit.Code{limit.RenewedByEachRequest}, nil},
		{"renewed-admission", usual, limit.Context{}, []limit.Code{limit.RenewedByEachAdmission}, nil},
		{"counts-refused", usual, limit.Context{}, []limit.Code{limit.CountsRefusedToo}, nil},
		{"no-expiry", usual, limit.Context{}, []limit.Code{limit.NoExpiry}, nil},
		{"expiry-lost", usual, outage, []limit.Code{limit.NoExpiry}, nil},
		{"over-by-one", usual, limit.Context{}, []limit.Code{limit.OffByOne}, nil},
		{"under-by-one", usual, limit.Context{}, []limit.Code{limit.OffByOne}, nil},
		{"doubled", usual, limit.Context{}, []limit.Code{limit.DoubleCount, limit.AnotherLimit}, nil},
		{"per-instance", usual, limit.Context{}, []limit.Code{limit.PerInstance}, nil},
		{"share", usual, limit.Context{}, []limit.Code{limit.SharePerInstance}, nil},
		{"shared", []traffic{steady, quiet}, limit.Context{}, []limit.Code{limit.SharedBetweenClients}, nil},
		{"proxy", []traffic{steady, behind}, proxy, []limit.Code{limit.SharedBehindProxy}, nil},
		{"no-limit", usual, limit.Context{}, []limit.Code{limit.NoLimit}, nil},
		{"fails-open", usual, outage, []limit.Code{limit.FailsOpen}, nil},
		{"fails-closed", usual, outage, []limit.Code{limit.FailsClosed}, nil},
		{"stays-open", usual, outage, []limit.Code{limit.StaysOpen}, nil},
		{"stays-closed", usual, outage, []limit.Code{limit.StaysClosed}, nil},
		{"restarts", usual, outage, []limit.Code{limit.RestartsOnFallback}, nil},
		{"stays-on-fallback", usual, outage, []limit.Code{limit.StaysOnFallback}, nil},
		{"fallback-forever", usual, outage, []limit.Code{limit.StaysOnFallback}, []limit.Code{limit.SharePerInstance}},
		{"fallback-forever", usual, restart, []limit.Code{limit.StaysOnFallback, limit.ScriptLost}, []limit.Code{limit.SharePerInstance}},
		{"lost-reply", usual, outage, []limit.Code{limit.DoubleCount}, nil},
		{"", []traffic{forger, quiet}, forged, []limit.Code{limit.IdentityChosenByClient}, nil},
	} {
		t.Run(m.bug, func(t *testing.T) {
			t.Parallel()
			for seed := range map[bool]int64{true: 1, false: 3}[testing.Short()] {
				s := (&service{faults: m.c.Faults, bug: m.bug}).open()
				ds := s.play(rand.New(rand.NewSource(seed)), m.loads...)
				rep := judged(t, ds, limit.Reading{Kind: limit.FixedFromFirst, Limit: 42, Window: time.Second}, m.c)
				var got []limit.Code
				for _, d := range rep.Diagnosis {
					got = append(got, d.Codes...)
					if n := len(d.Witness.Requests); n == 0 || n > 10 || d.Witness.Takes < n {
						t.Errorf("the witness of %v is %+v", d.Codes, d.Witness)
					}
				}
				if missing := without(m.want, got); len(missing) > 0 || len(without(without(got, m.want), m.or)) > 0 {
					t.Errorf("seed %d: %v, want %v; %d over, %d falsely", seed, got, m.want, rep.Kept.Errors, rep.Granted.Errors)
				}
			}
		})
	}
}

func without(codes, others []limit.Code) []limit.Code {
	return slices.DeleteFunc(slices.Clone(codes), func(c limit.Code) bool { return slices.Contains(others, c) })
}
