package claim

import (
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// A probe watches one history for one call of a measure: all its events, then
// all its requests, then it is asked once. What it is shown it must copy to keep.
type probe interface {
	Event(e *history.Event)
	Request(r *history.Request)
	Value() figure.Value
}

// blind and deaf are the halves of a probe that needs only the other.
type (
	blind struct{}
	deaf  struct{}
)

func (blind) Request(*history.Request) {}
func (deaf) Event(*history.Event)      {}
