package notify_test

import (
	"testing"
	"time"

	"github.com/trektribe/bench/target/redistest"
)

// TestWhatWasSentBeforeTheFirstSocketDoesNotComeLate, as soon as Redis is away.
func TestWhatWasSentBeforeTheFirstSocketDoesNotComeLate(t *testing.T) {
	r := redistest.Before(t, redistest.Start(t).Addr())
	a := unattached(t, r.Addr)
	send(t, a, "old", 0, 3)
	time.Sleep(2 * time.Millisecond) // ids are of milliseconds
	a.Attach()
	send(t, a, "a", 0, 2)
	comes(t, a, numbered("a", 2))
	r.Refuse()
	send(t, a, "a", 2, 2)
	comes(t, a, numbered("a", 4))
}
