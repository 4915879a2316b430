package process

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/trektribe/bench/internal/proxy/remote"
)

// Undo has u put back at a toxiproxy when the harness is gone. Told before anything is changed
// there; and again, with Done, once it has been put back.
func (l *Lease) Undo(u remote.Undo) error {
	b, err := json.Marshal(u)
	if err != nil {
		return err
	}
	return l.tell("undo " + string(b))
}

// hearUndo takes what is to be put back; the latest word on a proxy counts.
func (m *remains) hearUndo(text string) error {
	var u remote.Undo
	if err := json.Unmarshal([]byte(text), &u); err != nil {
		return err
	}
	if m.undos == nil {
		m.undos = map[remote.Place]remote.Undo{}
	}
	m.undos[remote.Place{URL: u.URL, Proxy: u.Proxy}] = u
	return nil
}

// undo begins to put proxies back, all side by side and beside all else: neither a toxiproxy that hangs nor
// a process that does not go must hold the other up. done waits; a proxy is given up after a few tries.
func (m *remains) undo() (done func() error) {
	var all sync.WaitGroup
	errs := make([]error, len(m.undos))
	for i, u := range slices.Collect(maps.Values(m.undos)) {
		all.Go(func() { errs[i] = u.Retry(context.Background()) })
	}
	return func() error {
		all.Wait()
		return errors.Join(errs...)
	}
}
