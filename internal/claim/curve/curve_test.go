package curve_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim/curve"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/roundtest"
	"github.com/trektribe/bench/internal/history"
)

// A cacheModel is a service whose loads take 200 roundtest.MS and whose hits take 1 roundtest.MS.
type cacheModel struct {
	shares  bool // misses that overlap share a load
	ttl     time.Duration
	loading map[string]time.Duration // when the load of a key ends that began first
	expires map[string][]time.Duration
	queries int
}

const loadTime = 200 * roundtest.MS

// ask is when the answer to a request of t comes, and from where.
func (m *cacheModel) ask(key string, t time.Duration) (done time.Duration, source string) {
	for _, stored := range m.expires[key] { // when an entry was stored
		if stored <= t && t < stored+m.ttl {
			return t + roundtest.MS, "redis"
		}
	}
	if end := m.loading[key]; m.shares && t < end {
		return end, "database"
	}
	m.queries++
	m.loading[key] = t + loadTime
	m.expires[key] = append(m.expires[key], t+loadTime)
	return t + loadTime, "database"
}

// round plays Poisson requests for 200 keys, of which key i is asked for 1/i times
// as often as the first, for a minute from its 20th second on: the cache is then warm.
func (m *cacheModel) round(seed uint64) roundtest.Part {
	rng := rand.New(rand.NewPCG(seed, 5))
	weights := 0.0
	for i := range 200 {
		weights += 1 / float64(i+1)
	}
	return func(h *history.Slice) {
		*h = history.Slice{}
		warm, end := 20*time.Second, 80*time.Second
		before := 0
		for t := time.Duration(0); ; {
			t += time.Duration(rng.ExpFloat64() * float64(time.Second) / 60)
			at := rng.Float64() * weights
			key := 1
			for ; at > 1/float64(key); key++ {
				at -= 1 / float64(key)
			}
			if t >= end {
				break
			}
			phase := "reads"
			if t < warm {
				phase, before = "before", m.queries
			}
			done, source := m.ask(strconv.Itoa(key), t)
			h.R = append(h.R, history.Request{Stream: "trip", Phase: phase, Instance: "1", Method: "GET", Key: strconv.Itoa(key),
				Intended: t, Sent: t + 1, Done: done, Status: 200, Source: source})
		}
		h.E = []history.Event{{Kind: history.PhaseSpan, Name: "reads", At: warm, Until: end}}
		roundtest.Counter("trips_db_queries_total", "reads", "1", float64(before), float64(m.queries))(h)
	}
}

func newModel(shares bool) *cacheModel {
	return &cacheModel{shares: shares, ttl: 2 * time.Second, loading: map[string]time.Duration{}, expires: map[string][]time.Duration{}}
}

var curveScope = expr.Scope{Streams: []string{"trip", "listing"}, Phases: []string{"before", "reads"},
	Paths: map[string]string{"trip": "/api/trips/{id}", "listing": "/api/trips"}}

func curveOf(t *testing.T) *curve.Spec {
	t.Helper()
	c, errs := curve.Compile(curve.Text{ID: "x", Says: "what it saves", Of: "trip[phase=reads]", TTL: 2 * time.Second}, curveScope)
	for _, e := range errs {
		t.Fatal(e.Field, e.Col, e.Msg)
	}
	return c
}

func draw(c *curve.Spec, rounds ...history.Slice) curve.Curve {
	var seen []curve.Round
	for _, h := range rounds {
		seen = append(seen, c.Observe(h))
	}
	return c.Judge(seen)
}

func TestACurveFollowsItsArithmetic(t *testing.T) {
	for _, shares := range []bool{true, false} {
		var rounds []history.Slice
		for seed := range uint64(4) {
			rounds = append(rounds, roundtest.Play(newModel(shares).round(seed)))
		}
		c := curveOf(t)
		got := draw(c, rounds...)
		if got.Why != "" || len(got.Points) < 4 || got.TTL != 2 || math.Abs(got.Load-0.2) > 1e-3 || math.Abs(got.Hit-0.001) > 1e-6 {
			t.Fatalf("shares %v: %+v", shares, got)
		}
		for i, p := range got.Points {
			want, other := p.Alone, p.Shared
			if shares {
				want, other = other, want
			}
			if p.X >= 1 && math.Abs(p.Queries-want) > 0.04 {
				t.Errorf("shares %v: at %.2f %.3f queries a request, by arithmetic %.3f (and not %.3f)", shares, p.X, p.Queries, want, other)
			}
			if p.Lo > p.Queries || p.Hi < p.Queries || p.Requests < 30 || p.Keys == 0 || i > 0 && p.X <= got.Points[i-1].X {
				t.Errorf("shares %v: point %+v", shares, p)
			}
			// A request that joins a load under way waits for less than a whole load: the speed-up is then larger.
			if off := p.Speedup/p.Arithmetic - 1; math.Abs(off) > 0.03 && !(shares && off > 0) {
				t.Errorf("shares %v: at %.2f a speed-up of %.2f, by arithmetic %.2f", shares, p.X, p.Speedup, p.Arithmetic)
			}
		}
		last := got.Points[len(got.Points)-1]
		if apart := last.Alone - last.Shared; apart < 0.02 {
			t.Fatalf("the busiest keys tell nothing: %+v", last)
		} else if which := (last.Queries - last.Shared) / apart; shares != (which < 0.5) {
			t.Errorf("shares %v: %+v looks like the other", shares, last)
		}
		if len(got.Falls) != 2 || got.Falls[0].Share != 0.8 || got.Falls[1].Share != 0.9 {
			t.Fatalf("falls %+v", got.Falls)
		}
		fall := got.Falls[0]
		want := fall.Alone
		if shares {
			want = fall.Shared
		}
		if want <= 0 || math.Abs(math.Log(fall.From/want)) > math.Log(1.5) {
			t.Errorf("shares %v: 80 %% fewer from %.2f on, by arithmetic %.2f", shares, fall.From, want)
		}
		a, err := json.Marshal(got)
		if b, _ := json.Marshal(draw(c, rounds...)); err != nil || string(a) != string(b) {
			t.Errorf("the same rounds give other bytes: %v\n%s\n%s", err, a, b)
		}
	}
}

