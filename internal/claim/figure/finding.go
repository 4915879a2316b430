package figure

import (
	"cmp"
	"slices"
	"time"
)

// A Finding is one thing that a service did wrong, with what shows it. A measure gives its
// findings beside its figure.
type Finding struct {
	Code      string    `json:"code"` // for programs: "leaks-under-concurrency"; several that cannot be told apart: "a or b"
	Says      string    `json:"says"` // in one sentence, without its full stop
	Count     int       `json:"count"`
	Witnesses []Witness `json:"witnesses,omitempty"` // in the order in which they happened; at most MostWitnesses
	// Picture is a page of its own that shows it, in HTML; most findings have none.
	Picture []byte `json:"-"`
}

// A Witness is one thing that was observed. The witnesses of a Finding together show that it is so.
type Witness struct {
	At    time.Duration `json:"at"` // ns on the run's clock, as in events.jsonl
	Until time.Duration `json:"until,omitempty"`
	Text  string        `json:"text"`
}

// MostWitnesses bounds the witnesses of a Finding.
const MostWitnesses = 10

// Shorten puts witnesses in order and leaves out those in the middle of too many: how it began
// and how it ended says most.
func Shorten(ws []Witness) []Witness {
	ws = slices.Clone(ws)
	slices.SortStableFunc(ws, func(a, b Witness) int { return cmp.Compare(a.At, b.At) })
	if over := len(ws) - MostWitnesses; over > 0 {
		ws = slices.Delete(ws, MostWitnesses/2, MostWitnesses/2+over)
	}
	return ws
}

// Errors is how often all of them together happened.
func Errors(fs []Finding) (n int) {
	for _, f := range fs {
		n += f.Count
	}
	return n
}

// Together are the findings of a and of b, each once.
func Together(a, b []Finding) []Finding {
	out := slices.Clone(a)
	for _, f := range b {
		if !slices.ContainsFunc(out, func(o Finding) bool { return o.Code == f.Code && o.Says == f.Says }) {
			out = append(out, f)
		}
	}
	return out
}
