package load

import (
	"context"
	"errors"
	"io"
	"strings"
	"syscall"

	"github.com/trektribe/bench/internal/history"
)

// unanswered reports a request that was sent, or tried to be, and got no whole answer: it may
// have been carried out or not.
func unanswered(r history.Request) bool {
	switch r.Failure {
	case history.Timeout, history.Refused, history.Reset, history.EOF, history.Broken:
		return true
	}
	return false
}

// failureOf names why a request has no whole answer; ctx is the run's. The caller
// checks the request's own deadline first.
func failureOf(ctx context.Context, err error) history.Failure {
	switch {
	case ctx.Err() != nil:
		return history.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return history.Timeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return history.Refused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		// EPIPE is a reset too: a write after a reset returns it.
		return history.Reset
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		strings.Contains(err.Error(), "server closed idle connection"): // net/http exports no name for it
		return history.EOF
	}
	return history.Broken
}
