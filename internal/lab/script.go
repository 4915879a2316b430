package lab

import (
	"context"
	"fmt"
	"time"
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
func block(ctx context.Context, _ *Lab, t *trial) error {
	w, err := t.victim.store.openWire(ctx, redisCall)
	if err != nil {
		return err
	}
	if err := w.Send("EVAL", busy, "0", fmt.Sprint(t.fault.For.Microseconds())); err != nil {
		w.close()
		return err
	}
	w.keep() // the script outlasts ctx
	w.Within(t.fault.For + busyWithin)
	go func() {
		defer w.close()
		w.Receive() // how it ended is what the canaries tell
	}()
	return nil
}

// blockAloud is block, and Redis says BUSY while it lasts, but for the first millisecond. In versions before 7
// the setting has only this name; newer ones know it beside busy-reply-threshold.
func blockAloud(ctx context.Context, l *Lab, t *trial) error {
	if err := t.victim.store.set(ctx, "lua-time-limit", "1"); err != nil {
		return err
	}
	return block(ctx, l, t)
}
