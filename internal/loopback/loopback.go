// Package loopback knows the ports and connections of this machine: which ports the kernel
// gives to outgoing connections, and which are free. A server that is to keep
// its port, also while it does not listen, takes none of the former.
package loopback

import (
	"net"
	"os"
	"strconv"
	"strings"
)

// usual is where the kernel takes ports for outgoing connections when the system does not say: IANA's range
// (RFC 6335) is above 49152, Linux' default begins at 32768; below both is safe.
const usual = 32768

// Ephemeral is the lowest port that the kernel gives to outgoing connections.
func Ephemeral() int {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return usual
	}
	if f := strings.Fields(string(text)); len(f) == 2 {
		if n, err := strconv.Atoi(f[0]); err == nil {
			return n
		}
	}
	return usual
}

// Addr is the address of a port: "127.0.0.1:6379".
func Addr(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// Free reports whether a server could listen on the port now.
func Free(port int) bool {
	l, err := net.Listen("tcp", Addr(port))
	return err == nil && l.Close() == nil
}
