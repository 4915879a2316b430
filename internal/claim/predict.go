package claim

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// A Prediction is how long the longest stall of a request should be.
type Prediction struct {
	// Stall is the median of the longest stall of a fault, over many such
	// faults; Lo and Hi are the shortest and the longest, as the client's
	// random pauses have it. All are equal where nothing is left to chance.
	Stall, Lo, Hi time.Duration
	Why           string // one sentence of arithmetic; where nothing can be said, why not
}

// Predict says how long a fault of kind on Redis should stall a request of a
// service under load, in the worst case of all requests of the fault, from the
// options of the service's Redis client. It plays the client: pooled
// connections, dials, retries and the pauses between them, callers who wait for
// a connection. The client is go-redis v9; one of another make that retries
// less has fewer of these steps, which its options say.
//
// options are what the service exports as redis_client_option (docs/design.md,
// section 5), by name, and what the scenario adds:
//
//	fault_seconds     length of the fault; absent: a minute
//	rate_per_second   requests of one instance; absent: one request on its own
//	patience_seconds  after which a client gives up; absent: never
//	load_seconds      longest load of a value that the cache does not hold; absent: at once
//	down_seconds      restarted: how long Redis takes to start
//	delay_seconds     latency, spikes, late: as in the fault; so jitter_seconds (uniform), to_seconds, share
//
// A stall is from a request to its answer, what the client spends on Redis and,
// where the request has to, on a load. With random pauses the longest of some
// hundred stalls varies by a tenth or more from fault to fault, their median over
// several faults does not: that is what to hold Stall against. Where Lo and Hi
// are further apart, the request that stalls longest may or may not be one that
// opens a connection or loads, and they alone are to be held against what is measured.
//
// ok is false where the options are not known, or do not decide it; Why then says
// so. Stall is 0 then; Lo and Hi still bound it where Hi is not 0.
func Predict(kind string, options map[string]float64) (p Prediction, ok bool) {
	c, missing := redisClientOf(options)
	if missing != "" {
		return Prediction{Why: "the service does not export redis_client_option{name=\"" + missing + "\"}"}, false
	}
	w, why := worldOf(kind, options)
	if why != "" {
		return Prediction{Why: why}, false
	}
	if w.atMost == ofChosen {
		c.handshake = 0 // its commands are hit only where they are named
	}
	rounds := clamp(40_000/w.requests, 5, 41) // odd, for the median
	rounds -= 1 - rounds%2
	stalls := make([]redisToll, rounds)
	for i := range stalls {
		stalls[i] = newPlay(c, w, uint64(i)).longest()
	}
	slices.SortFunc(stalls, func(a, b redisToll) int { return cmp.Compare(a.took, b.took) })
	typical := stalls[rounds/2]
	p = Prediction{Stall: typical.took, Lo: stalls[0].took, Hi: stalls[rounds-1].took, Why: typical.why(c)}
	p.widen(c, w)
	if w.patience > 0 && p.Stall > w.patience {
		p.Why = fmt.Sprintf("a client gives up after %v; without that: %s", w.patience, p.Why)
	}
	if w.patience > 0 {
		p.Stall, p.Lo, p.Hi = min(p.Stall, w.patience), min(p.Lo, w.patience), min(p.Hi, w.patience)
	}
	for _, d := range []*time.Duration{&p.Stall, &p.Lo, &p.Hi} {
		*d = d.Round(time.Millisecond)
	}
	if w.atMost != "" && p.Hi > 0 {
		p.Stall, p.Lo, p.Why = 0, 0, w.atMost+", and costs that at most: "+p.Why
		return p, false
	}
	if w.pooled == meetsError && c.retries > 0 && w.requests > 1 {
		// Calls that meet open a connection, and what that costs here is as much
		// again; whether they meet is a matter of tenths of a millisecond.
		p.Stall, p.Why = 0, "chance decides how many calls open a connection, whose handshake is tried again as they are: "+p.Why
		return p, false
	}
	return p, true
}

// widen adds what is left to chance beside the pauses: whether the request that
// stalls longest also opens a connection, or loads, no option tells.
func (p *Prediction) widen(c redisClient, w redisWorld) {
	if w.delay > 0 {
		trips := c.handshake + c.calls
		p.wider(c, time.Duration(trips)*(max(w.delay, w.to)+w.jitter), fmt.Sprintf("opens a connection and stores what it loads, %d round trips", trips))
		p.Lo = min(p.Lo, max(0, w.delay-w.jitter))
	}
	if w.pooled == meetsError && c.retries > 0 {
		var pauses time.Duration
		for i := range c.retries {
			pauses += c.pause(i+1, 1)
		}
		p.wider(c, p.Hi+time.Duration(c.calls*min(2, c.handshake))*pauses, "opens connections, whose handshakes are tried again too")
	}
	if w.load > 0 && (c.wait > 0 || w.delay > 0) {
		p.Hi += w.load
		p.Stall = max(p.Stall, w.load)
		p.Why += fmt.Sprintf("; what memory does not hold is loaded, up to %v", w.load)
	}
}

// wider has p reach to hi, for a request that does what is said.
func (p *Prediction) wider(c redisClient, hi time.Duration, does string) {
	if c.wait > 0 {
		hi = min(hi, c.wait)
	}
	if hi > p.Hi {
		p.Hi = hi
		p.Why += fmt.Sprintf("; up to %v for one that %s", rounded(hi), does)
	}
}

// A redisClient is what decides how a client behaves while its server does not.
type redisClient struct {
	dials               int           // each time a connection is needed
	dialPause           time.Duration // between them
	read                time.Duration // timeout; 0: none
	pool                int           // connections
	poolWait            time.Duration // for one of them
	retries             int
	leastPause, longest time.Duration // of the backoff
	idle                int           // connections, when the fault begins
	handshake           int           // round trips
	calls               int           // of a request whose every call fails
	wait                time.Duration // of one request for all of its calls; 0: no bound
}

// redisClientOf names the option that is missing, if one is.
func redisClientOf(o map[string]float64) (c redisClient, missing string) {
	need := func(name string) float64 {
		v, ok := o[name]
		if !ok && missing == "" {
			missing = name
		}
		return v
	}
	c = redisClient{
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

// pause is the n-th pause before a call is tried again, n from 1; chance is in [0,1).
func (c redisClient) pause(n int, chance float64) time.Duration {
	if c.leastPause <= 0 {
		return 0
	}
	spread := c.leastPause << min(n, 20)
	return min(c.leastPause+time.Duration(chance*float64(spread)), c.longest)
}

func inSeconds(v float64) time.Duration { return time.Duration(math.Round(v * float64(time.Second))) }

func clamp(v, least, most int) int { return max(least, min(v, most)) }
