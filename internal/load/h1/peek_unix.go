//go:build unix

package h1

import (
	"net"
	"syscall"
)

// A peeker looks at a connection without waiting.
type peeker struct {
	raw  syscall.RawConn // nil: nothing can be seen
	look func(fd uintptr) bool
	got  *sight
}

func newPeeker(n net.Conn) peeker {
	p := peeker{got: new(sight)}
	if s, ok := n.(syscall.Conn); ok {
		p.raw, _ = s.SyscallConn()
	}
	p.look = func(fd uintptr) bool {
		var b [1]byte
		switch n, err := syscall.Read(int(fd), b[:]); {
		case err == syscall.EAGAIN, err == syscall.EINTR:
			*p.got = nothing
		case n > 0:
			*p.got = bytes
		default:
			*p.got = end
		}
		return true
	}
	return p
}

func (p peeker) sees() sight {
	switch {
	case p.raw == nil:
		return nothing
	case p.raw.Read(p.look) != nil:
		return end
	}
	return *p.got
}
