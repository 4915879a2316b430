// Package notify takes notifications for users and has them delivered to their sockets, on every instance.
//
// In go notifications; out they come at Deliver of each instance. Two policies do it: Documented is
// what the document plans, flaws included; Hardened is what it takes to lose
// and double none. Read the two files side by side. Neither knows what a socket is.
package notify

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"
)

// A Notification is for one user.
type Notification struct {
	ID     string `json:"id"` // one id is one notification of its user, however often it is sent
	UserID string `json:"userId"`
	Text   string `json:"text"`
}

// A Notifier is a policy. Safe for concurrent use.
type Notifier interface {
	// Attach returns once notifications from other instances come, or when that takes too
	// long. It is called before each socket is told that it is connected.
	Attach()
	// Send has taken over the notification when it returns. It does not fail: without Redis
	// the sockets of this instance have it.
	Send(ctx context.Context, n Notification)
}

// A Policy can be closed: it waits for what it started.
type Policy interface {
	Notifier
	Close() error
}

// Deliver takes a message to the sockets of user that were open at a time, zero being any, and says to how many. It does not block.
type Deliver func(user string, message []byte, at time.Time) int

// Hooks are what a policy reports to.
type Hooks struct {
	Log *slog.Logger
	// Count is called with "accepted" for each notification that is taken over, "delivered" for each message to
	// a socket, "repeated" for each notification that came again, and "dropped" for each that other instances never get.
	Count func(result string, n int)
}

// The results that are counted.
const (
	accepted  = "accepted"
	delivered = "delivered"
	repeated  = "repeated"
	dropped   = "dropped"
)

// A message is what sockets get, and instances pass on.
type message struct {
	Type string `json:"type"`
	Notification
	Instance string `json:"instance"` // that took it over
	At       int64  `json:"at"`       // when, Unix ms
}

func encode(n Notification, instance string, at time.Time) (message, []byte) {
	m := message{"notification", n, instance, at.UnixMilli()}
	text, err := json.Marshal(m)
	if err != nil { // strings always marshal
		text = []byte(`{"type":"notification"}`)
	}
	return m, text
}
