// Package contract says how a service speaks what the harness asks it: the paths, what is
// sent, and where things stand in the answers.
//
// In goes a YAML file, or the reference contract (docs/contract.md), which is what every
// scenario is written in. Out comes, for a call of a scenario, what is sent instead of it
// and what its answer is worth. It sends nothing, starts nothing and never judges a claim.
package contract

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/traffic"
)

// A Contract maps the calls of the reference contract to those of a service. Nil is the
// reference contract itself. Immutable, safe for concurrent use.
type Contract struct {
	Name  string            `json:"name"`
	About string            `json:"about,omitempty"`
	File  string            `json:"file"`
	Login *Call             `json:"login,omitempty"` // made once for each instance before the traffic; its cookies are kept
	Calls map[string]Call   `json:"calls"`           // by Names; one that is missing is not spoken
	Env   map[string]string `json:"env,omitempty"`   // further variables of the service: templates, see Variables
}

// A Call is how a service speaks one call. Path, Body, First and the values of Headers and
// Cookies are templates of traffic.Blanks.
type Call struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"` // may end in a query
	Body    string            `json:"body,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Cookies map[string]string `json:"cookies,omitempty"`
	IDs     []string          `json:"ids,omitempty"` // what its keys are; empty: 1, 2, 3 …
	Answer

	First   string            `json:"first,omitempty"`   // of socket: the message that the client begins with
	Message Place             `json:"message,omitempty"` // of socket: the id of a notification in a message
	Session Place             `json:"session,omitempty"` // of socket: the id of the session in a message
	Type    Place             `json:"type,omitempty"`    // of socket: its word for what a message is; empty: any with such an id is it
	Redis   Place             `json:"redis,omitempty"`   // of health: its word for the state of Redis
	Words   map[string]string `json:"words,omitempty"`   // what these words, in small letters, mean
	Names   map[string]string `json:"names,omitempty"`   // of metrics: the service's name of each metric of the reference
}

// An Answer is where things stand in the answers of a call, and which are right. The zero
// Answer takes any 2xx whose JSON is JSON.
type Answer struct {
	Status  []int              `json:"status,omitempty"`  // of a right one; empty: any 2xx
	Limited []int              `json:"limited,omitempty"` // of one over the limit; empty: 429 with an error member
	Refused map[Place][]string `json:"refused,omitempty"` // words, in small letters, by which an answer of the right status says that it is over the limit
	Text    bool               `json:"text,omitempty"`    // it is judged by its status and length alone
	Least   int                `json:"least,omitempty"`   // bytes that a right one has at least
	Items   Place              `json:"items,omitempty"`   // an array, which is not empty
	Empty   bool               `json:"empty,omitempty"`   // it may be
	Most    int                `json:"most,omitempty"`    // items that it has at most; 0: any number
	Item    Place              `json:"item,omitempty"`    // an object; never beside Items
	ID      Place              `json:"id,omitempty"`      // in the item, whose key it must be, or in each of the items
	Version Place              `json:"version,omitempty"` // in the item, or in each of the items; of an item also a header
	Score   Place              `json:"score,omitempty"`   // in each of the items
	Owner   Place              `json:"owner,omitempty"`   // whose items they are: the key
	Source  []Place            `json:"source,omitempty"`  // where it came from: the first that says it
	Sources map[string]string  `json:"sources,omitempty"` // its words for the sources, in small letters; empty: the reference's
}

// Bare reports whether nothing is wanted of a body but that JSON is JSON.
func (a Answer) Bare() bool { return a.Items == "" && a.Item == "" }

// Spoken is a call of a scenario as the service speaks it: what is sent, and what is right.
type Spoken struct {
	traffic.Call // Method, Path, Body and Headers are sent; nothing else of it is used
	Answer
	Mapped bool // it is not the call that the scenario has

	row row // of the reference; zero: it has none
}

// Speak says how the service speaks a call of a scenario. An error says that it does not.
// A call that the reference does not have is the service's own, and spoken as it stands.
func (c *Contract) Speak(call traffic.Call) (Spoken, error) {
	r, known := rowOf(call)
	if c == nil || !known {
		return Spoken{Call: call, Answer: r.Answer, row: r}, nil
	}
	own, ok := c.Calls[r.name]
	if !ok {
		return Spoken{}, fmt.Errorf("the contract %s has no %s (%s %s)", c.Name, r.name, r.method, r.path)
	}
	sent := traffic.Call{Method: own.Method, Path: own.Path, Body: own.Body, Headers: own.headers()}
	if own.Body == "" && TakesBody(own.Method) {
		sent.Body = call.Body
	}
	if _, query, _ := strings.Cut(call.Path, "?"); query != "" && !strings.HasSuffix(r.path, "?"+query) {
		sent.Path += joiner(own.Path) + query
	}
	for name, value := range call.Headers {
		for have := range sent.Headers {
			if strings.EqualFold(have, name) {
				delete(sent.Headers, have)
			}
		}
		sent.Headers[name] = value
	}
	return Spoken{Call: sent, Answer: own.Answer, Mapped: true, row: r}, nil
}

// Speaks is nil when the service speaks everything that a stream calls.
func (c *Contract) Speaks(s traffic.Stream) error {
	for _, call := range s.Calls() {
		if _, err := c.Speak(call); err != nil {
			return err
		}
	}
	return nil
}

// Keys are the keys of a stream, with the ids that the contract has for what it calls.
func (c *Contract) Keys(s traffic.Stream) traffic.Keys {
	k := s.Keys
	for _, call := range s.Calls() {
		r, known := rowOf(call)
		if c == nil || !known || len(c.Calls[r.name].IDs) == 0 || !call.Keyed() {
			continue
		}
		ids := c.Calls[r.name].IDs
		k.IDs = ids[:min(k.N, len(ids))]
		k.N = len(k.IDs)
		break
	}
	return k
}

// Has is how the service speaks a call, by its name; false: it does not.
func (c *Contract) Has(name string) (Call, bool) {
	if c == nil {
		own, ok := reference[name]
		return own, ok
	}
	own, ok := c.Calls[name]
	return own, ok
}

// headers are what a request carries, its cookies among them. Never nil.
func (c Call) headers() map[string]string {
	out := map[string]string{}
	maps.Copy(out, c.Headers)
	var cookies []string
	for _, name := range slices.Sorted(maps.Keys(c.Cookies)) {
		cookies = append(cookies, name+"="+c.Cookies[name])
	}
	if len(cookies) > 0 {
		out["Cookie"] = strings.Join(cookies, "; ")
	}
	return out
}

func joiner(path string) string {
	if strings.Contains(path, "?") {
		return "&"
	}
	return "?"
}

// TakesBody reports whether requests of a method have a body.
func TakesBody(method string) bool { return method == "POST" || method == "PUT" || method == "PATCH" }
