package claim_test

import (
	"math/bits"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/history"
)

// The measures of caches against their definitions, taken literally, on small
// histories of anything.
func TestMeasuresOfCachesAreTheirDefinitions(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	for range 200 {
		var cs []call
		var parts []part
		for range 1 + rng.IntN(12) {
			sent := 1 + rng.IntN(40)
			c := call{stream: pick("trip", "trip", "trip", "listing", "change"), key: pick("1", "2"), sent: sent, done: sent + 1 + rng.IntN(20),
				source: pick("database", "database", "redis", "memory", "", "fail"), version: int64(rng.IntN(4)), instance: pick("1", "2")}
			if c.stream == "listing" && rng.IntN(2) == 0 {
				c.key, c.version = "", 0
			}
			cs = append(cs, c)
		}
		var readies []int
		for range rng.IntN(3) {
			readies = append(readies, 1+rng.IntN(40))
			parts = append(parts, ready(pick("1", "2"), readies[len(readies)-1]))
		}
		parts = append(parts, calls(cs...))
		for _, stream := range []string{"trip", "listing"} {
			for name, want := range map[string]float64{
				"oldest": bruteOldest(cs, readies, stream), "loads": bruteLoads(cs, stream),
				"staleness": bruteStaleness(cs, readies, stream),
			} {
				got, why := measured(t, name+"("+stream+")", parts...)
				if d := got - want; d > 1e-9 || d < -1e-9 {
					t.Fatalf("%s(%s) = %v (%s), want %v\n%+v\nready %v", name, stream, got, why, want, cs, readies)
				}
			}
		}
	}
}

func (c call) cached() bool { return c.source == "redis" || c.source == "memory" }
func (c call) read() bool   { return c.stream != "change" }

// saysSource reports whether any answer of the stream says where it came from: without, there is no data.
func saysSource(cs []call, stream string) bool {
	for _, c := range cs {
		if c.stream == stream && (c.cached() || c.source == "database") {
			return true
		}
	}
	return false
}

// mostlyFailed reports whether at least half of the requests of the stream failed: then there is no data.
func mostlyFailed(cs []call, stream string) bool {
	failed, all := 0, 0
	for _, c := range cs {
		if c.stream == stream {
			all++
			if c.source == "fail" {
				failed++
			}
		}
	}
	return 2*failed >= all
}

// sameEntry reports whether a cache would keep both under one key, or a change of b may change a's.
func sameEntry(a, b call) bool {
	if a.stream == "listing" {
		return b.stream == "listing" || b.stream == "change"
	}
	return b.stream != "listing" && a.key == b.key
}

func readyBefore(readies []int, t int) int {
	at := 0
	for _, r := range readies {
		if r <= t {
			at = max(at, r)
		}
	}
	return at
}

func bruteOldest(cs []call, readies []int, stream string) float64 {
	oldest := -1
	for _, c := range cs {
		if c.stream != stream || !c.cached() || mostlyFailed(cs, stream) {
			continue
		}
		open := false
		latest := readyBefore(readies, c.sent)
		for _, q := range cs {
			if !sameEntry(c, q) || q.sent > c.done || q.read() && q.cached() {
				continue
			}
			if !q.read() && q.source == "fail" {
				open = true // it may be under way still
			}
			latest = max(latest, min(q.done, c.done))
		}
		if latest > 0 && !open {
			oldest = max(oldest, c.sent-latest, 0)
		}
	}
	if oldest < 0 {
		return -1
	}
	return float64(oldest) / 1000
}

func bruteLoads(cs []call, stream string) float64 {
	if !saysSource(cs, stream) || mostlyFailed(cs, stream) {
		return -1
	}
	total := 0
	for _, key := range []string{"1", "2", ""} {
		var spans []call
		for _, c := range cs {
			if c.stream == stream && c.source == "database" && (stream == "listing" || c.key == key) {
				spans = append(spans, c)
			}
		}
		if stream == "listing" && key != "" {
			continue // all listings are one entry
		}
		// Instants are worth trying only at ends.
		fewest := len(spans)
		for set := range 1 << len(spans) {
			stabbed := 0
			for _, s := range spans {
				for i, at := range spans {
					if set>>i&1 == 1 && s.sent <= at.done && at.done <= s.done {
						stabbed++
						break
					}
				}
			}
			if stabbed == len(spans) {
				fewest = min(fewest, bits.OnesCount(uint(set)))
			}
		}
		total += fewest
	}
	return float64(total)
}

