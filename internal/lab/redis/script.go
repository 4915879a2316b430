package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/resp"
)

// busyWithin is how long after its time a command that blocks Redis may take to end: it shares
// the processor.
const busyWithin = 10 * time.Second

// busy is a script that blocks Redis for ARGV[1] microseconds. By two clocks: in newer versions Redis' own stands
// still while a script runs, older ones have no other, and the processor's lags behind on a busy machine. It
// writes nothing, so that SCRIPT KILL may end it.
const busy = `local function now() local t = redis.call('TIME') return t[1] * 1000000 + t[2] end
local _, clock = pcall(function() return os.clock end)
if type(clock) ~= 'function' then clock = function() return 0 end end
local most, began, ran = tonumber(ARGV[1]), now(), clock()
while now() - began < most and (clock() - ran) * 1000000 < most do end
return 1`

// block has Redis at work on one command for as long as the fault lasts.
func (s *Store) block(ctx context.Context, f fault.Fault) error {
	w, err := s.openWire(ctx, callWithin)
	if err != nil {
		return err
	}
	if err := w.Send("EVAL", busy, "0", fmt.Sprint(f.For.Microseconds())); err != nil {
		w.close()
		return err
	}
	w.keep() // the script outlasts ctx
	w.Within(f.For + busyWithin)
	go func() {
		defer w.close()
		w.Receive() // how it ended is what the canaries tell
	}()
	return nil
}

// blockAloud is block, and Redis says BUSY while it lasts, but for the first millisecond. In versions before 7
// the setting has only this name; newer ones know it beside busy-reply-threshold.
func (s *Store) blockAloud(ctx context.Context, f fault.Fault) error {
	if err := s.set(ctx, "lua-time-limit", "1"); err != nil {
		return err
	}
	return s.block(ctx, f)
}

// endScript ends a script that blocks Redis. That there is none is no error. Until a script has been at it for
// lua-time-limit, this is answered only when it has ended by itself.
func (s *Store) endScript(ctx context.Context) error {
	var w *wire
	if h := s.held(); h != nil { // a new one may not be let in
		w = h.back
		w.Within(readyWithin)
	} else {
		var err error
		if w, err = s.openWire(ctx, readyWithin); err != nil {
			return err
		}
		defer w.close()
	}
	var refused resp.Answered
	if _, err := w.Ask("SCRIPT", "KILL"); err != nil && !errors.As(err, &refused) {
		return err
	}
	return nil
}
