package load

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/traffic"
)

// methods are the HTTP methods of a call. To add one: its method here, a row, and its
// name in traffic.Methods.
var methods = map[string]struct {
	path        string // the only path that it may have; empty: any
	contentType string // of its body; empty: it has none
	of          func(s Stream, arm *changes) method
}{
	http.MethodGet: {"", "", newGet},
	http.MethodPut: {traffic.TripPath, "application/json", newPut},
}

// A method is what requests carry, and what is learnt from their correct answers.
// Safe for concurrent use.
type method interface {
	// fill gives request seq its body.
	fill(request *http.Request, seq uint64)
	// learn completes the record of a request that was answered correctly; known is the
	// newest version that its instance had answered with before it was sent.
	learn(r history.Request, said reading, known int64) history.Request
}

// A get reads. The record says whether its answer is older than one before, or than a change.
type get struct {
	changes *changes // of the arm; nil: it has no changes
}

func newGet(_ Stream, arm *changes) method { return get{arm} }

func (get) fill(request *http.Request, _ uint64) { request.Body = noRepeat{} }

func (g get) learn(r history.Request, said reading, known int64) history.Request {
	// A user may have no version: that is not an older one.
	if r.Version != 0 && r.Version < known {
		r.Failure = history.Backward
	}
	if said.listed != nil {
		w := g.changes.witness(said.listed, r.Sent)
		r.Key, r.Version = w.key, w.version
	}
	return r
}

// noRepeat is an empty body. With none at all, net/http repeats a GET in silence
// when a connection that it used before breaks, which hides the failure; a body
// that it cannot rewind prevents that. No byte of it is sent.
type noRepeat struct{}

func (noRepeat) Read([]byte) (int, error) { return 0, io.EOF }
func (noRepeat) Close() error             { return nil }

// A put changes a trip's title, and has the change acknowledged.
type put struct {
	titles  uint64 // seed
	changes *changes
}

func newPut(s Stream, arm *changes) method { return put{s.seed(titles), arm} }

func (p put) fill(request *http.Request, seq uint64) {
	text := fmt.Appendf(nil, `{"title":"Trek %08x"}`, uint32(mix(p.titles^mix(seq))))
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
}

func (p put) learn(r history.Request, _ reading, _ int64) history.Request {
	p.changes.acknowledge(r.Key, change{r.Done, r.Version})
	return r
}
