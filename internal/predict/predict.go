// Package predict says how long a fault on Redis should stall a request of a
// service, from the options of the service's Redis client.
//
// In go a kind of fault and options by name; out comes a Prediction. It plays
// the client: pooled connections, dials, retries and the pauses between them,
// callers who queue for a connection. It needs no history, and it never
// measures: what it says is there to be compared with what was measured.
package predict

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/fault"
)

// A Prediction is how long the longest stall of a request should be.
type Prediction struct {
	// Stall is the median of the longest stall of a fault, over many such
	// faults. Lo and Hi are the shortest and the longest of them, because the
	// client's pauses are random. All are equal where nothing is random.
	Stall, Lo, Hi time.Duration
	Why           string // the arithmetic in one sentence; without a prediction, why there is none
}

// LongestStall predicts how long a fault of kind on Redis stalls the request
// that suffers most from it. The client is go-redis v9. A client of another
// make that retries less has fewer of these steps, and its options say so.
//
// options are what the service exports as redis_client_option (docs/contract.md), by
// name, and what the scenario adds:
//
//	fault_seconds           length of the fault; absent: a minute
//	rate_per_second         requests of one instance; absent: a single request
//	client_timeout_seconds  after which the sender of a request gives up; absent: never
//	load_seconds            longest load of a value that the cache does not hold; absent: at once
//	down_seconds            restarted: how long Redis takes to start
//	old_only                1: only connections from before the fault are hurt; for_good: and not whole again after it
//	delay_seconds           latency, spikes, late: as in the fault; so jitter_seconds (uniform), to_seconds, share
//
// A stall is the time from a request to its answer: what the client spends on
// Redis and, if the request needs one, on a load. With random pauses the longest
// of some hundred stalls varies by a tenth or more from fault to fault, but its
// median over several faults does not: compare Stall with that median. Lo and Hi
// are further apart where it is unknown whether the longest request also opens
// a connection or loads; then compare only Lo and Hi with what was measured.
//
// ok is false where an option is missing or the options do not decide the
// stall; Why says which. Stall is 0 then. Lo and Hi still bound it if Hi is not 0.
func LongestStall(kind string, options map[string]float64) (p Prediction, ok bool) {
	c, missing := clientOf(options)
	if missing != "" {
		return Prediction{Why: "the service does not export redis_client_option{name=\"" + missing + "\"}"}, false
	}
	f, why := episodeOf(kind, options)
	if why != "" {
		return Prediction{Why: why}, false
	}
	if f.forGood && f.pooled == fault.Silence && c.read <= 0 {
		p.Why = "nothing of the client ends a call on a connection that is silent for good: it has no read timeout"
		if p.Hi = max(c.wait, f.timeout); c.wait > 0 && f.timeout > 0 {
			p.Hi = min(c.wait, f.timeout)
		}
		return p, false
	}
	if f.atMost == fault.OnlyChosen {
		c.handshake = 0 // a fault on chosen commands leaves the others alone
	}
	rounds := clamp(40_000/f.requests, 5, 41) // odd, for the median
	rounds -= 1 - rounds%2
	stalls := make([]cost, rounds)
	for i := range stalls {
		stalls[i] = newPlay(c, f, uint64(i)).longest()
	}
	slices.SortFunc(stalls, func(a, b cost) int { return cmp.Compare(a.took, b.took) })
	typical := stalls[rounds/2]
	p = Prediction{Stall: typical.took, Lo: stalls[0].took, Hi: stalls[rounds-1].took, Why: typical.why(c)}
	p.widen(c, f)
	if f.timeout > 0 && p.Stall > f.timeout {
		p.Why = fmt.Sprintf("a client gives up after %v; without that: %s", f.timeout, p.Why)
	}
	if f.timeout > 0 {
		p.Stall, p.Lo, p.Hi = min(p.Stall, f.timeout), min(p.Lo, f.timeout), min(p.Hi, f.timeout)
	}
	for _, d := range []*time.Duration{&p.Stall, &p.Lo, &p.Hi} {
		*d = d.Round(time.Millisecond)
	}
	if f.atMost != "" && p.Hi > 0 {
		p.Stall, p.Lo, p.Why = 0, 0, f.atMost+", and costs that at most: "+p.Why
		return p, false
	}
	if f.pooled == fault.Retried && c.retries > 0 && f.requests > 1 {
		// Two calls at the same moment open a connection, whose handshake costs as
		// much again. Tenths of a millisecond decide whether they coincide.
		p.Stall, p.Why = 0, "chance decides how many calls open a connection, whose handshake is tried again as they are: "+p.Why
		return p, false
	}
	return p, true
}

