package remote

import (
	"context"
	"fmt"
	"time"

	"github.com/trektribe/bench/internal/canary"
)

// Our own proxy knows a canary, and does to its one short reply what else takes long ones. Toxiproxy's toxics do
// not, so through them a canary asks for as much as it takes to meet the fault: that is its dose.

const (
	// shortReply and longReply are the bytes of "+PONG" and of "-NOAUTH Authentication required." with room to spare.
	shortReply, longReply = 7, 40
	// mostPings bounds a canary's burden on Redis: 140 KB of requests a second.
	mostPings = 10_000
	// pingsExtra is what that many pings take on a busy machine; mostExtra the longest that pauses in a reply are waited for.
	pingsExtra, mostExtra = time.Second, 2 * time.Second
)

// doseOf asks for more than n bytes of replies.
func doseOf(n int64, extra time.Duration) canary.Dose {
	return canary.Dose{Pings: int(n/shortReply) + 1, Extra: extra}
}

// provable says that more bytes would be needed to meet a fault than a canary asks for.
func provable(name string, bytes int64) string {
	if bytes/shortReply >= mostPings {
		return fmt.Sprintf("%s: it shows only after %d bytes of replies, and canaries ask for %d at most", name, bytes, mostPings*shortReply)
	}
	return ""
}

// present is the dose of the present fault.
func (r *Proxy) present() canary.Dose {
	if d := r.dose.Load(); d != nil {
		return *d
	}
	return canary.Dose{Pings: 1}
}

// OpenCanary opens a canary through the proxy.
func (r *Proxy) OpenCanary(ctx context.Context) (*canary.Canary, error) { return r.canaries.Open(ctx) }

// ProbeNew probes once through the proxy, on a new connection.
func (r *Proxy) ProbeNew(ctx context.Context, timeout time.Duration) canary.Meeting {
	return r.canaries.ProbeNew(ctx, timeout)
}
