package run

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/inspect"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/traffic"
	"github.com/trektribe/bench/scenarios"
)

func get(path string) traffic.Call { return traffic.Call{Method: "GET", Path: path} }

func streamOf(name string, c traffic.Call, keys int, phases ...string) scenarios.Stream {
	return scenarios.Stream{Phases: phases, Stream: traffic.Stream{
		Name: name, Type: traffic.Calls, Call: c, From: 10, To: 10, Keys: traffic.Keys{Dist: "uniform", N: keys}, Timeout: time.Second, Workers: 1}}
}

// speaking is what was learnt of a service, by how each call answered.
func speaking(calls map[string]inspect.Call) *inspect.Table {
	t := &inspect.Table{Arm: "a"}
	for path, c := range calls {
		c.Call = get(path)
		t.Calls = append(t.Calls, c)
	}
	return t
}

var (
	spoken    = inspect.Call{Answers: []inspect.Answer{{Status: 200}}}
	foreignTo = inspect.Call{Answers: []inspect.Answer{{Status: 404, Failure: history.Status}}}
)

func limitedAfter(n int, still bool) inspect.Call {
	return inspect.Call{Answers: spoken.Answers, Limit: &inspect.Limit{After: n, Still: still}}
}

func TestAnArmGetsWhatItsServiceSpeaks(t *testing.T) {
	all := []scenarios.Stream{
		streamOf("listing", get("/api/trips"), 0),
		streamOf("trip", get("/api/trips/{id}"), 200, "fault"),
		{Stream: traffic.Stream{Name: "twice", Type: traffic.Sequences, From: 1, To: 1,
			Steps: []traffic.Step{{Call: get("/api/trips")}, {Name: "user", Call: get("/api/users/{id}")}}}},
	}
	phases := []scenarios.Phase{{Name: "steady", For: time.Second}, {Name: "fault", For: time.Second}}
	claims := func(all ...string) (out []claim.Text) {
		for _, c := range all {
			out = append(out, claim.Text{ID: c, Holds: c})
		}
		return out
	}
	few := inspect.Call{Answers: spoken.Answers, IDs: inspect.NewIDs([]string{"1", "2", "3"})}
	for _, row := range []struct {
		name    string
		calls   map[string]inspect.Call
		env     map[string]string
		streams string            // that are left
		codes   map[string]string // claim → code of its result, without any round
		idle    bool
	}{
		{"everything", map[string]inspect.Call{"/api/trips": spoken, "/api/trips/{id}": spoken, "/api/users/{id}": spoken}, nil,
			"listing trip twice", map[string]string{"count(trip) == 0": "few-rounds"}, false},
		{"it was not asked", nil, nil, "listing trip twice", map[string]string{"count(trip) == 0": "few-rounds"}, false},
		{"without one trip", map[string]inspect.Call{"/api/trips": spoken, "/api/trips/{id}": foreignTo, "/api/users/{id}": spoken}, nil,
			"listing twice", map[string]string{"count(trip) == 0": "unspoken", "count(listing) == 0": "few-rounds", "count(all) == 0": "few-rounds"}, false},
		{"without users: a sequence leaves whole", map[string]inspect.Call{"/api/trips": spoken, "/api/trips/{id}": spoken, "/api/users/{id}": foreignTo}, nil,
			"listing trip", map[string]string{"count(user) == 0": "unspoken", "count(twice) == 0": "unspoken", "count(trip) == 0": "few-rounds"}, false},
		{"only one trip, which is asked for in one phase", map[string]inspect.Call{"/api/trips": foreignTo, "/api/trips/{id}": spoken, "/api/users/{id}": spoken}, nil,
			"trip", map[string]string{"count(all[phase=steady]) == 0": "unspoken", "count(all[phase=fault]) == 0": "few-rounds"}, false},
		{"nothing that a claim needs", map[string]inspect.Call{"/api/trips": spoken, "/api/trips/{id}": foreignTo, "/api/users/{id}": spoken}, nil,
			"listing twice", map[string]string{"count(trip) == 0": "unspoken"}, true},
		{"nothing", map[string]inspect.Call{"/api/trips": foreignTo, "/api/trips/{id}": foreignTo, "/api/users/{id}": foreignTo}, nil,
			"", map[string]string{"count(all) == 0": "unspoken", "send_lag() <= 1s": "unspoken"}, true},
		{"limited", map[string]inspect.Call{"/api/trips": limitedAfter(20, true), "/api/trips/{id}": limitedAfter(20, true), "/api/users/{id}": spoken}, nil,
			"", map[string]string{"count(all) == 0": "limited"}, true},
		{"limited, and asked for less", map[string]inspect.Call{"/api/trips": limitedAfter(34, true), "/api/trips/{id}": limitedAfter(34, true), "/api/users/{id}": spoken}, nil,
			"listing trip twice", map[string]string{"count(all) == 0": "few-rounds"}, false},
		{"limited for a moment", map[string]inspect.Call{"/api/trips": limitedAfter(3, false), "/api/trips/{id}": spoken, "/api/users/{id}": spoken}, nil,
			"listing trip twice", map[string]string{"count(all) == 0": "few-rounds"}, false},
		{"limited, as the scenario wants", map[string]inspect.Call{"/api/trips": limitedAfter(3, true), "/api/trips/{id}": spoken, "/api/users/{id}": spoken}, map[string]string{"RATE_LIMIT": "3"},
			"listing trip twice", map[string]string{"count(all) == 0": "few-rounds"}, false},
		{"three trips", map[string]inspect.Call{"/api/trips": few, "/api/trips/{id}": spoken, "/api/users/{id}": spoken}, nil,
			"listing trip(3) twice", map[string]string{"count(trip) == 0": "few-rounds"}, false},
	} {
		s := &scenarios.Scenario{Name: "s", Phases: phases, Traffic: all, Target: scenarios.Target{Env: row.env}, Rounds: claim.Looks{Min: 3, Max: 3}}
		for c := range row.codes {
			s.Claims = append(s.Claims, claims(c)...)
		}
		var tables []inspect.Table
		if row.calls != nil {
			tables = append(tables, *speaking(row.calls))
		}
		j, err := newJudge(s, []lab.ArmSpec{{Name: "a"}}, nil, tables)
		if err != nil {
			t.Fatal(err)
		}
		var left []string
		for _, st := range j.shares["a"].traffic {
			name := st.Name
			if st.Name == "trip" && st.Keys.N != 200 {
				name += "(3)"
			}
			left = append(left, name)
		}
		if got := strings.Join(left, " "); got != row.streams || j.idle() != row.idle {
			t.Errorf("%s: left are %q, idle %t; want %q, %t", row.name, got, j.idle(), row.streams, row.idle)
		}
		for _, r := range j.results() {
			if string(r.Code) != row.codes[r.ID] || r.Remedy == "" {
				t.Errorf("%s: %s: %q because %q, to settle: %q; want %q", row.name, r.ID, r.Code, r.Because, r.Remedy, row.codes[r.ID])
			}
		}
		changed := row.streams != "listing trip twice"
		if notes := j.notes(); (len(notes) > 0) != changed {
			t.Errorf("%s: notes %q", row.name, notes)
		}
	}
	if all[1].Keys.N != 200 {
		t.Error("the scenario itself was changed")
	}
}

