// Package redistest has what tests of the service's parts need: a Redis, a relay
// before it that breaks, and a way to wait for what must happen.
package redistest

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// Timeout is how long a test waits for what must happen: far more than it takes.
const Timeout = 30 * time.Second

// Start starts an embedded Redis, whose keys expire, and closes it with the test.
func Start(t testing.TB) *miniredis.Miniredis {
	t.Helper()
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true)
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// Until waits until a condition is true. It fails the test after Timeout; what names
// the condition.
func Until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(Timeout)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("no %s within %v", what, Timeout)
		case <-tick.C:
		}
	}
}
