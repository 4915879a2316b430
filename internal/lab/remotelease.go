package lab

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/trektribe/bench/internal/proxy"
)

// owe has what d names put back at a toxiproxy when the harness is gone. Told before anything is changed
// there; and again, with Paid, once it has been put back.
func (l *lease) owe(d proxy.Debt) error {
	b, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return l.tell("owe " + string(b))
}

// owe takes what the harness owes; the latest word on a proxy counts.
func (m *remains) owe(text string) error {
	var d proxy.Debt
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return err
	}
	if m.debts == nil {
		m.debts = map[proxy.Place]proxy.Debt{}
	}
	m.debts[proxy.Place{URL: d.URL, Proxy: d.Proxy}] = d
	return nil
}

// pay begins to put back what is owed, all proxies side by side and beside all else: neither a toxiproxy that hangs nor
// a process that does not go must hold the other up. done waits; a proxy is given up after a few tries.
func (m *remains) pay() (done func() error) {
	paid := make(chan error, 1)
	go func() {
		paid <- each(slices.Collect(maps.Values(m.debts)), func(d proxy.Debt) error { return d.PayOff(context.Background()) })
	}()
	return func() error { return <-paid }
}
