package load

import (
	"fmt"
	"net/http"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/traffic"
)

// methods are the HTTP methods of a call. To add one: its method here, a row, and its
// name in traffic.Methods.
var methods = map[string]func(s Stream, arm *changes) method{
	http.MethodGet:  newGet,
	http.MethodPut:  newPut,
	http.MethodPost: newPost,
}

// A method is what requests carry, and what is learnt from their correct answers.
// Safe for concurrent use.
type method interface {
	// body is what a request carries; nil: nothing.
	body(b blanks) []byte
	// learn completes the record of a request that was answered correctly; known is the
	// newest version that its instance had answered with before it was sent.
	learn(r history.Request, said contract.Reading, known int64) history.Request
}

// A get reads. The record says whether its answer is older than one before, or than a change.
type get struct {
	changes *changes // of the arm; nil: it has no changes
}

func newGet(_ Stream, arm *changes) method { return get{arm} }

func (get) body(blanks) []byte { return nil }

func (g get) learn(r history.Request, said contract.Reading, known int64) history.Request {
	// A user may have no version: that is not an older one.
	if r.Version != 0 && r.Version < known {
		r.Failure = history.Backward
	}
	if said.Items != nil {
		w := g.changes.witness(said.Items, r.Sent)
		r.Key, r.Version = w.Key, w.Version
	}
	return r
}

// A post sends its body. Its answers change nothing that other requests are compared with.
type post struct{ text template }

func newPost(s Stream, _ *changes) method { return post{traffic.Split(s.Body)} }

func (p post) body(b blanks) []byte { return p.text.fill(b) }

func (post) learn(r history.Request, _ contract.Reading, _ int64) history.Request { return r }

// A put changes a trip, by default its title, and records the acknowledged change.
type put struct {
	text    template // empty: a title
	titles  uint64   // seed
	changes *changes
}

func newPut(s Stream, arm *changes) method {
	if !s.changesTrips() {
		return newPost(s, arm)
	}
	return put{traffic.Split(s.Body), s.seed(titles), arm}
}

// changesTrips reports whether the correct answers of s acknowledge changes of trips.
func (s Stream) changesTrips() bool {
	return s.Method == http.MethodPut && s.Route() == traffic.TripPath
}

func (p put) body(b blanks) []byte {
	if p.text != nil {
		return p.text.fill(b)
	}
	return fmt.Appendf(nil, `{"title":"Trek %08x"}`, uint32(mix(p.titles^mix(b.seq))))
}

func (p put) learn(r history.Request, _ contract.Reading, _ int64) history.Request {
	p.changes.acknowledge(r.Key, change{r.Done, r.Version})
	return r
}
