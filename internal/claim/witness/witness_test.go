package witness_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim/roundtest"
	"github.com/trektribe/bench/internal/claim/witness"
	"github.com/trektribe/bench/internal/history"
)

const ms = time.Millisecond

// quiet is a service that is asked once in a while; busy is asked while it loads.
var (
	quiet = roundtest.Service{TTL: 400 * ms, Load: [2]time.Duration{30 * ms, 45 * ms}, Every: 100 * ms, Trips: 4}
	busy  = roundtest.Service{TTL: 400 * ms, Load: [2]time.Duration{30 * ms, 45 * ms}, Every: 9 * ms, Trips: 6, Instances: 2}
)

// dice are the same for the same seed.
func dice(seed uint64) func(int64) int64 { return rand.New(rand.NewPCG(seed, 1)).Int64N }

func with(s roundtest.Service, change func(*roundtest.Service)) roundtest.Service {
	change(&s)
	return s
}

// What the wire proves is true of every kind of service, however much or little that is.
func TestWhatTheWireProvesIsTrue(t *testing.T) {
	for _, row := range []struct {
		name  string
		of    roundtest.Service
		least float64 // the part of the answers that it proves
		most  float64
		why   string // it proves none
	}{
		{"one at a time", quiet, 1, 1, ""},
		{"many at a time", busy, 0.97, 1, ""},
		{"all in one hash", with(busy, func(s *roundtest.Service) { s.Hash = true }), 0.3, 1, ""},
		{"memory before Redis", with(busy, func(s *roundtest.Service) { s.Memory = 20 * ms }), 0.3, 0.98, ""},
		{"one load for all that have read", with(busy, func(s *roundtest.Service) { s.Flight = true }), 0.9, 1, ""},
		{"one load for all that come", with(busy, func(s *roundtest.Service) { s.Early = true }), 0.5, 0.999, ""},
		{"it looks twice", with(busy, func(s *roundtest.Service) { s.Rechecks = true }), 0.4, 0.98, ""},
		{"old values are found, and loaded anew", with(busy, func(s *roundtest.Service) { s.Envelope = 200 * ms }), 0.5, 0.999, ""},
		{"old values are found, loaded anew, and written after the answer", with(quiet, func(s *roundtest.Service) {
			s.Envelope, s.Afterward, s.Load = 200*ms, true, [2]time.Duration{1 * ms, 6 * ms}
		}), 0.3, 0.999, ""},
		{"it loads behind its answers", with(busy, func(s *roundtest.Service) { s.Behind, s.Load = true, [2]time.Duration{2 * ms, 6 * ms} }), 0.3, 0.999, ""},
		{"it gives Redis up during a fault", with(busy, func(s *roundtest.Service) { s.GivesUp = true }), 0.4, 0.8, ""},
		{"it gives Redis up once in a while", with(busy, func(s *roundtest.Service) { s.Stalls, s.Load = true, [2]time.Duration{5 * ms, 45 * ms} }), 0.5, 0.99, ""},
		{"a script", with(busy, func(s *roundtest.Service) { s.Script = true }), 0, 0, "scripts"},
		{"two keys of the listing", with(busy, func(s *roundtest.Service) { s.Versions = true }), 0.7, 0.9, "several keys"},
		{"never alone", with(busy, func(s *roundtest.Service) { s.Every, s.TTL, s.Trips = 3*ms, 40*ms, 60 }), 0.5, 1, ""},
	} {
		for seed := range uint64(20) {
			h, truth := row.of.Play(dice(seed), 6*time.Second)
			w := witness.Read(h, roundtest.CacheScope())
			proved, i := 0, 0
			for r := range w.As(witness.Known).Requests() {
				if r.Source != "" && r.Source != truth.Sources[i] {
					t.Fatalf("%s, seed %d: request %d of %s %s at %s: the wire says %s, and it was %s", row.name, seed, i, r.Stream, r.Key, r.Sent, r.Source, truth.Sources[i])
				}
				if i++; r.Source != "" {
					proved++
				}
			}
			if part := float64(proved) / float64(len(truth.Sources)); part < row.least || part > row.most {
				t.Errorf("%s, seed %d: the wire proves %d of %d answers, want %g to %g of them", row.name, seed, proved, len(truth.Sources), row.least, row.most)
			}
			if w.Speaks() != (proved > 0) || row.why == "" && w.Open() != len(truth.Sources)-proved {
				t.Errorf("%s, seed %d: speaks %v, open %d, and proves %d of %d", row.name, seed, w.Speaks(), w.Open(), proved, len(truth.Sources))
			}
			if why := w.Why([]string{"all"}); row.why != "" && !strings.Contains(why, row.why) {
				t.Errorf("%s, seed %d: because %q, want %q in it", row.name, seed, why, row.why)
			}
		}
	}
}

