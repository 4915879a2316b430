package lab

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/trektribe/bench/internal/proxy/remote"
)

// undo has u put back at a toxiproxy when the harness is gone. Told before anything is changed
// there; and again, with Done, once it has been put back.
func (l *lease) undo(u remote.Undo) error {
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
	ended := make(chan error, 1)
	go func() {
		ended <- each(slices.Collect(maps.Values(m.undos)), func(u remote.Undo) error { return u.Retry(context.Background()) })
	}()
	return func() error { return <-ended }
}
