package claim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/roundtest"
	"github.com/trektribe/bench/internal/claim/wire"
	"github.com/trektribe/bench/internal/history"
)

// spoken is a wire: each command is sent 10 ms after the one before, from an instant on, and answered after 2 ms, or as much
// later as its connection is old.
func spoken(from time.Duration, cs ...history.Command) roundtest.Part {
	return func(h *history.Slice) {
		for i, c := range cs {
			c.Instance, c.Sent = "1", from+time.Duration(i)*10*time.Millisecond
			c.Answered = c.Sent + 2*time.Millisecond + c.Opened
			h.C = append(h.C, c)
		}
	}
}

func get(key string, found bool) history.Command {
	if found {
		return history.Command{Name: "GET", Key: key, Reply: history.ReplyValue, Found: true}
	}
	return history.Command{Name: "GET", Key: key, Reply: history.ReplyNil}
}

func set(key string, ttl time.Duration) history.Command {
	return history.Command{Name: "SET", Key: key, Reply: history.ReplyOK, TTL: ttl}
}

var wireWatched = roundtest.Event(history.Event{Kind: history.Wire, Name: history.WireWatched, On: "redis", Instance: "1"})

// wireDecidings has a claim on every measure of the wire.
func wireDecidings() []deciding {
	said := func(cs ...history.Command) []roundtest.Part {
		return []roundtest.Part{trips("warm", 5, ms, "redis"), wireWatched, spoken(100*ms, cs...)}
	}
	unwatched := []roundtest.Part{trips("warm", 5, ms, "redis")}
	many := func(n int, found bool) (cs []history.Command) {
		for range n {
			cs = append(cs, get("k", found))
		}
		return append(cs, set("k", time.Second))
	}
	return []deciding{
		{"wire_hit_ratio(k) >= 50%", said(many(50, true)...), said(many(50, false)...), unwatched, "nobody saw"},
		{"max(wire_ttl(k)) <= 2s", said(set("k", time.Second)), said(set("k", time.Minute)), said(set("k", 0)), "1 key without a time to live"},
		{"wire_writes(k) <= 1", said(set("k", 0)), said(set("k", 0), set("k", 0)), unwatched, "nobody saw"},
		{"wire_commands(*) <= 10", said(many(8, true)...), said(many(20, true)...), unwatched, "nobody saw"},
		{"max(wire_latency(*)) <= 3ms", said(many(8, true)...), said(history.Command{Name: "GET", Key: "slow", Opened: 40 * ms, Reply: history.ReplyOK}), unwatched, "nobody saw"},
	}
}

