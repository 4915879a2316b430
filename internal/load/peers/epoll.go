package main

import (
	"bytes"
	"net"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// bare is the floor: one thread, epoll, requests as prepared bytes, answers told by their
// length alone, nothing checked and nothing recorded but times.
func bare(t task) outcome {
	runtime.LockOSThread()
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		fail(err)
	}
	type conn struct {
		fd       int
		intended time.Duration
		got      []byte
	}
	conns := map[int32]*conn{}
	var idle []*conn
	address, err := net.ResolveTCPAddr("tcp", t.URL[len("http://"):])
	if err != nil {
		fail(err)
	}
	open := func() *conn {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			fail(err)
		}
		to := &unix.SockaddrInet4{Port: address.Port}
		copy(to.Addr[:], address.IP.To4())
		if err := unix.Connect(fd, to); err != nil {
			fail(err)
		}
		unix.SetNonblock(fd, true)
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		unix.EpollCtl(poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
		c := &conn{fd: fd}
		conns[int32(fd)] = c
		return c
	}
	timer, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		fail(err)
	}
	unix.EpollCtl(poll, unix.EPOLL_CTL_ADD, timer, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(timer)})
	request := []byte("GET /api/trips HTTP/1.1\r\nHost: " + address.String() + "\r\nAccept: application/json\r\nUser-Agent: bare\r\n\r\n")
	total := int(t.For.Seconds() * float64(t.Rate))
	due := func(k int) time.Duration { return time.Duration(k) * time.Second / time.Duration(t.Rate) }
	var o outcome
	var lags, responses []time.Duration
	began, next, done := time.Now(), 0, 0
	events := make([]unix.EpollEvent, 64)
	buffer := make([]byte, 64<<10)
	for done < total {
		now := time.Since(began)
		for next < total && due(next) <= now {
			var c *conn
			if n := len(idle); n > 0 {
				c, idle = idle[n-1], idle[:n-1]
			} else if len(conns) < 256 {
				c = open()
			} else {
				break
			}
			c.intended, c.got = due(next), c.got[:0]
			lags = append(lags, time.Since(began)-c.intended)
			if _, err := unix.Write(c.fd, request); err != nil {
				fail(err)
			}
			o.Sent++
			next++
			now = time.Since(began)
		}
		if next < total {
			spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(max(1, due(next)-now)))}
			unix.TimerfdSettime(timer, 0, &spec, nil)
		}
		n, err := unix.EpollWait(poll, events, -1)
		if err != nil && err != unix.EINTR {
			fail(err)
		}
		for _, e := range events[:max(0, n)] {
			if int(e.Fd) == timer {
				unix.Read(timer, buffer[:8])
				continue
			}
			c := conns[e.Fd]
			n, err := unix.Read(c.fd, buffer)
			if n <= 0 {
				fail(err)
			}
			c.got = append(c.got, buffer[:n]...)
			head, rest, whole := bytes.Cut(c.got, []byte("\r\n\r\n"))
			if !whole {
				continue
			}
			_, after, _ := bytes.Cut(head, []byte("Content-Length: "))
			text, _, _ := bytes.Cut(after, []byte("\r\n"))
			length, _ := strconv.Atoi(string(text))
			if len(rest) < length {
				continue
			}
			done++
			responses = append(responses, time.Since(began)-c.intended)
			idle = append(idle, c)
		}
	}
	o.times(lags, responses)
	return o
}
