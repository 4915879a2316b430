package load_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/traffic"
)

// A ledger is what instances were sent, in order. Safe for concurrent use.
type ledger struct {
	mu   sync.Mutex
	sent []string // "1 POST /api/bookings BODY"
}

// instance is a service that writes down what it is sent, and answers how says.
func (l *ledger) instance(t *testing.T, name string, how http.HandlerFunc) load.Target {
	return load.Target{Instance: name, URL: serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		l.mu.Lock()
		l.sent = append(l.sent, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", name, r.Method, r.URL.Path, body)))
		l.mu.Unlock()
		how(w, r)
	})}
}

// all is what was sent so far.
func (l *ledger) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.sent)
}

func booked(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		w.WriteHeader(http.StatusCreated)
	default:
		io.WriteString(w, `{"top":[{"organizerId":"7","score":1}]}`)
	}
}

func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// inOrder sorts what was recorded by its number.
func inOrder(requests []history.Request) []history.Request {
	slices.SortFunc(requests, func(a, b history.Request) int { return int(a.Seq) - int(b.Seq) })
	return requests
}

func TestASequenceIsOneClientsCalls(t *testing.T) {
	booking := traffic.Call{Method: "POST", Path: "/api/bookings", Body: `{"bookingId":"{uuid}","organizerId":"{id}","seq":{seq},"by":"{client}"}`}
	for _, spread := range []bool{false, true} {
		var l ledger
		s := stream("", 4, 20*time.Millisecond)
		s.Name, s.Type, s.Call, s.First, s.Spread = "booking", traffic.Sequences, traffic.Call{}, 3, spread
		s.Keys.N = 9
		s.Steps = []traffic.Step{{Call: booking}, {Call: booking}, {Name: "board", Call: traffic.Call{Method: "GET", Path: "/api/leaderboard"}}}
		s.Clients = &traffic.Clients{Draw: traffic.InTurn, N: 2, As: traffic.ByHeader, Header: "X-Forwarded-For"}
		s.Workers = 1 // one turn after the other, so that the ledger is in order
		s.Targets = []load.Target{l.instance(t, "1", booked), l.instance(t, "2", booked)}
		got, report := run(t, history.NewClock(), s)
		got = inOrder(got)
		if len(got) != 12 || report.Planned != 12 || len(l.all()) != 12 {
			t.Fatalf("%d recorded, %d planned, %d sent; want 12 of each", len(got), report.Planned, len(l.all()))
		}
		var planned []load.Place
		for p := range s.Places() {
			planned = append(planned, p)
		}
		for i, r := range got {
			turn, step := 3+i/3, i%3
			body, name, key, target := "", "board", "", (turn%2+turn/2)%2
			if spread {
				target = (target + step) % 2
			}
			if step < 2 {
				name, key = "booking", got[i-step].Key
				body = fmt.Sprintf(` {"bookingId":%q,"organizerId":%q,"seq":%d,"by":"198.18.0.%d"}`, got[i-step].Ref, key, turn, turn%2+1)
			}
			if want := fmt.Sprintf("%d %s %s%s", target+1, r.Method, s.Steps[step].Path, body); l.all()[i] != want {
				t.Errorf("spread %v: sent %s, want %s", spread, l.all()[i], want)
			}
			if !r.OK() || r.Stream != name || r.Key != key || r.Seq != uint64(turn*3+step) || (r.Ref != "") != (step < 2) || (r.Answer != "") != (step == 2) ||
				step > 0 && (r.Intended < got[i-1].Done || r.Queued || r.Lag() > 50*time.Millisecond) {
				t.Errorf("spread %v: recorded %+v after %+v", spread, r, got[max(i-1, 0)])
			}
			if p := planned[i]; p.Seq != r.Seq || p.Key != r.Key || p.Target.Instance != r.Instance || p.Client != r.Client {
				t.Errorf("planned %+v, recorded %+v", p, r)
			}
		}
	}
}

