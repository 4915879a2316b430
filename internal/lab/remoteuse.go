package lab

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/trektribe/bench/internal/loopback"
	"github.com/trektribe/bench/internal/proxy/remote"
)

// A watch keeps whether the service was ever seen connected to a proxy that somebody else runs. Toxiproxy does not
// tell, but on Linux the kernel does, where toxiproxy is in the same network as the harness: not in a container
// of its own. Where nobody can see it, that the service uses the proxy is taken on trust.
type watch struct {
	port     uint16           // of the proxy
	upstream []netip.AddrPort // what it dials
	asked    atomic.Bool      // somebody looked
	looked   atomic.Bool      // and its connections can be seen from here
	seen     atomic.Bool      // among them one that is not ours
}

func newWatch(ctx context.Context, r *remote.Proxy) *watch {
	w := &watch{}
	if at, err := netip.ParseAddrPort(r.Addr()); err == nil {
		w.port = at.Port()
	} else if port, err := net.DefaultResolver.LookupPort(ctx, "tcp", r.Addr()[strings.LastIndex(r.Addr(), ":")+1:]); err == nil {
		w.port = uint16(port)
	}
	host, service, err := net.SplitHostPort(r.Upstream())
	if err != nil {
		return w
	}
	ctx, cancel := context.WithTimeout(ctx, lookupWithin)
	defer cancel()
	port, err := net.DefaultResolver.LookupPort(ctx, "tcp", service)
	if err != nil {
		return w
	}
	addrs, _ := net.DefaultResolver.LookupNetIP(ctx, "ip", host) // a name of a container's is not known here
	for _, a := range addrs {
		w.upstream = append(w.upstream, netip.AddrPortFrom(a.Unmap(), uint16(port)))
	}
	return w
}

// look is called while a canary is open. That the proxy's own connection to its upstream is seen shows that it is
// in this network, and not behind a forwarder.
func (w *watch) look() {
	if w.seen.Load() {
		return
	}
	w.asked.Store(true)
	ours := loopback.OwnSockets()
	here, others := false, false
	for _, s := range loopback.Sockets() {
		here = here || slices.Contains(w.upstream, s.Remote)
		others = others || s.Remote.Port() == w.port && !ours[s.Inode]
	}
	if here {
		w.looked.Store(true)
		if others {
			w.seen.Store(true)
		}
	}
}

// unused reports whether the service could have been seen at the proxy, and never was.
func (w *watch) unused() bool { return w.looked.Load() && !w.seen.Load() }

// Trusted lists the proxies of somebody else's to which faults were done, and of which it cannot be seen from here
// whether the service uses them.
func (l *Lab) Trusted() []string {
	var all []string
	for _, p := range l.paths() {
		if r, ok := p.proxy.(*remote.Proxy); ok && p.watch.asked.Load() && !p.watch.looked.Load() {
			all = append(all, r.Place().String())
		}
	}
	return all
}
