package load

import (
	"context"
	"errors"
	"io"
	"strings"
	"syscall"

	"github.com/trektribe/bench/internal/history"
)

// failureOf names what kept a request from a whole answer; ctx is the run's.
// A deadline that has passed is the caller's to see: this is what happened before.
func failureOf(ctx context.Context, err error) history.Failure {
	switch {
	case ctx.Err() != nil:
		return history.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return history.Timeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return history.Refused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		// EPIPE is a reset too: it is what writing after one meets.
		return history.Reset
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		strings.Contains(err.Error(), "server closed idle connection"): // net/http exports no name for it
		return history.EOF
	}
	return history.Broken
}
