// Package curve draws what a cache saves over how often its keys are asked for, and
// holds it against arithmetic.
//
// In go the text of a curve and one history a round; out come points: queries of the
// database for each request, measured and predicted. It needs no claim and decides
// nothing.
package curve

import (
	"fmt"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/guard"
)

// Text is a curve as a scenario writes it.
type Text struct {
	ID   string        `json:"id"`   // row of the claims ledger that it belongs to
	Says string        `json:"says"` // what it shows
	Of   string        `json:"of"`   // a selector such as trip[phase=reads]: a stream whose requests have a key
	TTL  time.Duration `json:"ttl"`  // how long an entry is kept; above 0
}

// A Spec is a compiled Text. Immutable, safe for concurrent use.
type Spec struct {
	Text  Text
	sel   expr.Selector
	paths map[string]string
	rules guard.Rules // that a round must meet to count
}

// Compile checks t against s and reports every mistake at once; their Field
// is "of" or "ttl". The Spec is nil where there is one.
func Compile(t Text, s expr.Scope) (*Spec, []*expr.Error) {
	sel, errs := expr.ParseSelector("of", t.Of, s, expr.Signature{Name: "a curve", Keys: expr.PlannedKeys()})
	if path, known := s.Paths[sel.Stream]; known && len(errs) == 0 && !strings.Contains(path, "{") {
		errs = append(errs, &expr.Error{Field: "of", Col: 1, Msg: fmt.Sprintf("a curve needs keys to compare, and every request of %s is for the same", sel.Stream)})
	}
	if t.TTL <= 0 {
		errs = append(errs, &expr.Error{Field: "ttl", Col: 1, Msg: "a curve needs the time for which entries are kept, above 0"})
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return &Spec{Text: t, sel: sel, paths: s.Paths, rules: guard.Rules{Phases: sel.Phase, MostLag: guard.LagFor(0)}}, nil
}

// A Curve is what the rounds say. Its numbers are always finite. Its arithmetic is that
// of a cache in its steady state: a phase of a few TTLs has more queries where it
// begins with a cold cache, and fewer where it begins with a warm one.
type Curve struct {
	ID       string  `json:"id"`
	Scenario string  `json:"scenario"`
	Arm      string  `json:"arm"`
	Says     string  `json:"says"`
	TTL      float64 `json:"ttl"`  // s
	Load     float64 `json:"load"` // s, mean response of the answers that began a load
	Hit      float64 `json:"hit"`  // s, mean response of answers from a cache; 0: there was none
	Points   []Point `json:"points"`
	Falls    []Fall  `json:"falls"`
	Why      string  `json:"why,omitempty"` // why there are no points
}

// A Point is all keys that are asked for about as often.
type Point struct {
	X          float64 `json:"x"` // requests per key and TTL: the mean over the requests
	Keys       int     `json:"keys"`
	Requests   int     `json:"requests"`   // that were answered, over all rounds
	Queries    float64 `json:"queries"`    // per request
	Lo         float64 `json:"lo"`         // its interval, at stats.Confidence
	Hi         float64 `json:"hi"`         //
	Alone      float64 `json:"alone"`      // queries per request by arithmetic, where each miss loads
	Shared     float64 `json:"shared"`     // and where misses that overlap share a load
	Hits       float64 `json:"hits"`       // share of answers from a cache
	Speedup    float64 `json:"speedup"`    // Load over the mean response
	Arithmetic float64 `json:"arithmetic"` // Load over the mean that Hits, Load and Hit make; a request that joins a load under way waits for less
}

// A Fall is from which X on the database has so much less to do.
type Fall struct {
	Share  float64 `json:"share"`  // of the queries that are saved
	From   float64 `json:"from"`   // measured: there, and at every point beyond; 0: never
	Alone  float64 `json:"alone"`  // by arithmetic; 0: never
	Shared float64 `json:"shared"` //
}
