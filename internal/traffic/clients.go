package traffic

import (
	"fmt"
	"net/netip"
	"strings"
)

// Clients send the requests of a stream. Client k, from 0, has number First + k in the
// scenario: streams do not share clients.
type Clients struct {
	Draw    string  `json:"draw"` // which client sends a request, one of Draws
	N       int     `json:"n"`
	S       float64 `json:"zipf,omitempty"` // exponent of "zipf", above 0
	First   int     `json:"first,omitempty"`
	As      string  `json:"as"`               // how the service tells them apart, one of As
	Header  string  `json:"header,omitempty"` // of ByHeader: its name
	IPv6    bool    `json:"ipv6,omitempty"`   // of ByHeader: every other client has an IPv6 address
	Cookies bool    `json:"cookies,omitempty"`
}

// How a service tells clients apart.
const (
	ByAddress = "address" // connections of their own, from an address of their own in 127.0.0.0/8
	ByHeader  = "header"  // an address in a header, as a proxy writes it
)

// As are the ways to tell clients apart.
var As = []string{ByAddress, ByHeader}

// InTurn is the Draw of clients that take turns.
const InTurn = "turn"

// Draws are the ways to choose the client of a request. Under zipf, client 0 sends most.
var Draws = []string{InTurn, "uniform", "zipf"}

// MostClients bounds the clients of all streams of a scenario.
const MostClients = 10_000

// Name is the address of client k, which is its name: 127.1.0.1 and on by address. By
// header, 198.18.0.1 and on (RFC 2544, for benchmarks), or 2001:db8:0:1::1 and on
// (RFC 3849, for documentation): a network each, because many limits count networks.
func (c Clients) Name(k int) string {
	n := c.First + k
	third, fourth := byte(n/250), byte(n%250+1)
	switch {
	case c.As != ByHeader:
		return netip.AddrFrom4([4]byte{127, 1, third, fourth}).String()
	case c.IPv6 && k%2 == 1:
		return netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 6: byte((n + 1) >> 8), 7: byte(n + 1), 15: 1}).String()
	}
	return netip.AddrFrom4([4]byte{198, 18, third, fourth}).String()
}

// Forwarded reports whether a client's name is one by header: it comes through the generator, as
// through a proxy.
func Forwarded(name string) bool {
	return strings.HasPrefix(name, "198.18.") || strings.HasPrefix(name, "198.19.") || strings.HasPrefix(name, "2001:db8:")
}

// Check returns what is wrong with the clients; nil: nothing.
func (c Clients) Check() error {
	switch {
	case c.N < 1 || c.First < 0 || c.First+c.N > MostClients:
		return fmt.Errorf("%d clients after %d of other streams: want 1 to %d in all", c.N, c.First, MostClients)
	case c.As == ByAddress && c.Header != "":
		return fmt.Errorf("as %s has no header", c.As)
	case c.As == ByAddress && c.IPv6:
		return fmt.Errorf("ipv6 needs as: header NAME: the addresses of 127.0.0.0/8 are IPv4")
	case c.As == ByHeader:
		return CheckHeader(c.Header)
	case c.As != ByAddress:
		return fmt.Errorf("clients as %q: want %s", c.As, strings.Join(As, " or "))
	}
	return nil
}

// MostBurst bounds Stream.Burst.
const MostBurst = 1_000
