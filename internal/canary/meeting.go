// Package canary finds out what a connection of the harness's own meets, and
// whether that proves a fault. A path or an error goes in; a Meeting comes out,
// and what of a fault it proves. It does no fault, and judges no service.
package canary

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/trektribe/bench/internal/resp"
)

// A Meeting is what a canary met.
type Meeting struct {
	Met    string        // "reply", "silence", "eof", "reset", "refused", "error"; asked directly, also the first word of an error of Redis
	Wait   time.Duration // until then
	Detail string        // "error": what it was
	Asked  bool          // the proxy passed on what a canary asked meanwhile: this one, or one beside it
	Answer string        // "reply": the line that came
	Beside string        // in a fault of chosen commands: what one that is not chosen was answered with; empty: nothing came
	Behind bool          // the answer to an earlier probe has not come either, and this one waits behind it
}

func (m Meeting) String() string {
	s := fmt.Sprintf("%s after %v", m.Met, m.Wait)
	if m.Detail != "" {
		s += " (" + m.Detail + ")"
	}
	return s
}

// Met is the Meeting of an exchange or a dial that began then and ended with err; nil: with a reply. An error that
// Redis answered is met by its first word, and by all of it where that word is just ERR.
func Met(err error, began time.Time) Meeting {
	m := Meeting{Met: "error", Wait: time.Since(began)}
	var said resp.Answered
	var timeout net.Error
	switch {
	case err == nil:
		m.Met = "reply"
	case errors.As(err, &said):
		if m.Met = said.Word(); m.Met == "ERR" {
			m.Met = string(said)
		}
	case errors.Is(err, syscall.ECONNREFUSED):
		m.Met = "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		m.Met = "reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		m.Met = "eof"
	case errors.As(err, &timeout) && timeout.Timeout():
		m.Met = "silence"
	default:
		m.Detail = err.Error()
	}
	return m
}
