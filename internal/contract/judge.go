package contract

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

// A Response is what an answer says outside its body.
type Response struct {
	Status  int
	Header  http.Header
	TooLong bool // its body was not read to its end
}

// A Reading is what an answer is worth.
type Reading struct {
	Failure history.Failure
	Source  string
	Version int64    // 0: it says none
	Items   []Listed // that say their id and version
	Kept    string   // what the history keeps of its items
	Refused bool     // the service's own contract says that it is over the limit: it counts as a 429
}

// A Listed is an item of a list.
type Listed struct {
	Key     string
	Version int64
}

// A Judge checks the answers of one call. Bodies repeat as long as a cache serves them, and
// parsing 40 KB costs many times what sending the request does, so it remembers what it read
// in the bodies it met. Safe for concurrent use.
type Judge struct {
	spoken Spoken
	right  []int // statuses; empty: any 2xx
	over   bool  // a 429 is right
	items  bool  // ids and versions of items are wanted
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

// NewJudge makes the judge of a call. expect are the statuses that the scenario expects,
// which count where the service's own contract names none. items: their ids and versions
// are read, which costs time.
func NewJudge(s Spoken, expect []int, items bool) *Judge {
	right := s.Status
	if !s.Mapped && len(expect) > 0 || len(right) == 0 {
		right = expect
	}
	return &Judge{spoken: s, right: right, over: slices.Contains(expect, http.StatusTooManyRequests), items: items, seed: maphash.MakeSeed(), memo: make(map[uint64]content)}
}

// Judge reads an answer to a request for key.
func (j *Judge) Judge(a Response, body []byte, key string) Reading {
	s := j.spoken
	source, said := s.origin(true, nil, a.Header)
	r := Reading{Source: source}
	right, fine, isJSON := j.isRight(a.Status), a.Status >= 200 && a.Status <= 299, isJSON(a.Header)
	switch {
	case !right && s.isLimited(a, body), right && s.refuses(a, body):
		r.Refused = s.Mapped
		if !r.Refused || !j.over {
			r.Failure = history.Limited
		}
		return r
	case !right:
		r.Failure = history.Status
		return r
	case a.TooLong, !s.Mapped && a.Status == http.StatusTooManyRequests && !saysError(body), fine && len(body) < s.Least:
		r.Failure = history.Shape
		return r
	case s.Text:
		if !said {
			r.Source = s.Sources[None]
		}
		return r
	case s.Bare() && !isJSON && !s.Mapped:
		return r
	case !fine: // expected: the contract wants no more of it than that JSON is JSON
		if isJSON && !json.Valid(body) {
			r.Failure = history.Shape
		}
		return r
	}
	c := j.read(body)
	if s.Bare() && !isJSON {
		c.ok = true // nothing says that it is JSON
	}
	if !c.ok || c.key != "" && c.key != key {
		r.Failure = history.Shape
		return r
	}
	r.Version, r.Items, r.Kept = c.version, c.items, c.kept
	if name := s.Version.Header(); name != "" {
		version, said, ok := ofTag(a.Header.Get(name))
		if !ok || !said && !s.Version.Optional() {
			r.Failure = history.Shape
			return r
		}
		r.Version = version
	}
	if r.Source == "" {
		r.Source = c.source
	}
	if !said && !c.said {
		r.Source = s.Sources[None]
	}
	return r
}

// Listed is how many items the list of a body has, and the ids of those that have one.
func (j *Judge) Listed(body []byte) (items int, ids []string) {
	var elements []json.RawMessage
	if j.spoken.Items == "" || json.Unmarshal(j.spoken.Items.In(body), &elements) != nil {
		return 0, nil
	}
	for _, e := range elements {
		if id := IDText(j.spoken.ID.In(e)); id != "" {
			ids = append(ids, id)
		}
	}
	return len(elements), ids
}

// isRight reports whether an answer of this status can be a right one.
func (j *Judge) isRight(status int) bool {
	if len(j.right) > 0 {
		return slices.Contains(j.right, status)
	}
	return status >= 200 && status <= 299
}

// isLimited reports whether an answer says that it is over a limit.
func (s Spoken) isLimited(a Response, body []byte) bool {
	if len(s.Limited) > 0 {
		return slices.Contains(s.Limited, a.Status)
	}
	return a.Status == http.StatusTooManyRequests && !a.TooLong && saysError(body)
}

// refuses reports whether an answer of the right status says in words that it is over a limit.
func (s Spoken) refuses(a Response, body []byte) bool {
	for place, words := range s.Refused {
		if slices.Contains(words, strings.ToLower(place.words(body, a.Header))) {
			return true
		}
	}
	return false
}

// Met reports whether a body was read before, and is remembered: to judge it takes no time.
func (j *Judge) Met(body []byte) bool {
	sum := maphash.Bytes(j.seed, body)
	j.mu.Lock()
	defer j.mu.Unlock()
	_, ok := j.memo[sum]
	return ok
}

func (j *Judge) read(body []byte) content {
	sum := maphash.Bytes(j.seed, body)
	j.mu.Lock()
	c, ok := j.memo[sum]
	j.mu.Unlock()
	if ok {
		return c
	}
	c = j.spoken.parse(body, j.items)
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

func isJSON(header http.Header) bool {
	t, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && (t == "application/json" || strings.HasSuffix(t, "+json"))
}

// saysError reports whether a body is an object with an error member.
func saysError(body []byte) bool {
	var top struct{ Error json.RawMessage }
	return json.Unmarshal(body, &top) == nil && len(top.Error) > 0 && string(top.Error) != "null"
}
