// Package session keeps who is connected: the open sockets of each user, over all instances.
//
// In go sockets that open and end; out come the sessions of a user. Two policies do it: Documented is
// the document's code, flaws included; Hardened is what it takes to keep its
// promises. Read the two files side by side. Neither knows what a socket is.
package session

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/trektribe/bench/target/cache"
)

// A Session is an open socket.
type Session struct {
	SocketID    string `json:"socketId"`    // unique
	ConnectedAt string `json:"connectedAt"` // as JavaScript writes a Date: UTC, with milliseconds
	UserAgent   string `json:"userAgent"`
	Instance    string `json:"instance"` // that has the socket
}

// Sessions is a policy. Safe for concurrent use.
type Sessions interface {
	// Open adds a session of user, and returns what ends it, to be called once. It does not fail:
	// without Redis the session is known to this instance. ctx ends with the socket.
	Open(ctx context.Context, user string, s Session) (end func())
	// Of lists the sessions of user, the oldest first, and says where that is from.
	Of(ctx context.Context, user string) ([]Session, cache.Source)
}

// A Policy can be closed: it says goodbye, and waits for what it started.
type Policy interface {
	Sessions
	Close() error
}

// Hooks are what the hardened policy reports to.
type Hooks struct {
	Log *slog.Logger
	// Resynced is called each time that Redis was told all sessions of this instance anew.
	Resynced func()
}

func sorted(list []Session) []Session {
	slices.SortFunc(list, func(a, b Session) int {
		return strings.Compare(a.ConnectedAt+a.SocketID, b.ConnectedAt+b.SocketID)
	})
	return list
}