// A claim that is judged on what is left says what it was judged without.
func TestAResultNamesWhatItWasJudgedWithout(t *testing.T) {
	s := &scenarios.Scenario{Name: "s", Phases: []scenarios.Phase{{Name: "p", For: time.Second}}, Rounds: claim.Looks{Min: 1, Max: 1},
		Traffic: []scenarios.Stream{streamOf("listing", get("/api/trips"), 0), streamOf("user", get("/api/users/{id}"), 9)},
		Claims:  []claim.Text{{ID: "x", Holds: "failures(all) == 0"}}}
	h := shareOf(s, nil, speaking(map[string]inspect.Call{"/api/trips": spoken, "/api/users/{id}": foreignTo}))
	c, errs := claim.Compile(s.Claims[0], s.Scope())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	r := h.judge(c, []claim.Round{c.Observe(history.Slice{R: []history.Request{{Stream: "listing", Phase: "p", Sent: 1, Done: 2, Status: 200}}})}, false)
	if want := "judged without user: GET /api/users/{id} (status 404)"; !slices.Contains(r.Notes, want) || r.Code == code.Unspoken {
		t.Errorf("%s %q, notes %q; want one %q", r.Verdict, r.Code, r.Notes, want)
	}
}

// What a contract does not map is gone as what the inspection found unspoken, also with nobody asked, and a condition
// about it is not asked.
func TestWhatAContractDoesNotMapIsGone(t *testing.T) {
	own, err := contract.Read("shop.yaml", []byte("name: shop\ncalls: {trips: {call: GET /list, items: data}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	condition := func(holds string) *scenarios.Condition { return &scenarios.Condition{Holds: holds, Over: time.Second} }
	for _, row := range []struct {
		name          string
		steady, abort string
		claims        map[string]string // claim → code of its result, without any round
		notes         []string
	}{
		{"a condition of what is left", "failures(listing) == 0", "failures(listing) > 9", map[string]string{"count(user) == 0": "unspoken", "count(listing) == 0": "few-rounds"},
			[]string{"s is played without user: the contract shop has no profile (GET /api/users/{id})"}},
		{"of what is not", "failures(user) == 0", "failures(user) > 9", map[string]string{"count(listing) == 0": "few-rounds"},
			[]string{"s is played without user: ", "s: steady is not asked, so the faults begin without it: the contract shop has no profile", "s: abort is not asked, so nothing ends the faults early: the contract"}},
		{"of both", "failures(user) == 0 and failures(listing) == 0", "failures(all) > 9", map[string]string{"count(listing) == 0": "few-rounds"},
			[]string{"s is played without user: ", "s: steady is asked without a part: the contract"}},
		{"nothing that is claimed", "failures(user) == 0", "failures(user) > 9", map[string]string{"count(user) == 0": "unspoken"},
			[]string{"s is not played: the contract shop has no profile"}},
	} {
		s := &scenarios.Scenario{Name: "s", Phases: []scenarios.Phase{{Name: "p", For: time.Second}}, Rounds: claim.Looks{Min: 3, Max: 3},
			Traffic: []scenarios.Stream{streamOf("listing", get("/api/trips"), 0), streamOf("user", get("/api/users/{id}"), 9)},
			Steady:  condition(row.steady), Abort: condition(row.abort)}
		for c := range row.claims {
			s.Claims = append(s.Claims, claim.Text{ID: c, Holds: c})
		}
		j, err := newJudge(s, []lab.ArmSpec{{Name: "a"}}, own, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range j.results() {
			if string(r.Code) != row.claims[r.ID] || r.Remedy == "" {
				t.Errorf("%s: %s: %q because %q; want %q", row.name, r.ID, r.Code, r.Because, row.claims[r.ID])
			}
		}
		if notes := j.notes(); !slices.EqualFunc(notes, row.notes, strings.HasPrefix) {
			t.Errorf("%s: notes %q, want %q", row.name, notes, row.notes)
		}
		// It is not asked before the faults either: there are requests of the listing alone.
		p := &player{clock: history.NewClock(), shares: j.shares, limits: j.limits}
		p.start([]lab.Arm{{Name: "a"}})
		p.live.add(history.Request{Arm: "a", Stream: "listing", Sent: 1, Done: p.clock.Now(), Status: 200})
		if err := p.askSteady(); err != nil {
			t.Errorf("%s: %v, want that the faults begin", row.name, err)
		}
	}
}
