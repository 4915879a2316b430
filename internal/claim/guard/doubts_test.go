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

func said(n int, at time.Duration, c history.Command) roundtest.Part {
	return func(h *history.Slice) {
		for i := range n {
			c.Instance, c.Sent, c.Answered = "1", at+time.Duration(i)*ms, at+time.Duration(i)*ms+ms/2
			h.C = append(h.C, c)
		}
	}
}

// asked is n correct answers of as many things, from one second before the fault on.
func asked(n int, source string) roundtest.Part {
	return roundtest.Answers("trips", "warm", 20*ms, n, 2*ms, func(r *history.Request) {
		r.Intended /= 4
		r.Sent, r.Done, r.Source = r.Intended+ms/10, r.Intended+2*ms, source
		r.Key = fmt.Sprint(r.Intended)
	})
}

var (
	watched = roundtest.Event(history.Event{Kind: history.Wire, Name: history.WireWatched, On: "redis", Instance: "1"})
	outage  = roundtest.Outage("1")
	get     = history.Command{Name: "GET", Key: "trips", Reply: history.ReplyNil}
	auth    = history.Command{Name: "AUTH", Reply: history.ReplyOK}
	ping    = history.Command{Name: "PING", Reply: history.ReplyOK}
	noauth  = history.Command{Name: "GET", Key: "trips", Reply: history.ReplyError, Error: "NOAUTH"}
)

func TestAFaultShowsSomethingOnlyOfWhoUsesThePath(t *testing.T) {
	joined := roundtest.Answers("trips", "fault", 1050*ms, 3, 2*ms, nil)
	for name, row := range map[string]struct {
		parts []roundtest.Part
		code  code.Code // empty: no doubt
		says  string
	}{
		"asks for each":                  {[]roundtest.Part{asked(200, "redis"), said(200, 20*ms, get)}, "", ""},
		"asks for one in a hundred":      {[]roundtest.Part{asked(200, "redis"), said(2, 20*ms, get)}, "", ""},
		"asks for fewer":                 {[]roundtest.Part{asked(200, "redis"), said(1, 20*ms, get)}, code.Unused, "1 keyed command for 200 answers before the fault, where a cache needs 2"},
		"publishes":                      {[]roundtest.Part{asked(200, ""), said(20, 20*ms, history.Command{Name: "PUBLISH", Reply: history.ReplyInteger})}, "", ""},
		"has its hits in memory":         {[]roundtest.Part{asked(190, "memory"), asked(2, "database"), said(1, 20*ms, get)}, "", ""},
		"writes none of its loads":       {[]roundtest.Part{asked(100, "memory"), asked(100, "database"), said(1, 20*ms, get)}, code.Unused, "hardly uses"},
		"pings, and caches past it":      {[]roundtest.Part{asked(200, "redis"), said(12, 20*ms, ping), said(1, 20*ms, auth)}, code.Unused, "its cache does not use the path of instance 1 to Redis: before the fault it sent 12 × PING and no command with a key"},
		"says its password and no more":  {[]roundtest.Part{asked(200, "redis"), said(1, 20*ms, auth)}, code.Unused, "no command of its own succeeded on the path of instance 1 to Redis: before the fault it sent 1 × AUTH and nothing else"},
		"says nothing":                   {[]roundtest.Part{asked(200, "redis")}, code.Unused, "it sent nothing"},
		"gets NOAUTH on everything":      {[]roundtest.Part{asked(200, "database"), said(200, 20*ms, noauth)}, code.Unused, "no command of its own succeeded on the path of instance 1 to Redis before the fault: 200 × NOAUTH"},
		"asks only when the fault is on": {[]roundtest.Part{asked(200, "redis"), said(200, 1100*ms, get)}, code.Unused, "it sent nothing"},
		"speaks TLS":                     {[]roundtest.Part{asked(200, "redis"), said(1, 20*ms, history.Command{Reply: history.NotFollowed, Error: "TLS"})}, code.Unused, "cannot be followed: TLS"},
		"was asked next to nothing":      {[]roundtest.Part{asked(9, "database"), said(1, 20*ms, auth)}, "", ""},
		"some commands were dropped":     {[]roundtest.Part{asked(200, "redis"), roundtest.Event(history.Event{Kind: history.Wire, Name: history.WireDropped, Value: 9})}, "", ""},
		"says redis when nothing comes": {[]roundtest.Part{asked(200, "redis"), said(200, 20*ms, get),
			roundtest.Answers("trips", "fault", 1500*ms, 30, 2*ms, nil)}, code.Contradiction, `30 answers of instance 1 say "redis" while nothing comes from Redis`},
		"says so, and uses another way": {[]roundtest.Part{asked(200, "redis"), said(12, 20*ms, ping), roundtest.Answers("trips", "fault", 1500*ms, 30, 2*ms, nil)},
			code.Unused, `and no command with a key; 30 answers of instance 1 say "redis" while nothing comes from Redis`},
		"says redis of what it joined before": {[]roundtest.Part{asked(200, "redis"), said(200, 20*ms, get), joined}, "", ""},
		"says redis when it is back":          {[]roundtest.Part{asked(200, "redis"), said(200, 20*ms, get), roundtest.Answers("trips", "fault", 2990*ms, 1, 20*ms, nil)}, "", ""},
		"says redis on a new connection, where only old ones are hurt": {[]roundtest.Part{asked(200, "redis"), said(200, 20*ms, get),
			func(h *history.Slice) {
				for i := range h.E {
					if h.E[i].Kind == history.FaultOn {
						h.E[i].Detail = "connections: old"
					}
				}
			}, roundtest.Answers("trips", "fault", 1500*ms, 3, 2*ms, nil)}, "", ""},
	} {
		h := roundtest.Play(append([]roundtest.Part{watched, outage}, row.parts...)...)
		for phase, counts := range map[string]bool{"fault": true, "after": true, "warm": false} {
			got := doubts(h, phase)
			switch {
			case row.code == "" || !counts:
				if len(got) > 0 {
					t.Errorf("%s: %+v, want no doubt about a claim about %s", name, got, phase)
				}
			case len(got) != 1 || got[0].Code != row.code || !strings.Contains(got[0].Text, row.says) || got[0].Remedy == "":
				t.Errorf("%s: %+v, want %s that says %q", name, got, row.code, row.says)
			case strings.Contains(row.says, `say "redis"`):
				f := got[0].Findings
				if len(f) != 1 || f[0].Count != 30 || len(f[0].Witnesses) < 2 || len(f[0].Witnesses) > 10 {
					t.Errorf("%s: findings %+v, want one with its witnesses", name, f)
				}
			}
		}
	}
}

