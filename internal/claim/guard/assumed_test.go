package guard_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/guard"
	"github.com/trektribe/bench/internal/claim/roundtest"
	"github.com/trektribe/bench/internal/history"
)

// What a scenario assumes of the environment is seen, or seen not to be so; of a service that is seen to read it, what it
// then does otherwise is its own doing.
func TestTheEnvironmentHadItsEffect(t *testing.T) {
	from := func(phase string, n int, took time.Duration, source string) roundtest.Part {
		return roundtest.Trips(phase, n, took, source)
	}
	keeps := func(ttl time.Duration) roundtest.Part {
		return said(5, 1500*ms, history.Command{Name: "SET", Key: "trips", Reply: history.ReplyOK, TTL: ttl})
	}
	found := said(40, 20*ms, history.Command{Name: "GET", Key: "trips", Reply: history.ReplyValue, Found: true})
	const baseline, ttl = "the baseline phase answered from the cache: ", "the environment had no effect: TTL_TRIPS=2s was asked for, and the service sets EX 3600 or more (5 times)"
	for name, row := range map[string]struct {
		parts            []roundtest.Part
		uncached, cached string // what is said of a claim about the phase warm, without a cache, and of one about ages after it
	}{
		"without a cache, and as it should be after it": {[]roundtest.Part{from("warm", 50, 5*ms, "database"), keeps(2 * time.Second)}, "", ""},
		"with a cache that cannot be switched off": {[]roundtest.Part{from("warm", 40, ms, "redis"), from("warm", 10, 5*ms, "database"), keeps(2 * time.Second)},
			baseline + `40 of 50 answers in phase "warm" say so`, ""},
		"the same in memory": {[]roundtest.Part{from("warm", 40, ms, "memory"), keeps(2 * time.Second)}, baseline + "40 of 40 answers", ""},
		"the same, and it does not say so": {[]roundtest.Part{from("warm", 50, ms, ""), found, keeps(2 * time.Second)},
			baseline + `40 reads of Redis found a value in phase "warm", for 50 answers`, ""},
		"says nothing, and finds nothing":                   {[]roundtest.Part{from("warm", 50, ms, ""), keeps(2 * time.Second)}, "", ""},
		"one answer that was loaded before":                 {[]roundtest.Part{from("warm", 49, 5*ms, "database"), from("warm", 1, ms, "redis"), keeps(2 * time.Second)}, "", ""},
		"reads no variable, and keeps for an hour":          {[]roundtest.Part{from("warm", 50, ms, "redis"), keeps(time.Hour)}, baseline, ttl},
		"switches its cache off, and keeps for a day":       {[]roundtest.Part{from("warm", 50, 5*ms, "database"), keeps(24 * time.Hour)}, "", ""},
		"loads as slowly as asked, and keeps for a day":     {[]roundtest.Part{from("after", 50, 200*ms, "database"), keeps(24 * time.Hour)}, "", ""},
		"keeps a little longer than asked":                  {[]roundtest.Part{from("after", 50, 5*ms, "database"), keeps(4 * time.Second)}, "", ""},
		"keeps one thing for an hour, and another as asked": {[]roundtest.Part{from("after", 50, 5*ms, "database"), keeps(time.Hour), keeps(2 * time.Second)}, "", ""},
	} {
		h := roundtest.Play(append(row.parts, watched)...)
		rules := guard.Rules{MostLag: guard.MostLag, Assumed: guard.Assumed{Uncached: map[string][]string{"warm": {"trips"}}, Asked: "TTL_TRIPS=2s", Longest: 2 * time.Second,
			Delay: [2]time.Duration{180 * ms, 250 * ms}}}
		check := func(phase string, young bool, want string) {
			rules.Assumed.Baseline, rules.Assumed.Young = []string{phase}, young
			g := seen(h)
			got := g.Complaints(rules)
			if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || got[0].Code != code.Assumption || !strings.Contains(got[0].Text, want) || got[0].Remedy == "") {
				t.Errorf("%s: of %s: %+v, want %q", name, phase, got, want)
			}
			rules.Assumed.Young, rules.Assumed.Expire = false, young
			if got := g.Doubts(rules); young && (want != "") != (len(got) == 1) {
				t.Errorf("%s: doubts %+v, want them for %q", name, got, want)
			}
		}
		check("warm", false, row.uncached)
		check("after", true, row.cached)
	}
}

// What instances share is in Redis, or the claim that they share it shows nothing.
func TestInstancesShareTheirRedis(t *testing.T) {
	keys := func(instance, prefix string, n int) roundtest.Part {
		return func(h *history.Slice) {
			for i := range n {
				h.C = append(h.C, history.Command{Instance: instance, Name: "GET", Key: fmt.Sprint(prefix, i), Reply: history.ReplyNil, Sent: 20 * ms, Answered: 21 * ms})
			}
		}
	}
	for name, row := range map[string]struct {
		parts []roundtest.Part
		want  int
	}{
		"the same keys":         {[]roundtest.Part{keys("1", "trip:", 9), keys("2", "trip:", 9)}, 0},
		"one key in common":     {[]roundtest.Part{keys("1", "a:", 9), keys("2", "b:", 9), keys("1", "c:", 1), keys("2", "c:", 1)}, 0},
		"keys of their own":     {[]roundtest.Part{keys("1", "a:", 9), keys("2", "b:", 9)}, 1},
		"too few keys to tell":  {[]roundtest.Part{keys("1", "a:", 9), keys("2", "b:", 2)}, 0},
		"too many to remember":  {[]roundtest.Part{keys("1", "a:", 2000), keys("2", "b:", 9)}, 0},
		"only one that is seen": {[]roundtest.Part{keys("1", "a:", 9)}, 0},
	} {
		for _, shared := range []bool{true, false} {
			got := seen(roundtest.Play(row.parts...)).Doubts(guard.Rules{Assumed: guard.Assumed{Shared: shared}})
			if want := row.want; shared && len(got) != want || !shared && len(got) > 0 {
				t.Errorf("%s (shared: %v): %+v, want %d", name, shared, got, want)
			}
		}
	}
}

// seen is the guard that was shown a round.
func seen(h history.Slice) *guard.Guard {
	var g guard.Guard
	for e := range h.Events() {
		g.Event(&e)
	}
	for c := range h.Commands() {
		g.Command(&c)
	}
	for r := range h.Requests() {
		g.Request(&r)
	}
	return &g
}
