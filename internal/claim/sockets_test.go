package claim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/history"
)

// crowd is a history with n messages on sockets: of a thousand sockets of a hundred users, each of whom is notified and
// asked for again and again, at 1,000 notifications and 200 readings a second.
func crowd(n int) (h history.Slice) {
	const users, each = 100, 10
	name := func(user, i int) string { return fmt.Sprintf("sockets/%d/%d", user, i) }
	begin := fms(0)
	shown := make([]string, users)
	for u := range users {
		for i := range each {
			at := begin + time.Duration(u*each+i)*100*time.Microsecond
			h.R = append(h.R, history.Request{Stream: "sockets", Phase: "warm", Instance: fmt.Sprint(1 + i%2), Method: "GET", Key: fmt.Sprint(u), Client: name(u, i),
				Intended: at, Sent: at, Done: at + ms, Status: 101})
			h.E = append(h.E, history.Event{Kind: history.Socket, Stream: "sockets", Client: name(u, i), At: at + ms, Name: "session", Detail: name(u, i)})
			shown[u] += name(u, i) + "\n"
		}
		shown[u] = shown[u][:len(shown[u])-1]
	}
	for k := range n / each {
		at, u, id := begin+200*ms+time.Duration(k)*ms, k%users, fmt.Sprint("id", k)
		h.R = append(h.R, history.Request{Stream: "notify", Phase: "warm", Instance: fmt.Sprint(1 + k/users%2), Method: "POST", Key: fmt.Sprint(u), Ref: id,
			Intended: at, Sent: at, Done: at + 2*ms, Status: 202})
		for i := range each {
			h.E = append(h.E, history.Event{Kind: history.Socket, Stream: "sockets", Client: name(u, i), At: at + ms, Name: "message", Detail: id})
		}
		if k%5 == 0 {
			h.R = append(h.R, history.Request{Stream: "presence", Phase: "warm", Instance: fmt.Sprint(1 + k/5%2), Method: "GET", Key: fmt.Sprint(u), Answer: shown[u],
				Intended: at, Sent: at, Done: at + ms, Status: 200})
		}
	}
	return h
}

// passing is a history with n events of sockets that open and soon leave, 5,000 a second, of a hundred users who are asked
// for and notified at 200 and 100 a second.
func passing(n int) (h history.Slice) {
	const users = 100
	begin := fms(0)
	for k := range n / 2 {
		at, u := begin+time.Duration(k)*200*time.Microsecond, k%users
		user, name := fmt.Sprint(u), fmt.Sprintf("sockets/%d/%d", u, k)
		h.R = append(h.R, history.Request{Stream: "sockets", Phase: "warm", Instance: fmt.Sprint(1 + k%2), Method: "GET", Key: user, Client: name,
			Intended: at, Sent: at, Done: at + ms, Status: 101})
		h.E = append(h.E, history.Event{Kind: history.Socket, Stream: "sockets", Client: name, At: at + ms, Name: "session", Detail: name},
			history.Event{Kind: history.Socket, Stream: "sockets", Client: name, At: at + 80*ms, Name: "close", Detail: "left"})
		if k%25 == 0 {
			h.R = append(h.R, history.Request{Stream: "presence", Phase: "warm", Instance: fmt.Sprint(1 + k/25%2), Method: "GET", Key: user, Answer: name,
				Intended: at + 10*ms, Sent: at + 10*ms, Done: at + 11*ms, Status: 200})
		}
		if k%50 == 0 {
			h.R = append(h.R, history.Request{Stream: "notify", Phase: "warm", Instance: "1", Method: "POST", Key: user, Ref: name,
				Intended: at, Sent: at, Done: at + ms, Status: 202})
		}
	}
	return h
}

// BenchmarkSockets judges a million events of sockets, and a tenth of that: each takes as long.
func BenchmarkSockets(b *testing.B) {
	claims := []*claim.Claim{
		compile(b, `lost_notifications(notify, sockets, 500ms) == 0 and lost_notifications(notify[instance=1], sockets[instance=2], 500ms) == 0
			and misordered_notifications(notify, sockets) == 0 and doubled_notifications(all, sockets) == 0 and phantom_notifications(all, sockets) == 0`, ""),
		compile(b, "lost_sessions(presence) == 0 and absence(presence) <= 500ms and haunting(presence) <= 1s", "longest_lag() <= 100ms"),
	}
	for _, kind := range []struct {
		name string
		make func(n int) history.Slice
	}{{"messages", crowd}, {"openings", passing}} {
		for _, n := range []int{100_000, 1_000_000} {
			h := kind.make(n)
			b.Run(fmt.Sprint(kind.name, " ", n), func(b *testing.B) {
				for range b.N {
					claim.ObserveAll(claims, h)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/event")
			})
		}
	}
}
