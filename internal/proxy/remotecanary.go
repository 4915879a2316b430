package proxy

import (
	"context"
	"fmt"
	"time"
)

// A dose is what a canary takes through a Remote. Our own toxic knows a canary and does to its one short reply what
// else takes long ones; toxiproxy's toxics do not, so a canary asks for as much as it takes to meet them.
type dose struct {
	pings int
	extra time.Duration // added to its patience
}

const (
	// shortReply and longReply are the bytes of "+PONG" and of "-NOAUTH Authentication required." with room to spare.
	shortReply, longReply = 7, 40
	// mostPings bounds a canary's burden on Redis: 140 KB of requests a second.
	mostPings = 10_000
	// remoteExtra is what that many pings take on a busy machine; mostExtra the longest that pauses in a reply are waited for.
	remoteExtra, mostExtra = time.Second, 2 * time.Second
)

// doseOf asks for more than n bytes of replies.
func doseOf(n int64, extra time.Duration) dose { return dose{int(n/shortReply) + 1, extra} }

// provable says that more bytes would be needed to meet a fault than a canary asks for.
func provable(name string, bytes int64) string {
	if bytes/shortReply >= mostPings {
		return fmt.Sprintf("%s: it shows only after %d bytes of replies, and canaries ask for %d at most", name, bytes, mostPings*shortReply)
	}
	return ""
}

// takes is the dose of the present fault.
func (r *Remote) takes() dose {
	if d := r.dose.Load(); d != nil {
		return *d
	}
	return dose{pings: 1}
}

// OpenCanary is Proxy.OpenCanary through a Remote.
func (r *Remote) OpenCanary(ctx context.Context) (*Canary, error) {
	c, err := openCanary(ctx, nil, r.at.String(), r.addr, r.upstream)
	if err == nil {
		c.takes = r.takes
	}
	return c, err
}

// ProbeNew is Proxy.ProbeNew through a Remote.
func (r *Remote) ProbeNew(ctx context.Context, patience time.Duration) Meeting {
	return probeNew(ctx, nil, r.addr, patience, r.takes)
}
