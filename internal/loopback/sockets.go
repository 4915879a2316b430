package loopback

import (
	"encoding/hex"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Socket is the caller's end of an established connection.
type Socket struct {
	Remote netip.AddrPort
	Inode  string
}

// Sockets are those of the kernel's tables; nil where there are none.
func Sockets() []Socket { return append(sockets("/proc/net/tcp"), sockets("/proc/net/tcp6")...) }

// sockets reads one table.
func sockets(path string) (all []Socket) {
	const established = "01"
	b, _ := os.ReadFile(path)
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 10 || f[3] != established {
			continue
		}
		if to, ok := kernelAddr(f[2]); ok {
			all = append(all, Socket{to, f[9]})
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

// OwnSockets are the inodes of this process' sockets, its canaries among them.
func OwnSockets() map[string]bool {
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