// Where nobody watched, as in rounds of older versions and with somebody else's toxiproxy, nothing is held against it.
func TestWhatNobodyWatchedIsNotHeldAgainstAService(t *testing.T) {
	if got := doubts(roundtest.Play(asked(200, "redis"), outage), "fault"); len(got) > 0 {
		t.Errorf("%+v, want none", got)
	}
}

// A fault that is on from the start is about how the path was used in the segment before.
func TestAFaultFromTheStartLooksAtTheSegmentBefore(t *testing.T) {
	round := func(use roundtest.Part) history.Slice {
		h := history.Slice{E: []history.Event{
			{Kind: history.PhaseSpan, Name: "up", Until: 900 * ms},
			{Kind: history.FaultOn, Name: "refused", On: "redis", Instance: "1", At: 950 * ms, Until: 951 * ms},
			{Kind: history.FaultOff, Name: "refused", On: "redis", Instance: "1", At: 2 * time.Second},
			{Kind: history.PhaseSpan, Name: "down", At: time.Second, Until: 2 * time.Second},
			{Kind: history.PhaseSpan, Name: "after", At: 2 * time.Second, Until: 3 * time.Second},
		}}
		for _, p := range []roundtest.Part{watched, asked(200, "redis"), use} {
			p(&h)
		}
		return h
	}
	for _, row := range []struct {
		use  roundtest.Part
		want int
	}{{said(200, 20*ms, get), 0}, {said(200, 2100*ms, get), 1}} {
		if got := doubts(round(row.use), "down"); len(got) != row.want {
			t.Errorf("%+v, want %d", got, row.want)
		}
	}
}

// doubts are those of a claim about a phase.
func doubts(h history.Slice, phase string) []guard.Doubt {
	return seen(h).Doubts(guard.Rules{Phases: func(name string) bool { return name == phase }})
}
