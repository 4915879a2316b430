package notices_test

import (
	"testing"
	"time"

	"github.com/trektribe/bench/internal/exact/evidence"
	"github.com/trektribe/bench/internal/exact/notices"
)

// FuzzCheck has anything sent, attached and received, sense or not. No report may depend on the order of notifications and
// sockets, nor find more than there is.
func FuzzCheck(f *testing.F) {
	f.Add([]byte("what is sent, and where it comes"))
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 254, 253, 10, 11})
	f.Fuzz(func(t *testing.T, data []byte) {
		var all []notices.Notice
		var sockets []notices.Socket
		var came []notices.Message
		for ; len(data) >= 4; data = data[4:] {
			from, took, user := time.Duration(data[0]), time.Duration(data[1]%64), string(rune('u'+data[2]/4%2))
			switch data[2] % 4 {
			case 0, 1:
				all = append(all, notices.Notice{ID: string(rune('a' + data[3]%16)), User: user, Publisher: string(rune('p' + data[2]/8%2)),
					Call: evidence.Call{Sent: from, Done: from + took, Fate: evidence.Fate(data[3] / 16 % 3)}})
			case 2:
				s := notices.Socket{Name: string(rune('A' + len(sockets))), User: user, Client: string(rune('c' + data[2]/8%2)), Sent: from, Attached: from + took,
					End: from + took + time.Duration(data[3]), Closed: data[1] >= 64}
				if data[3]%8 == 0 {
					s.End = notices.Never
				}
				sockets = append(sockets, s)
			case 3:
				came = append(came, notices.Message{Socket: string(rune('A' + data[1]%8)), ID: string(rune('a' + data[3]%16)), At: from})
			}
		}
		terms := notices.Terms{Within: 10, Notice: 3, Until: 300}
		r := notices.Check(all, sockets, came, terms)
		if r.Lost.Count > r.Due || r.Doubled.Count+r.Phantoms.Count > len(came) || r.Misordered.Count > len(came) || r.Back.Count > r.Doubled.Count {
			t.Errorf("impossible: %+v", r)
		}
		for i := range sockets {
			sockets[i], sockets[0] = sockets[0], sockets[i]
		}
		if again := notices.Check(all, sockets, came, terms); summary(again) != summary(r) {
			t.Errorf("in another order %q, want %q", summary(again), summary(r))
		}
	})
}
