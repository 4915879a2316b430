package sessions_test

import (
	"testing"
	"time"

	"github.com/trektribe/bench/internal/exact/sessions"
)

// FuzzCheck has any sessions and readings, sense or not. No report may depend on the order of the sessions, nor find more
// than there are.
func FuzzCheck(f *testing.F) {
	f.Add([]byte("sessions and readings of them"), 3)
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 254, 253, 10, 11}, 0)
	f.Fuzz(func(t *testing.T, data []byte, notice int) {
		var all []sessions.Session
		var reads []sessions.Read
		names := "abcdefgh"
		for ; len(data) >= 5; data = data[5:] {
			at, user := time.Duration(data[0]), string(rune('u'+data[1]%2))
			if data[1]/2%2 == 0 {
				n := data[2] % 8
				shown := []string{names[n : n+1], names[data[3]%8 : data[3]%8+1]}[:data[4]%3]
				reads = append(reads, sessions.Read{User: user, Instance: string(rune('1' + data[1]/4%2)), Sent: at, Done: at + time.Duration(data[2]/8), Shown: shown})
				continue
			}
			s := sessions.Session{User: user, Sent: at, Open: at + time.Duration(data[2]/8), End: at + time.Duration(data[3]), Closed: data[4]%2 == 0, Refused: data[4]/2%8 == 0}
			if n := data[2] % 8; n > 0 {
				s.ID = names[n : n+1]
			}
			if data[3] == 0 {
				s.End = sessions.Never
			}
			all = append(all, s)
		}
		r := sessions.Check(all, reads, time.Duration(notice%32))
		if r.Absent.Count > r.Sessions || r.Ghosts.Count > len(all) || r.Lost.Count > r.Absent.Count || r.Absent.Longest < 0 || r.Ghosts.Longest < 0 {
			t.Errorf("impossible: %+v", r)
		}
		for i := range all {
			all[i], all[0] = all[0], all[i]
		}
		if again := sessions.Check(all, reads, time.Duration(notice%32)); summary(again) != summary(r) {
			t.Errorf("in another order %q, want %q", summary(again), summary(r))
		}
	})
}
