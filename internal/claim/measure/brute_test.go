package measure_test

import (
	"math/bits"
	"math/rand/v2"
	"testing"
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
			c := call{Stream: pick("trip", "trip", "trip", "listing", "change"), Key: pick("1", "2"), Sent: sent, Done: sent + 1 + rng.IntN(20),
				Source: pick("database", "database", "redis", "memory", "", "fail"), Version: int64(rng.IntN(4)), Instance: pick("1", "2")}
			if c.Stream == "listing" && rng.IntN(2) == 0 {
				c.Key, c.Version = "", 0
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

func cached(c call) bool { return c.Source == "redis" || c.Source == "memory" }
func read(c call) bool   { return c.Stream != "change" }

// saysSource reports whether any answer of the stream says where it came from: without, there is no data.
func saysSource(cs []call, stream string) bool {
	for _, c := range cs {
		if c.Stream == stream && (cached(c) || c.Source == "database") {
			return true
		}
	}
	return false
}

// mostlyFailed reports whether at least half of the requests of the stream failed: then there is no data.
func mostlyFailed(cs []call, stream string) bool {
	failed, all := 0, 0
	for _, c := range cs {
		if c.Stream == stream {
			all++
			if c.Source == "fail" {
				failed++
			}
		}
	}
	return 2*failed >= all
}

// sameEntry reports whether a cache would keep both under one key, or a change of b may change a's.
func sameEntry(a, b call) bool {
	if a.Stream == "listing" {
		return b.Stream == "listing" || b.Stream == "change"
	}
	return b.Stream != "listing" && a.Key == b.Key
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
		if c.Stream != stream || !cached(c) || mostlyFailed(cs, stream) {
			continue
		}
		open := false
		latest := readyBefore(readies, c.Sent)
		for _, q := range cs {
			if !sameEntry(c, q) || q.Sent > c.Done || read(q) && cached(q) {
				continue
			}
			if !read(q) && q.Source == "fail" {
				open = true // it may be under way still
			}
			latest = max(latest, min(q.Done, c.Done))
		}
		if latest > 0 && !open {
			oldest = max(oldest, c.Sent-latest, 0)
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
			if c.Stream == stream && c.Source == "database" && (stream == "listing" || c.Key == key) {
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
					if set>>i&1 == 1 && s.Sent <= at.Done && at.Done <= s.Done {
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
		if r.Stream != stream || r.Source == "fail" || r.Version == 0 || r.Key == "" || mostlyFailed(cs, stream) {
			continue
		}
		for _, w := range cs {
			if read(w) || w.Source == "fail" || w.Version == 0 || w.Key != r.Key || w.Done > r.Sent || w.Done < readyBefore(readies, r.Sent) {
				continue
			}
			followed = true
			if w.Version > r.Version {
				worst = max(worst, r.Sent-w.Done)
			}
		}
	}
	if !followed {
		return -1
	}
	return float64(worst) / 1000
}