// widen adds what chance decides beside the pauses: no option tells whether
// the longest request also opens a connection or loads.
func (p *Prediction) widen(c client, f episode) {
	if f.delay > 0 {
		trips := c.handshake + c.calls
		p.wider(c, time.Duration(trips)*(max(f.delay, f.to)+f.jitter), fmt.Sprintf("opens a connection and stores what it loads, %d round trips", trips))
		p.Lo = min(p.Lo, max(0, f.delay-f.jitter))
	}
	if f.pooled == fault.Retried && c.retries > 0 {
		var pauses time.Duration
		for i := range c.retries {
			pauses += c.pause(i+1, 1)
		}
		p.wider(c, p.Hi+time.Duration(c.calls*min(2, c.handshake))*pauses, "opens connections, whose handshakes are tried again too")
	}
	if f.load > 0 && (c.wait > 0 || f.delay > 0) {
		p.Hi += f.load
		p.Stall = max(p.Stall, f.load)
		p.Why += fmt.Sprintf("; what memory does not hold is loaded, up to %v", f.load)
	}
}

// wider raises the upper bound to hi, because of a request that does what does says.
func (p *Prediction) wider(c client, hi time.Duration, does string) {
	if c.wait > 0 {
		hi = min(hi, c.wait)
	}
	if hi > p.Hi {
		p.Hi = hi
		p.Why += fmt.Sprintf("; up to %v for one that %s", rounded(hi), does)
	}
}

// A client holds the options that decide what a client does while its server fails.
type client struct {
	dials               int           // for each connection that it needs
	dialPause           time.Duration // between them
	read                time.Duration // timeout; 0: none
	pool                int           // connections
	poolWait            time.Duration // for a free one
	retries             int
	leastPause, longest time.Duration // of the backoff
	idle                int           // connections, when the fault begins
	handshake           int           // round trips
	calls               int           // of one request, if each of them fails
	wait                time.Duration // that one request spends on all its calls; 0: no bound
}

// clientOf reads the options. missing is the first that is absent; "": none.
func clientOf(o map[string]float64) (c client, missing string) {
	need := func(name string) float64 {
		v, ok := o[name]
		if !ok && missing == "" {
			missing = name
		}
		return v
	}
	c = client{
		dials:      max(1, int(need("dialer_retries"))),
		dialPause:  inSeconds(need("dialer_retry_timeout_seconds")),
		read:       inSeconds(max(0, need("read_timeout_seconds"))),
		pool:       max(1, int(need("pool_size"))),
		poolWait:   inSeconds(need("pool_timeout_seconds")),
		retries:    max(0, int(need("max_retries"))),
		leastPause: inSeconds(need("min_retry_backoff_seconds")),
		longest:    inSeconds(need("max_retry_backoff_seconds")),
		idle:       warmConnections,
		handshake:  int(o["handshake_round_trips"]),
		calls:      max(1, int(o["calls_per_request"])),
		wait:       inSeconds(o["request_wait_seconds"]),
	}
	if n, ok := o["idle_connections"]; ok {
		c.idle = int(n)
	}
	return c, missing
}

// pause is the pause before the n-th retry, n from 1. chance is in [0,1).
func (c client) pause(n int, chance float64) time.Duration {
	if c.leastPause <= 0 {
		return 0
	}
	spread := c.leastPause << min(n, 20)
	return min(c.leastPause+time.Duration(chance*float64(spread)), c.longest)
}

func inSeconds(v float64) time.Duration { return time.Duration(math.Round(v * float64(time.Second))) }

func clamp(v, least, most int) int { return max(least, min(v, most)) }
