package api

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Identify names the client of a request: the address that limits are counted for.
type Identify func(r *http.Request) string

// Addresses identifies a client by its address. Where the peer is a trusted proxy
// that is the last address in X-Forwarded-For that is no trusted proxy: each proxy
// appends the peer that it saw, so whatever stands before that may be made up by the client.
func Addresses(trusted []netip.Prefix) Identify {
	return func(r *http.Request) string {
		peer, ok := address(r.RemoteAddr)
		if !ok {
			return r.RemoteAddr // a listener without addresses, as in a test
		}
		client := peer
		if trusts(trusted, peer) {
			client = forwarded(trusted, peer, r.Header.Values("X-Forwarded-For"))
		}
		return client.String()
	}
}

// forwarded walks back from the last hop to the first that is no trusted proxy. Where a hop
// is no address the proxy behind it is the client: it vouched for nobody else.
func forwarded(trusted []netip.Prefix, peer netip.Addr, lines []string) netip.Addr {
	hops := strings.Split(strings.Join(lines, ","), ",")
	for _, text := range slices.Backward(hops) {
		hop, ok := address(strings.TrimSpace(text))
		if !ok {
			return peer
		}
		if peer = hop; !trusts(trusted, hop) {
			return hop
		}
	}
	return peer
}

// address reads an address with or without a port, of IPv6 also in brackets. One client has one
// name: an IPv4 address in IPv6 is IPv4, and a zone is nothing that another host could know.
func address(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		ap, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		a = ap.Addr()
	}
	return a.Unmap().WithZone(""), true
}

func trusts(trusted []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(a) })
}