func bruteStaleness(cs []call, readies []int, stream string) float64 {
	worst, followed := 0, false
	for _, r := range cs {
		if r.stream != stream || r.source == "fail" || r.version == 0 || r.key == "" || mostlyFailed(cs, stream) {
			continue
		}
		for _, w := range cs {
			if w.read() || w.source == "fail" || w.version == 0 || w.key != r.key || w.done > r.sent || w.done < readyBefore(readies, r.sent) {
				continue
			}
			followed = true
			if w.version > r.version {
				worst = max(worst, r.sent-w.done)
			}
		}
	}
	if !followed {
		return -1
	}
	return float64(worst) / 1000
}

// Whatever a history lacks: no panic, and nothing holds that it cannot show.
func TestHistoriesThatLackSomethingAreNoProof(t *testing.T) {
	var cs []call
	for i := range 400 {
		key, at := strconv.Itoa(1+i%3), 1+i*10
		source, version := "redis", int64(9)
		if i < 3 {
			source = "database"
		}
		cs = append(cs, call{stream: "trip", key: key, sent: at, done: at + 2, source: source, version: version, instance: strconv.Itoa(1 + i%2)})
	}
	cs = append(cs, call{stream: "change", key: "1", sent: 40, done: 50, source: "database", version: 9})
	full := []part{ready("1", 0), ready("2", 0), counter("db_total", "after", "1", 0, 2), counter("db_total", "after", "2", 0, 1), calls(cs...)}
	each := func(f func(r *history.Request)) part {
		return func(h *history.Slice) {
			for i := range h.R {
				f(&h.R[i])
			}
		}
	}
	without := func(kind history.Kind) part {
		return func(h *history.Slice) {
			var kept []history.Event
			for _, e := range h.E {
				if e.Kind != kind {
					kept = append(kept, e)
				}
			}
			h.E = kept
		}
	}
	lacks := map[string]part{
		"sources":  each(func(r *history.Request) { r.Source = "" }),
		"versions": each(func(r *history.Request) { r.Version = 0 }),
		"keys":     each(func(r *history.Request) { r.Key = "" }),
		"changes": func(h *history.Slice) {
			h.R = h.R[:len(h.R)-1]
		},
		"metrics":   without(history.Counter),
		"readiness": without(history.Process),
		"answers":   each(func(r *history.Request) { r.Failure, r.Status, r.Source, r.Version = history.Timeout, 0, "", 0 }),
		"requests":  func(h *history.Slice) { h.R = nil },
		"instances": each(func(r *history.Request) { r.Instance = "" }),
		"a second instance": func(h *history.Slice) {
			each(func(r *history.Request) { r.Instance = "1" })(h)
			var kept []history.Event
			for _, e := range h.E {
				if e.Instance != "2" {
					kept = append(kept, e)
				}
			}
			h.E = kept
		},
	}
	for holds, needs := range map[string]string{
		"oldest(trip) <= 9s":                              "sources answers requests keys",
		"staleness(trip) <= 1s":                           "versions changes answers requests keys",
		"stale_reads(trip) == 0":                          "versions changes answers requests keys",
		"hits_after_miss(trip, 9s) >= 50%":                "sources answers requests keys",
		"hits_elsewhere(trip, 9s) >= 10%":                 "sources answers requests keys instances a second instance",
		"cold_starts(trip) <= 2":                          "sources answers requests keys readiness instances",
		"loads(trip) <= 9":                                "sources answers requests keys",
		"excess_loads(trip, db_total[phase=after]) <= 9":  "sources metrics answers requests keys",
		"delta(db_total[phase=after]) / loads(trip) <= 9": "sources metrics answers requests keys",
	} {
		c, errs := claim.Compile(claim.Text{ID: "x", Holds: holds}, cacheScope)
		for _, e := range errs {
			t.Fatalf("%s: %s", holds, e.Msg)
		}
		for lack, cut := range lacks {
			h := play(append(full[:len(full):len(full)], cut)...)
			r := judge(t, c, times(3, h)...)
			mustBeComplete(t, r)
			if strings.Contains(r.Because, "panic") {
				t.Errorf("%s without %s: %s", holds, lack, r.Because)
			}
			if needed := strings.Contains(needs, lack); needed && (r.Verdict != claim.Inconclusive || r.Remedy == "") {
				t.Errorf("%s without %s: %s because %s", holds, lack, r.Verdict, r.Because)
			}
		}
		if r := judge(t, c, times(3, play(full...))...); r.Verdict == claim.Inconclusive && !strings.HasPrefix(holds, "hits_elsewhere") {
			t.Errorf("%s of all: %s", holds, r.Because)
		}
	}
}
