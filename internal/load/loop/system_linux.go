package loop

import (
	"context"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A dialed is a connection that was made for an exchange, or why it was not.
type dialed struct {
	exchange *Exchange
	fd       int
	err      error
}

// connect makes a connection for x. Its descriptor is the loop's alone: Go's own poller would
// be woken by each answer too.
func connect(ctx context.Context, x *Exchange) dialed {
	ctx, cancel := context.WithDeadline(ctx, x.Request.Deadline)
	defer cancel()
	n, err := x.Pool.dial(ctx, "tcp", x.Pool.address)
	if err != nil {
		return dialed{exchange: x, err: err}
	}
	fd, err := detach(n)
	return dialed{x, fd, err}
}

// wait waits for events, for d at most. How many there are is said, and they are in l.events.
func (l *Loop) wait(d time.Duration) (int, error) {
	limit := unix.NsecToTimespec(int64(max(0, d)))
	n, _, err := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(l.poll), uintptr(unsafe.Pointer(&l.events[0])), uintptr(len(l.events)), uintptr(unsafe.Pointer(&limit)), 0, 0)
	switch err {
	case 0:
		return int(n), nil
	case unix.EINTR:
		return 0, nil
	}
	return 0, os.NewSyscallError("epoll_pwait2", err)
}

func (l *Loop) watch(fd int) error {
	err := unix.EpollCtl(l.poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP, Fd: int32(fd)})
	return os.NewSyscallError("epoll_ctl", err)
}

// watchAlso has the loop see when c has room for more bytes, or not.
func (l *Loop) watchAlso(c *conn, room bool) {
	e := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP, Fd: int32(c.fd)}
	if room {
		e.Events |= unix.EPOLLOUT
	}
	if err := unix.EpollCtl(l.poll, unix.EPOLL_CTL_MOD, c.fd, &e); err != nil {
		l.fail(c, os.NewSyscallError("epoll_ctl", err))
	}
}

// interrupt ends the wait under way, or the next one.
func (l *Loop) interrupt() {
	unix.Write(l.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
}

// A sight is what can be read of a connection without waiting.
type sight int

const (
	nothing sight = iota
	bytesCame
	end // or an error
)

func look(fd int) sight {
	var b [1]byte
	switch n, _, err := unix.Recvfrom(fd, b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT); {
	case err == unix.EAGAIN, err == unix.EINTR:
		return nothing
	case n > 0:
		return bytesCame
	}
	return end
}

// detach takes the descriptor out of a connection, which is closed by that.
func detach(n net.Conn) (fd int, err error) {
	defer n.Close()
	s, ok := n.(syscall.Conn)
	if !ok {
		return 0, fmt.Errorf("a connection of type %T has no descriptor", n)
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return 0, err
	}
	controlErr := raw.Control(func(of uintptr) { fd, err = unix.FcntlInt(of, unix.F_DUPFD_CLOEXEC, 0) })
	if controlErr != nil {
		return 0, controlErr
	}
	return fd, os.NewSyscallError("dup", err)
}
