package load

import (
	"iter"
	"math"
	"time"

	"github.com/trektribe/bench/internal/traffic"
)

const maxRate = 1e6 // requests per second; beyond it, places would share a microsecond

// A Place is one request of a stream's schedule.
type Place struct {
	Seq      uint64        // number of its place, times the requests of a burst or sequence, plus its number in there
	Intended time.Duration // on the run's clock; of a sequence, that of its first call
	Target   Target
	Key      string // what {id} or {user} becomes; empty where the call has none
	Client   string // the name of its client; empty: the stream has none
}

// Places yields the whole schedule of s in order, as Run would play it, without
// sending anything. A stream that Run would refuse yields nothing.
func (s Stream) Places() iter.Seq[Place] {
	return func(yield func(Place) bool) {
		if check([]Stream{s}) != nil {
			return
		}
		sched, client := newSchedule(s), s.clientOf()
		var ids []func(uint64) int
		for _, one := range s.calls() {
			ids = append(ids, one.idOf())
		}
		for place := s.First; ; place++ {
			at, ok := sched.next()
			if !ok {
				return
			}
			name := ""
			if n := client(place); n > 0 {
				name = s.Clients.Name(n - 1)
			}
			for j := range s.AtOnce() {
				number := s.seq(place, j)
				for i, id := range ids {
					if !yield(Place{s.step(number, i), at, s.Targets[s.target(place, max(i, j))], s.Keys.Key(id(number)), name}) {
						return
					}
				}
			}
		}
	}
}

// seq is the number of request j of a place.
func (s Stream) seq(place uint64, j int) uint64 { return place*uint64(s.AtOnce()) + uint64(j) }

// step is the number of step i of request number, which is a call or a sequence of them.
func (s Stream) step(number uint64, i int) uint64 {
	return number*uint64(max(1, len(s.Steps))) + uint64(i)
}

// repeated is the number of repetition n of request seq: also of a socket that comes back.
func repeated(seq uint64, n int) uint64 { return seq + uint64(n)<<32 }

// target is the instance of request j of a place: each in turn. Clients that take turns go
// through the instances one by one, each client for itself: otherwise each of 200 clients
// would meet only one of two instances.
func (s Stream) target(place uint64, j int) int {
	turn := place
	if c := s.Clients; c != nil && c.Draw == traffic.InTurn {
		turn = place%uint64(c.N) + place/uint64(c.N)
	}
	if s.Spread {
		turn = s.seq(turn, j)
	}
	return int(turn % uint64(len(s.Targets)))
}

// A schedule yields the intended times of one stream, in order. It knows no
// clock: nothing measured can move it.
type schedule struct {
	stream Stream
	seed   uint64
	k      uint64  // the next hit
	mass   float64 // Poisson: the expected number of hits before the next one
}

func newSchedule(s Stream) *schedule {
	return &schedule{stream: s, seed: s.seed(gaps)}
}

// next is the next intended time; false: the window is over.
func (s *schedule) next() (time.Duration, bool) {
	if most := s.stream.most(); most > 0 && s.k >= most {
		return 0, false
	}
	if s.stream.Poisson {
		s.mass += -math.Log1p(-unit(s.seed, s.stream.First+s.k))
	} else {
		s.mass = float64(s.k)
	}
	t := s.stream.when(s.mass)
	if !(t < s.stream.For.Seconds()) {
		return 0, false
	}
	at := time.Duration(math.Round(t * float64(time.Second)))
	if at >= s.stream.For {
		return 0, false
	}
	s.k++
	return s.stream.Start + at, true
}

// most is how many places the schedule has at most; 0: as many as there is time for.
func (s Stream) most() uint64 {
	if s.Socket == nil {
		return 0
	}
	return uint64(s.Socket.Count)
}

// when is the time, in seconds into the window, before which mass hits are
// expected: the inverse of From·t + (To−From)·t²/(2·For). Exponential mass put
// through it is a Poisson process of that rate. NaN and +Inf: never.
func (s Stream) when(mass float64) float64 {
	if mass == 0 {
		return 0
	}
	if s.From == s.To {
		return mass / s.From
	}
	slope := (s.To - s.From) / s.For.Seconds()
	// The form of the root that loses no digits when slope is small.
	return 2 * mass / (s.From + math.Sqrt(s.From*s.From+2*slope*mass))
}
