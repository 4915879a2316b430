package load

import (
	"encoding/json"
	"hash/maphash"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/trektribe/bench/internal/history"
)

// An answer is what a response says outside its body.
type answer struct {
	status  int
	header  http.Header
	source  string // of the X-Source header
	json    bool   // its Content-Type is JSON
	tooLong bool   // it was not read to its end
}

// A reading is what an answer is worth.
type reading struct {
	failure history.Failure
	source  string
	version int64
	listed  []listed
	answer  string // what the history keeps of it
}

// A judge checks answers against the contract's shape for one stream. Bodies
// repeat as long as a cache serves them, and parsing 40 KB costs many times what
// sending the request does, so it remembers what it read in the bodies it met.
// Safe for concurrent use.
type judge struct {
	shape  shape
	expect []int // empty: the shape's status, or any 2xx
	seed   maphash.Seed

	mu   sync.Mutex
	memo map[uint64]content
	held int // bytes, see content.size
}

// A judge's memory is bounded in bodies and in what is kept of them: beyond either,
// it forgets and begins again.
const (
	memoSize  = 1024
	memoBytes = 4 << 20
)

// newJudge makes the judge of s. The trips of a listing are read only when the arm's
// trips change (changed): otherwise they are not needed.
func newJudge(s Stream, changed bool) *judge {
	shape := s.shape()
	shape.elements = shape.elements && changed
	return &judge{shape: shape, expect: s.Expect, seed: maphash.MakeSeed(), memo: make(map[uint64]content)}
}

// judge reads an answer to a request for key.
func (j *judge) judge(a answer, body []byte, key string) reading {
	r := reading{source: known(a.source)}
	right, fine := j.right(a.status), a.status >= 200 && a.status <= 299
	switch {
	case !right && a.status == http.StatusTooManyRequests && !a.tooLong && saysError(body):
		r.failure = history.Limited
		return r
	case !right:
		r.failure = history.Status
		return r
	case a.tooLong, a.status == http.StatusTooManyRequests && !saysError(body):
		r.failure = history.Shape
		return r
	case j.shape.free() && !a.json:
		return r
	case !fine: // expected: the contract wants no more of it than that JSON is JSON
		if a.json && !json.Valid(body) {
			r.failure = history.Shape
		}
		return r
	}
	c := j.read(body)
	if !c.ok || c.key != "" && c.key != key {
		r.failure = history.Shape
		return r
	}
	r.version, r.listed, r.answer = c.version, c.listed, c.answer
	if r.source == "" {
		r.source = c.source
	}
	return r
}

// right reports whether an answer of this status can be a right one.
func (j *judge) right(status int) bool {
	switch {
	case len(j.expect) > 0:
		return slices.Contains(j.expect, status)
	case j.shape.status != 0:
		return status == j.shape.status
	}
	return status >= 200 && status <= 299
}

func (j *judge) read(body []byte) content {
	sum := maphash.Bytes(j.seed, body)
	j.mu.Lock()
	c, ok := j.memo[sum]
	j.mu.Unlock()
	if ok {
		return c
	}
	c = j.shape.parse(body)
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.memo) >= memoSize || j.held >= memoBytes {
		clear(j.memo)
		j.held = 0
	}
	j.memo[sum] = c
	j.held += c.size()
	return c
}

func isJSON(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && (t == "application/json" || strings.HasSuffix(t, "+json"))
}