// After a failed call the others are made, unless the sequence stops. Without a first call there is none.
func TestASequenceAfterAFailure(t *testing.T) {
	for _, stop := range []bool{false, true} {
		var l ledger
		s := stream("", 1, time.Millisecond)
		s.Type, s.Call, s.Stop = traffic.Sequences, traffic.Call{}, stop
		s.Steps = []traffic.Step{{Call: traffic.Call{Method: "GET", Path: "/a"}}, {Call: traffic.Call{Method: "GET", Path: "/b"}}}
		s.Targets = []load.Target{l.instance(t, "1", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/a" {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})}
		got, _ := run(t, history.NewClock(), s)
		if want := map[bool]int{false: 2, true: 1}[stop]; len(got) != want || got[0].Failure != history.Status {
			t.Errorf("stop %v: recorded %+v, want %d, the first a failure", stop, got, want)
		}
		s.Timeout = 1
		clock := history.NewClock()
		until(t, "the timeout passed", func() bool { return clock.Now() > time.Millisecond })
		if got, _ := run(t, clock, s); len(got) != 1 || got[0].Failure != history.Unsent {
			t.Errorf("too late: recorded %+v, want one that was never sent", got)
		}
	}
}

// A request without an answer is repeated, the same, to the next instance; one with an answer is not.
func TestRetries(t *testing.T) {
	refused := load.Target{Instance: "2", URL: "http://127.0.0.1:1"}
	late := func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	fails := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	for _, tt := range []struct {
		name     string
		first    http.HandlerFunc
		second   func(*testing.T, *ledger) load.Target
		burst    int
		failures []history.Failure // of one request, in order
	}{
		{"answered", booked, nil, 1, []history.Failure{""}},
		{"answered wrongly", fails, nil, 1, []history.Failure{history.Status}},
		{"answered by the other", hangUp, func(t *testing.T, l *ledger) load.Target { return l.instance(t, "2", booked) }, 1, []history.Failure{history.EOF, ""}},
		{"too late, then answered by the other", late, func(t *testing.T, l *ledger) load.Target { return l.instance(t, "2", booked) }, 1, []history.Failure{history.Timeout, ""}},
		{"never answered", hangUp, func(*testing.T, *ledger) load.Target { return refused }, 1, []history.Failure{history.EOF, history.Refused, history.EOF}},
		{"of a burst", hangUp, func(t *testing.T, l *ledger) load.Target { return l.instance(t, "2", booked) }, 3, []history.Failure{history.EOF, ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var l ledger
			s := stream("", 1, time.Millisecond)
			s.Method, s.Path, s.Body, s.Retry, s.Burst, s.First = "POST", "/api/bookings", `{"bookingId":"{uuid}","n":{seq}}`, 2, tt.burst, 5
			s.Targets = []load.Target{l.instance(t, "1", tt.first)}
			if tt.second != nil {
				s.Targets = append(s.Targets, tt.second(t, &l))
				s.First = 6 // instance 1
			}
			if slices.Contains(tt.failures, history.Timeout) {
				s.Timeout = 500 * time.Millisecond
			}
			got, _ := run(t, history.NewClock(), s)
			n := len(tt.failures)
			if len(got) != n*tt.burst {
				t.Fatalf("recorded %+v, want %d for each of %d", got, n, tt.burst)
			}
			of := map[uint64][]history.Request{}
			for _, r := range inOrder(got) {
				of[r.Seq&(1<<32-1)] = append(of[r.Seq&(1<<32-1)], r)
			}
			for number, tries := range of {
				for i, r := range tries {
					if r.Failure != tt.failures[i] || r.Ref != tries[0].Ref || r.Ref == "" || r.Seq != number+uint64(i)<<32 ||
						i > 0 && (r.Intended < tries[i-1].Done || r.Queued || r.Instance == tries[i-1].Instance) {
						t.Errorf("try %d is %+v, want %q after %+v", i, r, tt.failures[i], tries[max(i-1, 0)])
					}
				}
			}
			bodies := map[string]bool{}
			for _, sent := range l.all() {
				bodies[sent[1:]] = true
			}
			if len(bodies) != tt.burst {
				t.Errorf("sent %v, want %d different bodies", l.all(), tt.burst)
			}
		})
	}
}