// What each measure of the wire counts, and that there is no figure without a wire, or with one that was not followed.
func TestMeasuresOfTheWire(t *testing.T) {
	watched := wireWatched
	use := spoken(100*time.Millisecond, get("trips:1", false), set("trips:1", 2*time.Second), get("trips:1", true), get("trips:1", true),
		get("users:1", false), set("users:1", time.Hour), history.Command{Name: "PING", Reply: history.ReplyOK},
		history.Command{Name: "GET", Key: "trips:1", Reply: history.ReplyError, Error: "LOADING"},
		history.Command{Name: "SET", Key: "lock", Reply: history.ReplyNil, TTL: time.Second}, get("flags", true))
	later := spoken(3100*time.Millisecond, get("trips:1", true), set("trips:2", 0), history.Command{Name: "EXPIRE", Key: "trips:2", Reply: history.ReplyInteger, TTL: 3 * time.Second})
	for _, row := range []struct {
		holds string
		want  claim.Verdict
		why   string
	}{
		{"wire_hit_ratio(trips:*[phase=warm]) >= 10%", claim.Holds, "66.7 %"},
		{"wire_hit_ratio(*) >= 99%", claim.Refuted, "60 %"},
		{"wire_hit_ratio(flags) >= 1%", claim.Inconclusive, "no key flags was both read and written"},
		{"max(wire_ttl(trips:*)) <= 3s", claim.Holds, "3 s"},
		{"max(wire_ttl(users:*)) <= 5min", claim.Refuted, "60 min"},
		{"max(wire_ttl(flags)) <= 5min", claim.Inconclusive, "no time to live was set"},
		{"wire_writes(*[phase=warm]) == 2", claim.Holds, "2"},
		{"wire_writes(trips:*[phase=after]) == 0", claim.Refuted, "1"},
		{"wire_commands(*[phase=warm]) == 10", claim.Holds, "10"},
		{"wire_commands(*[phase=warm]) / count(trips[phase=warm]) <= 1", claim.Refuted, "2"},
		{"wire_commands(nothing) == 0", claim.Inconclusive, "no command with a key nothing was seen"},
		{"max(wire_latency(*)) <= 3ms", claim.Holds, "2 ms"},
		{"max(wire_latency(*[phase=after])) <= 1ms", claim.Refuted, "2 ms"},
	} {
		c := compile(t, row.holds, "")
		judge := func(parts ...roundtest.Part) claim.Result {
			parts = append(parts, roundtest.Trips("warm", 5, 2*time.Millisecond, "redis"))
			var seen []claim.Round
			for _, h := range roundtest.Times(5, roundtest.Play(parts...)) {
				seen = append(seen, c.Observe(h))
			}
			return c.Judge(seen, looks)
		}
		got := judge(watched, use, later)
		if got.Verdict != row.want || !strings.Contains(got.Because, row.why) {
			t.Errorf("%s: %s because %q, want %s because of %q", row.holds, got.Verdict, got.Because, row.want, row.why)
		}
		for what, got := range map[string]claim.Result{
			"bench's own proxy was not before it": judge(use, later),
			"could not be followed: TLS":          judge(watched, use, spoken(0, history.Command{Reply: history.NotFollowed, Error: "TLS"})),
		} {
			if got.Verdict != claim.Inconclusive || !strings.Contains(got.Because, what) || got.Remedy == "" {
				t.Errorf("%s: %s because %q, want it undecided because %q", row.holds, got.Verdict, got.Because, what)
			}
		}
	}
}

// What Redis takes outside its faults tells how busy the machine is, but for commands that wait on purpose.
func TestASlowRedisIsALagOfTheMachine(t *testing.T) {
	c := compile(t, "longest_lag() <= 20ms", "")
	slow := func(name string) history.Command {
		return history.Command{Name: name, Key: "k", Opened: 40 * ms, Reply: history.ReplyValue}
	}
	for _, row := range []struct {
		what  string
		parts []roundtest.Part
		want  claim.Verdict
	}{
		{"a command that is slow", []roundtest.Part{spoken(100*ms, slow("GET"))}, claim.Refuted},
		{"the same before a fault", []roundtest.Part{roundtest.Outage("1"), spoken(900*ms, slow("GET"))}, claim.Refuted},
		{"the same during a fault", []roundtest.Part{roundtest.Outage("1"), spoken(1500*ms, slow("GET"))}, claim.Holds},
		{"the same after a fault", []roundtest.Part{roundtest.Outage("1"), spoken(3100*ms, slow("GET"))}, claim.Refuted},
		{"one that waits for others", []roundtest.Part{spoken(100*ms, slow("XREAD"))}, claim.Holds},
		{"one without a reply", []roundtest.Part{func(h *history.Slice) { h.C = append(h.C, history.Command{Name: "GET", Sent: 100 * ms}) }}, claim.Holds},
	} {
		h := roundtest.Play(append(row.parts, trips("warm", 5, ms, "redis"))...)
		if got := judge(t, c, roundtest.Times(5, h)...); got.Verdict != row.want {
			t.Errorf("%s: %s because %q, want %s", row.what, got.Verdict, got.Because, row.want)
		}
	}
}

func TestAPatternOfKeys(t *testing.T) {
	for pattern, keys := range map[string]string{"*": "a:b ", "trips:*": "trips:1 trips:", "*:1": "trips:1 :1", "a*b*c": "abc aXbYbc", "trips": "trips"} {
		for key := range strings.FieldsSeq(keys) {
			if !wire.Matches(pattern, key) {
				t.Errorf("%q does not match %q", pattern, key)
			}
		}
		if pattern != "*" && (wire.Matches(pattern, "other") || wire.Matches(pattern, "tripsX:2")) {
			t.Errorf("%q matches too much", pattern)
		}
	}
}