func TestACurveWithoutItsCounterTakesEachMissForAQuery(t *testing.T) {
	h := roundtest.Play(newModel(true).round(1))
	h.E = h.E[:1]
	got := draw(curveOf(t), h)
	if !strings.Contains(got.Says, "does not count its queries") || len(got.Points) == 0 {
		t.Fatalf("%+v", got)
	}
	for _, p := range got.Points {
		if math.Abs(p.Queries-(1-p.Hits)) > 1e-9 {
			t.Errorf("%.3f queries a request with %.3f hits", p.Queries, p.Hits)
		}
	}
}

// What other requests asked of the database is theirs.
func TestACurveLeavesOthersTheirQueries(t *testing.T) {
	h := roundtest.Play(newModel(true).round(1))
	plain := draw(curveOf(t), h)
	h.R = slices.Clone(h.R)
	h.E = slices.Clone(h.E)
	for i := range 50 {
		at := 20*time.Second + time.Duration(i)*time.Second
		h.R = append(h.R,
			history.Request{Stream: "trip", Phase: "reads", Instance: "1", Method: "PUT", Key: "7", Intended: at, Sent: at, Done: at + roundtest.MS, Status: 200},
			history.Request{Stream: "listing", Phase: "reads", Instance: "1", Method: "GET", Intended: at, Sent: at, Done: at + roundtest.MS, Status: 200, Source: "database"},
			history.Request{Stream: "advice", Phase: "reads", Instance: "1", Method: "GET", Key: "7", Intended: at, Sent: at, Done: at + roundtest.MS, Status: 200, Source: "ai"})
	}
	h.E[2].Value += 100
	if got := draw(curveOf(t), h); !slices.Equal(got.Points, plain.Points) {
		t.Errorf("with other requests\n%+v\nwithout\n%+v", got.Points, plain.Points)
	}
}

func TestACurveWithoutPointsSaysWhy(t *testing.T) {
	good := func() history.Slice { return roundtest.Play(newModel(false).round(1)) }
	edit := func(f func(r *history.Request)) history.Slice {
		h := good()
		for i := range h.R {
			f(&h.R[i])
		}
		return h
	}
	for _, tt := range []struct {
		h    history.Slice
		want string
	}{
		{history.Slice{}, "no request of trip[phase=reads] was observed"},
		{edit(func(r *history.Request) { r.Source = "" }), "does not say where"},
		{edit(func(r *history.Request) { r.Failure, r.Status = history.Timeout, 0 }), "no answer of trip"},
		{edit(func(r *history.Request) { r.Source = "ai" }), "no answer of trip"},
		{edit(func(r *history.Request) { r.Source = "redis" }), "no answer came from the database"},
		{edit(func(r *history.Request) { r.Sent += 200 * roundtest.MS }), "sent late"},
		{history.Slice{R: good().R}, "how long phase \"reads\" lasted"},
		{history.Slice{R: good().R[len(good().R)-20:], E: good().E}, "fewer than 30 answers"},
	} {
		got := draw(curveOf(t), tt.h)
		if len(got.Points) > 0 || !strings.Contains(got.Why, tt.want) {
			t.Errorf("%+v, want why %q", got, tt.want)
		}
	}
	if got := curveOf(t).Judge(nil); got.Why == "" || got.Points == nil || got.Falls == nil {
		t.Errorf("no rounds: %+v", got)
	}
	if got := curveOf(t).Judge(make([]curve.Round, 3)); got.Why == "" {
		t.Errorf("unobserved rounds: %+v", got)
	}
	if got := draw(curveOf(t), history.Slice{}, good()); got.Why != "" || len(got.Points) == 0 {
		t.Errorf("one round of two: %+v", got)
	}
}

func TestMistakesInCurves(t *testing.T) {
	for of, want := range map[string]string{
		"":                       "1: expected a stream or another argument, found the end",
		"trips[phase=reads]":     `1: unknown stream "trips"; did you mean "trip"?`,
		"trip[phase=read]":       `12: unknown phase "read"; did you mean "reads"?`,
		"trip[source=cache]":     "6: a curve cannot filter by source",
		"all[phase=reads]":       "1: a curve is of one stream",
		"p50(trip)":              "1: a curve is of one stream",
		"trip[phase=reads] <= 1": "19: expected the end, found",
		"listing[phase=reads]":   "1: a curve needs keys",
		"trip[phase=reads":       "17: expected ]",
	} {
		c, errs := curve.Compile(curve.Text{Of: of, TTL: time.Second}, curveScope)
		got := ""
		for _, e := range errs {
			got += strconv.Itoa(e.Col) + ": " + e.Msg
			if e.Field != "of" {
				t.Errorf("%s: field %q", of, e.Field)
			}
		}
		if c != nil || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", of, got, want)
		}
	}
	if _, errs := curve.Compile(curve.Text{Of: "trip"}, curveScope); len(errs) != 1 || errs[0].Field != "ttl" {
		t.Errorf("without a TTL: %v", errs)
	}
}
