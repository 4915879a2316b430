package lab

import (
	"context"
	"encoding/hex"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

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
	ours := ownSockets()
	here, others := false, false
	for _, s := range append(sockets("/proc/net/tcp"), sockets("/proc/net/tcp6")...) {
		here = here || slices.Contains(w.upstream, s.remote)
		others = others || s.remote.Port() == w.port && !ours[s.inode]
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

// A socket is the caller's end of an established connection.
type socket struct {
	remote netip.AddrPort
	inode  string
}

// sockets reads the kernel's table; nil where there is none.
func sockets(path string) (all []socket) {
	const established = "01"
	b, _ := os.ReadFile(path)
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 10 || f[3] != established {
			continue
		}
		if to, ok := kernelAddr(f[2]); ok {
			all = append(all, socket{to, f[9]})
		}
	}
	return all
}

// kernelAddr reads "0100007F:18EB": words of four bytes, each the wrong way round on the machines that we run on, and a port.
func kernelAddr(text string) (netip.AddrPort, bool) {
	ip, port, _ := strings.Cut(text, ":")
	b, err := hex.DecodeString(ip)
	p, perr := hex.DecodeString(port)
	if err != nil || perr != nil || len(b)%4 != 0 || len(p) != 2 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(b); i += 4 {
		slices.Reverse(b[i : i+4])
	}
	a, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a.Unmap(), uint16(p[0])<<8|uint16(p[1])), ok
}

// ownSockets are the inodes of this process' sockets, its canaries among them.
func ownSockets() map[string]bool {
	own := map[string]bool{}
	fds, _ := filepath.Glob("/proc/self/fd/*")
	for _, fd := range fds {
		to, _ := os.Readlink(fd)
		if inode, ok := strings.CutPrefix(to, "socket:["); ok {
			own[strings.TrimSuffix(inode, "]")] = true
		}
	}
	return own
}
