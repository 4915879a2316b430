package proxy

import "sync/atomic"

// Stats are what has gone through a proxy since Open. Used at zero means that
// the service bypasses the proxy: no fault can reach it.
type Stats struct {
	Accepted int64 // connections, the canaries' among them
	Used     int64 // connections that carried bytes which were not a canary's
	Up       int64 // bytes passed on to the dependency, without the canaries'
	Down     int64 // bytes passed on to the service, without the canaries'
	Hit      int64 // commands that a fault of chosen commands was done to, without the canaries'; it counts when it is done
	Stood    int64 // connections from before a fault of old connections that it was done to, without the canaries': asked under it, or then, or ended
	// Unfollowed are connections on which commands could not be told apart any more,
	// such as those of MONITOR or of what is no RESP. Faults of chosen commands pass
	// them by from then on.
	Unfollowed int64
}

// Stats reads the counters. They move as bytes pass, not when a connection
// ends; bytes that a fault holds or delays count when they are let go. A
// connection is known as a canary's by its first bytes: a PING spelt as no
// client library spells it.
func (p *Proxy) Stats() Stats {
	return Stats{
		Accepted: p.count.accepted.Load(),
		Used:     p.count.used.Load(),
		Up:       p.count.bytes[up].Load(),
		Down:     p.count.bytes[down].Load(),
		Hit:      p.count.hit.Load(),
		Stood:    p.count.stood.Load(),

		Unfollowed: p.count.unfollowed.Load(),
	}
}

type counters struct {
	accepted, used, hit, stood, unfollowed atomic.Int64

	bytes [2]atomic.Int64 // by direction
	asked atomic.Int64    // bytes of canaries, passed on to the dependency
}

// struck counts a command that a fault has been done to.
func (s *counters) struck(c *conn) {
	if !c.own.Load() {
		s.hit.Add(1)
	}
}

// passed counts n bytes of c. A server that speaks first is no canary's.
func (s *counters) passed(c *conn, d direction, n int) {
	if c.own.Load() {
		if d == up {
			s.asked.Add(int64(n))
		}
		return
	}
	s.bytes[d].Add(int64(n))
	if c.used.CompareAndSwap(false, true) {
		s.used.Add(1)
	}
}
