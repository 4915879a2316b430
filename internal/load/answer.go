package load

import (
	"hash/maphash"
	"mime"
	"strings"
	"sync"

	"github.com/trektribe/bench/internal/history"
)

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
	shape shape
	seed  maphash.Seed

	mu   sync.Mutex
	memo map[uint64]content
}

// memoSize bounds a judge's memory: beyond it, it forgets and begins again.
const memoSize = 1024

func newJudge(s Stream) *judge {
	return &judge{shape: s.shape(), seed: maphash.MakeSeed(), memo: make(map[uint64]content)}
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
	case j.shape == shape{} && !a.json:
		return r
	}
	c := j.read(body)
	if !c.ok || c.key != "" && c.key != key {
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
	c = j.shape.parse(body)
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.memo) >= memoSize {
		clear(j.memo)
	}
	j.memo[sum] = c
	return c
}

func isJSON(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && (t == "application/json" || strings.HasSuffix(t, "+json"))
}
