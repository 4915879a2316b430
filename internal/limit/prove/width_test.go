package prove

import (
	"math/rand"
	"testing"
	"time"
)

// Where there are too many states they are taken together, and that may only
// find fewer errors: never more than there must be.
func TestTakingStatesTogetherNeverAddsErrors(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	rounds := 3000
	if testing.Short() {
		rounds = 500
	}
	for range rounds {
		track := Track{Steps: Thorough}
		n := 10 + rnd.Intn(60)
		for id := range n {
			sent := int64(rnd.Intn(100))
			v := Span{Sent: sent, Done: sent + int64(rnd.Intn(12)), ID: int32(id)}
			switch rnd.Intn(12) {
			case 0:
				v.Done = Far
				track.Open.Add(v)
			case 1, 2, 3, 4:
				track.Refused.Add(v)
			default:
				track.Allowed.Add(v)
			}
		}
		track.Sort()
		r := Reading{Kind: FixedFromFirst, Limit: 1 + rnd.Intn(8), Window: time.Duration(8 + rnd.Intn(20))}
		if rnd.Intn(4) == 0 {
			r.Kind = FixedClock
		}
		for name, judge := range map[string]side{"over": kept{}, "falsely": granted{}} {
			wide := newChain(&track, r, judge)
			wide.width, wide.deep = 1000, 1000
			most, _ := wide.run()
			for width := 2; width < 40; width *= 2 {
				narrow := newChain(&track, r, judge)
				narrow.width, narrow.deep = width, 1+width/4
				if got, _ := narrow.run(); got > most {
					t.Fatalf("%v: %d %s with a width of %d, %d with %d", r, got, name, width, most, wide.width)
				}
			}
		}
	}
}
