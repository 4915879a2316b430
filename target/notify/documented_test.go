package notify_test

import (
	"slices"
	"testing"

	"github.com/trektribe/bench/target/redistest"
)

// The document's flaws are what the harness is to find: they must not be mended by accident.

// TestDocumentedLosesWhatIsSentWhileAnInstanceIsAway, and its library subscribes again.
func TestDocumentedLosesWhatIsSentWhileAnInstanceIsAway(t *testing.T) {
	m := redistest.Start(t)
	r := redistest.Before(t, m.Addr())
	a, b := documented(t, m.Addr()), documented(t, r.Addr)
	r.Refuse()
	redistest.Until(t, "loss of the subscription", func() bool { return m.PubSubNumSub("notifications")["notifications"] == 1 })
	send(t, a, "a", 0, 3)
	r.Listen()
	redistest.Until(t, "new subscription", func() bool { return m.PubSubNumSub("notifications")["notifications"] == 2 })
	send(t, a, "a", 3, 1)
	comes(t, b, []string{"a 3"})
	comes(t, a, numbered("a", 4))
}

// TestDocumentedRepeatsWhatItGotNoReplyTo, as its client does by default.
func TestDocumentedRepeatsWhatItGotNoReplyTo(t *testing.T) {
	m := redistest.Start(t)
	r := redistest.Before(t, m.Addr())
	a, b := documented(t, r.Addr), documented(t, m.Addr())
	send(t, a, "a", 0, 1) // the connection is there
	comes(t, a, numbered("a", 1))
	r.Lose(1) // that of the message to itself, or that of the reply: the rest is not known to be either
	send(t, a, "a", 1, 1)
	redistest.Until(t, "delivery", func() bool { return slices.Contains(b.texts(), "a 1") })
}

func TestDocumentedReachesNoOtherInstanceInAnOutage(t *testing.T) {
	m := redistest.Start(t)
	a, b := documented(t, m.Addr()), documented(t, m.Addr())
	m.SetError("LOADING")
	send(t, a, "a", 0, 3)
	m.SetError("")
	send(t, a, "a", 3, 1)
	comes(t, b, []string{"a 3"})
	comes(t, a, numbered("a", 4))
}
