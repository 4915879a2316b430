// Package inspect says what a service speaks.
//
// In go the answers to each call of the traffic, asked for one at a time while the
// service was healthy, and what the service said to Redis meanwhile; out comes what is
// spoken, which ids there are, and the cache map: what each call says to Redis. It never
// asks anything itself, and judges no promise.
package inspect

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/traffic"
)

// A Table is what was learnt of the service of one arm.
type Table struct {
	Arm     string   `json:"arm"`
	Calls   []Call   `json:"calls"`
	Watched bool     `json:"watched,omitempty"` // bench's own proxy was before Redis: calls have what they said on the wire
	Wire    []string `json:"wire,omitempty"`    // what of that could not be followed, in words
}

// A Call is one call, and the answers to it in the order in which it was asked for.
type Call struct {
	traffic.Call
	Answers []Answer `json:"answers"`
	Keys    int      `json:"keys,omitempty"`  // of a keyed GET: keys 1 and this one were there; 0: not both
	IDs     *IDs     `json:"ids,omitempty"`   // that a listing shows; nil: it is no listing, or shows none
	Limit   *Limit   `json:"limit,omitempty"` // nil: no answer was 429

	NoSource string `json:"no_source,omitempty"` // where its contract looks for a source, and no right answer has any; empty: nowhere

	Wire []Exchange `json:"wire,omitempty"` // what right answers had it say to Redis
}

// When a call is asked for. A call that changes something has no warm answer.
const (
	Cold       = "cold"
	Warm       = "warm"
	AfterWrite = "after a write"
)

// An Answer is what came of one request.
type Answer struct {
	When    string          `json:"when"`
	Status  int             `json:"status,omitempty"`  // 0: no answer
	Failure history.Failure `json:"failure,omitempty"` // empty: a right answer
	Wrong   string          `json:"wrong,omitempty"`   // of the failure shape: how its body is not as in the contract
	Source  string          `json:"source,omitempty"`  // as in a history.Request
	Version int64           `json:"version,omitempty"`
	Items   int             `json:"items,omitempty"` // of a listing
}

// A Limit is how the service limited the one address from which it was asked.
type Limit struct {
	After int  `json:"after"` // requests that it had answered before
	Still bool `json:"still"` // it did so a second later too
}

// The word and the statuses by which calls are told apart. net/http is not for what is judged again anywhere.
const (
	get            = "GET"
	tooMany        = 429
	serverError    = 500
	notImplemented = 501
)

// Key is what tells calls apart: the same for two calls that have the same right answers.
func Key(c traffic.Call) string {
	c.Keep, c.Retry = nil, 0
	text, _ := json.Marshal(c) // of texts and numbers: no error
	return string(text)
}

// Find is what was learnt of a call; nil: it was not asked for.
func (t Table) Find(c traffic.Call) *Call {
	key := Key(c)
	i := slices.IndexFunc(t.Calls, func(o Call) bool { return Key(o.Call) == key })
	if i < 0 {
		return nil
	}
	return &t.Calls[i]
}

// Listing is the listing from which the keys of a call come: the spoken GET of the path
// before its key. nil: there is none, or it shows no ids.
func (t Table) Listing(c traffic.Call) *Call {
	path := Parent(c)
	i := slices.IndexFunc(t.Calls, func(o Call) bool { return o.Method == get && o.Route() == path && o.IDs != nil })
	if path == "" || i < 0 {
		return nil
	}
	return &t.Calls[i]
}

// Unspoken are the calls that the service does not speak.
func (t Table) Unspoken() []Call {
	return slices.DeleteFunc(slices.Clone(t.Calls), Call.Spoken)
}

// Name is the call in words: "GET /api/trips/{id}".
func (c Call) Name() string {
	name := c.Method + " " + c.Path
	if len(c.Headers) > 0 {
		name += " with " + strings.Join(slices.Sorted(maps.Keys(c.Headers)), ", ")
	}
	return name
}

// Spoken reports whether the service speaks the call. Without proof that it does not, it
// does: a failure to answer is a failure, and not another language.
func (c Call) Spoken() bool {
	return !slices.ContainsFunc(c.Answers, Answer.Foreign) || slices.ContainsFunc(c.Answers, Answer.Right)
}

// Right reports a right answer.
func (a Answer) Right() bool { return a.Failure == "" }

// Foreign reports an answer of a service that does not know the call, or answers it in
// another way than the contract does. It is none of one that is limited, or fails (5xx).
func (a Answer) Foreign() bool {
	switch a.Failure {
	case history.Shape:
		return true
	case history.Status:
		return a.Status < serverError && a.Status != tooMany || a.Status == notImplemented
	}
	return false
}

// Why says how the call is not spoken, or failed: "status 404"; empty: there is a right answer.
func (c Call) Why() string {
	if slices.ContainsFunc(c.Answers, Answer.Right) {
		return ""
	}
	for _, a := range c.Answers {
		if a.Foreign() {
			return a.why()
		}
	}
	for _, a := range c.Answers {
		return a.why()
	}
	return "it was not asked for"
}

func (a Answer) why() string {
	switch {
	case a.Failure == history.Shape && a.Wrong != "":
		return a.Wrong
	case a.Failure == history.Status, a.Failure == history.Limited:
		return fmt.Sprintf("status %d", a.Status)
	case a.Status != 0:
		return fmt.Sprintf("status %d, %s", a.Status, a.Failure)
	}
	return string(a.Failure)
}

// Status is that of the first right answer, else of the first; 0: none came.
func (c Call) Status() int {
	for _, a := range c.Answers {
		if a.Right() {
			return a.Status
		}
	}
	for _, a := range c.Answers {
		return a.Status
	}
	return 0
}

// Sources are what right answers said of where they come from, each once, in order.
func (c Call) Sources() []string {
	var out []string
	for _, a := range c.Answers {
		if a.Right() && a.Source != "" && !slices.Contains(out, a.Source) {
			out = append(out, a.Source)
		}
	}
	return out
}

// Versions are those of the right answers, in order; 0 is left out.
func (c Call) Versions() []int64 {
	var out []int64
	for _, a := range c.Answers {
		if a.Right() && a.Version != 0 {
			out = append(out, a.Version)
		}
	}
	return out
}

// Items is how many elements its listing had at most.
func (c Call) Items() int {
	most := 0
	for _, a := range c.Answers {
		most = max(most, a.Items)
	}
	return most
}
