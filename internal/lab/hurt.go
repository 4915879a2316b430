package lab

import (
	"context"
	"fmt"
	"strings"

	"github.com/trektribe/bench/internal/canary"
)

// kill ends the process at once.
func kill(_ context.Context, _ *Lab, t *trial) error {
	p := t.victim.process()
	p.Expect()
	return p.Kill()
}

// terminate asks the process to end.
func terminate(_ context.Context, _ *Lab, t *trial) error {
	p := t.victim.process()
	p.Expect()
	p.Terminate()
	return nil
}

// pause takes the processor away from the process and whatever it started.
func pause(ctx context.Context, _ *Lab, t *trial) error {
	ctx, cancel := context.WithTimeout(ctx, healWithin)
	defer cancel()
	return t.victim.process().Pause(ctx)
}

// flush empties Redis. In one transaction with the look at its size, since the load
// goes on writing; on a wire of its own, as for a transaction the client may open a second connection.
func flush(ctx context.Context, l *Lab, t *trial) error {
	at := l.spec.Clock.Now()
	w, err := t.victim.store.openWire(ctx, redisCall)
	if err != nil {
		return err
	}
	defer w.close()
	for _, command := range []string{"MULTI", "FLUSHALL", "DBSIZE", "EXEC"} {
		if _, err := w.Ask(command); err != nil {
			return fmt.Errorf("%s: %w", command, err)
		}
	}
	if _, err := w.Receive(); err != nil { // of FLUSHALL
		return fmt.Errorf("FLUSHALL: %w", err)
	}
	size, err := w.Receive()
	if err != nil {
		return fmt.Errorf("DBSIZE: %w", err)
	}
	m := canary.Meeting{Met: "empty", Wait: l.spec.Clock.Now() - at}
	if size != ":0" {
		m.Met = strings.TrimPrefix(size, ":") + " keys"
		t.doubt(m.Met + " were left just after")
	}
	t.proved++
	l.met(t, t.fault.Kind, "new", at, m)
	return nil
}
