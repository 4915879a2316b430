package predict

import (
	"cmp"
	"math"
	"time"

	"github.com/trektribe/bench/internal/fault"
)

// An episode is a fault as a client of Redis meets it: what, for how long, and under what load.
type episode struct {
	pooled, fresh fault.Fate // on connections from before the fault; on new ones
	oldOnly       bool       // none that is opened later meets it
	forGood       bool       // those from before the fault are not whole again when it ends
	delay, jitter time.Duration
	to            time.Duration // the delay at the end; 0: it stays
	share         float64       // of replies that are delayed
	length        time.Duration
	every         time.Duration // between the beginnings of two requests
	requests      int
	timeout       time.Duration // of the sender; 0: none
	load          time.Duration // longest, of a value that the cache does not hold
	atMost        string        // why a request may escape the fault; "": none does
}

// mostPlayed bounds the work. More requests than these show nothing new.
const mostPlayed = 8000

// episodeOf says what a client meets under a kind of fault, or why that is unknown.
func episodeOf(kind string, o map[string]float64) (f episode, why string) {
	k, known := fault.Find(kind)
	if !known || k.Unpredicted != "" {
		return f, "nothing is known of what a client of Redis meets under " + kind
	}
	f = episode{
		pooled: k.Old.Call, fresh: k.New.Call, atMost: k.Spares, forGood: o["for_good"] > 0,
		delay: inSeconds(o["delay_seconds"]), jitter: inSeconds(o["jitter_seconds"]), to: inSeconds(o["to_seconds"]), share: 1,
		length: time.Minute, requests: 1,
		timeout: inSeconds(o["client_timeout_seconds"]), load: inSeconds(o["load_seconds"]),
	}
	if f.oldOnly = o["old_only"] > 0; f.oldOnly {
		f.fresh, f.atMost = fault.Answered, cmp.Or(f.atMost, fault.OnlyOld)
	}
	if v := o["fault_seconds"]; v > 0 {
		f.length = inSeconds(v)
	}
	if r := o["rate_per_second"]; r > 0 {
		f.every = inSeconds(1 / r)
		f.requests = clamp(int(math.Ceil(r*f.length.Seconds())), 1, mostPlayed)
	}
	if s, ok := o["share"]; ok {
		f.share = s
	}
	switch {
	case f.atMost == fault.OnlyMoment:
		f.requests = 1
		if f.length = inSeconds(o["down_seconds"]); f.length <= 0 {
			return f, "it stalls as long as Redis takes to start, which no option of a client says"
		}
	case f.fresh != fault.Delayed:
		f.delay, f.jitter, f.to = 0, 0, 0
	case f.delay <= 0:
		return f, "the delay of the fault is not known"
	}
	return f, ""
}

// reply is how late the reply to a command sent at now is. chance and drawn are in [0,1).
func (f episode) reply(now time.Duration, chance, drawn float64) time.Duration {
	if now >= f.length || drawn >= f.share {
		return 0
	}
	d := f.delay + time.Duration((2*chance-1)*float64(f.jitter))
	if f.to > 0 {
		d += time.Duration(float64(f.to-f.delay) * float64(now) / float64(f.length))
	}
	return min(max(d, 0), f.length-now) // the end of the fault delivers what is held
}