// What is open is one thing in one world and another in the next; what is proved is the same in all.
func TestWorldsDifferOnlyInWhatIsOpen(t *testing.T) {
	h, _ := with(busy, func(s *roundtest.Service) { s.Memory = 20 * ms }).Play(dice(1), 6*time.Second)
	w := witness.Read(h, roundtest.CacheScope())
	var known []history.Request
	for r := range w.As(witness.Known).Requests() {
		known = append(known, r)
	}
	for _, world := range witness.Worlds {
		i, open := 0, 0
		for r := range w.As(world).Requests() {
			switch {
			case r.Source == "":
				t.Fatalf("%+v: request %d has no source", world, i)
			case known[i].Source == "":
				if open++; r.Source != world.Fast && r.Source != world.Slow {
					t.Errorf("%+v: what is open came from %s", world, r.Source)
				}
			case r.Source != known[i].Source:
				t.Errorf("%+v: %s is proved, and it is %s", world, known[i].Source, r.Source)
			}
			i++
		}
		if open == 0 || open != w.Open() {
			t.Errorf("%+v: %d answers are open, want %d", world, open, w.Open())
		}
	}
}

// Nothing is proved where not all was seen.
func TestWithoutTheWholeWireNothingIsProved(t *testing.T) {
	whole, _ := quiet.Play(dice(1), 6*time.Second)
	for what, spoil := range map[string]func(h *history.Slice){
		"nobody watched": func(h *history.Slice) {
			h.E = slices.DeleteFunc(slices.Clone(h.E), func(e history.Event) bool { return e.Kind == history.Wire })
		},
		"commands were dropped": func(h *history.Slice) {
			h.E = append(slices.Clone(h.E), history.Event{Kind: history.Wire, Name: history.WireDropped, Value: 1})
		},
		"TLS": func(h *history.Slice) {
			h.C = append(slices.Clone(h.C), history.Command{Instance: "1", Reply: history.NotFollowed, Error: "TLS"})
		},
		"no commands": func(h *history.Slice) { h.C = nil },
	} {
		h := whole
		spoil(&h)
		if w := witness.Read(h, roundtest.CacheScope()); w.Speaks() || w.Open() != 0 {
			t.Errorf("%s: speaks, or leaves %d open", what, w.Open())
		}
	}
}

// A service that says itself where answers come from is held against its commands.
func TestWhatTheServiceSaysIsHeldAgainstTheWire(t *testing.T) {
	stalls := with(busy, func(s *roundtest.Service) { s.Stalls = true })
	for _, s := range []roundtest.Service{quiet, busy, stalls} {
		s.SaysItAll = true
		h, _ := s.Play(dice(1), 6*time.Second)
		if f, is := witness.Read(h, roundtest.CacheScope()).Dissent(); is || f.Count > 0 {
			t.Errorf("a true service: %+v", f)
		}
		if s.Stalls {
			continue // fewer lies are proved
		}
		s.Lies = true
		h, truth := s.Play(dice(1), 6*time.Second)
		f, is := witness.Read(h, roundtest.CacheScope()).Dissent()
		hits := 0
		for _, s := range truth.Sources {
			if s == "redis" {
				hits++
			}
		}
		if !is || f.Count > hits || float64(f.Count) < 0.9*float64(hits) || len(f.Witnesses) == 0 {
			t.Errorf("it says database of %d hits: %d are found, with %d witnesses", hits, f.Count, len(f.Witnesses))
		}
		if w := witness.Read(h, roundtest.CacheScope()); w.Speaks() {
			t.Error("the wire speaks for a service that says sources itself")
		}
	}
}

// One answer in forty that says where the load came from that it waited for is no lie.
func TestRareDissentsAreNoLie(t *testing.T) {
	s := busy
	s.SaysItAll = true
	h, _ := s.Play(dice(1), 6*time.Second)
	for i := range h.R {
		if i%40 == 0 && h.R[i].Source == "redis" {
			h.R[i].Source = "database"
		}
	}
	if f, is := witness.Read(h, roundtest.CacheScope()).Dissent(); is || f.Count < 3 {
		t.Errorf("a finding: %v, of %d dissents; want none of three or more", is, f.Count)
	}
}
