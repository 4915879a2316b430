package load

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"mime"
	"strings"
	"sync"

	"github.com/trektribe/bench/internal/history"
)

// The paths whose answers the service contract gives a shape.
const (
	listPath = "/api/trips"
	tripPath = "/api/trips/{id}"
)

type kind int

const (
	other    kind = iota
	tripList      // "trips": an array that is not empty
	oneTrip       // "trip": its id is the one asked for, its version at least 1
)

func (s Stream) kind() kind {
	switch path, _, _ := strings.Cut(s.Path, "?"); path {
	case listPath:
		return tripList
	case tripPath:
		return oneTrip
	}
	return other
}

// An answer is what a response says outside its body.
type answer struct {
	status  int
	source  string // of the X-Source header
	json    bool   // its Content-Type is JSON
	tooLong bool   // it was not read to its end
}

// A reading is what an answer is worth.
type reading struct {
	failure history.Failure
	source  string
	version int64
}

// A judge checks answers against the contract's shape for one stream. Bodies
// repeat as long as a cache serves them, and parsing 40 KB costs many times what
// sending the request does, so it remembers what it read in the bodies it met.
// Safe for concurrent use.
type judge struct {
	kind kind
	seed maphash.Seed

	mu   sync.Mutex
	memo map[uint64]content
}

// content is what one body says, whatever was asked for.
type content struct {
	ok      bool // of its kind's shape
	id      string
	source  string
	version int64
}

// memoSize bounds a judge's memory: beyond it, it forgets and begins again.
const memoSize = 1024

func newJudge(s Stream) *judge {
	return &judge{kind: s.kind(), seed: maphash.MakeSeed(), memo: make(map[uint64]content)}
}

// judge reads an answer to a request for key.
func (j *judge) judge(a answer, body []byte, key string) reading {
	r := reading{source: known(a.source)}
	switch {
	case a.status < 200 || a.status > 299:
		r.failure = history.Status
		return r
	case a.tooLong:
		r.failure = history.Shape
		return r
	case j.kind == other && !a.json:
		return r
	}
	c := j.read(body)
	if !c.ok || j.kind == oneTrip && c.id != key {
		r.failure = history.Shape
		return r
	}
	r.version = c.version
	if r.source == "" {
		r.source = c.source
	}
	return r
}

func (j *judge) read(body []byte) content {
	sum := maphash.Bytes(j.seed, body)
	j.mu.Lock()
	c, ok := j.memo[sum]
	j.mu.Unlock()
	if ok {
		return c
	}
	c = j.kind.parse(body)
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.memo) >= memoSize {
		clear(j.memo)
	}
	j.memo[sum] = c
	return c
}

func (k kind) parse(body []byte) content {
	if k == other {
		var top struct{ Source any }
		if !json.Valid(body) {
			return content{}
		}
		if json.Unmarshal(body, &top) != nil { // an array, or a bare value
			return content{ok: true}
		}
		return content{ok: true, source: text(top.Source)}
	}
	var top struct {
		Trips someArray
		Trip  *struct {
			ID      json.RawMessage
			Version int64
		}
		Source any
	}
	if json.Unmarshal(body, &top) != nil {
		return content{}
	}
	c := content{source: text(top.Source)}
	switch {
	case k == tripList:
		c.ok = bool(top.Trips)
	case top.Trip != nil:
		c.id = strings.Trim(string(top.Trip.ID), `"`) // some services number their trips
		c.version = top.Trip.Version
		c.ok = c.id != "" && c.version >= 1
	}
	return c
}

// someArray is whether a JSON value is an array with something in it, found
// without decoding what that is.
type someArray bool

func (s *someArray) UnmarshalJSON(value []byte) error {
	rest, ok := bytes.CutPrefix(value, []byte("["))
	*s = someArray(ok && !bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte("]")))
	return nil
}

func text(v any) string {
	s, _ := v.(string)
	return known(s)
}

// known is s if it is a source of the history's vocabulary, else empty.
func known(s string) string {
	switch s {
	case "redis", "memory", "database", "ai", "cache":
		return s
	}
	return ""
}

func isJSON(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && (t == "application/json" || strings.HasSuffix(t, "+json"))
}
