package claim

import (
	"math"
	"time"
)

// A redisFate is what a client's call meets.
type redisFate int

const (
	meetsDelay    redisFate = iota // after the delay
	meetsSilence                   // no answer before the fault ends
	meetsEnd                       // the connection is closed
	meetsRefusal                   // there is no connection
	meetsError                     // answered with an error that is tried again, on the same connection
	meetsEviction                  // so, and the connection is given up
)

// A redisWorld is a fault as the client of Redis meets it.
type redisWorld struct {
	pooled, fresh redisFate // on connections from before the fault, and on new ones
	delay, jitter time.Duration
	to            time.Duration // the delay at the end; 0: it stays
	share         float64       // of replies that are delayed
	fault         time.Duration
	every         time.Duration // a request begins
	requests      int
	patience      time.Duration
	load          time.Duration
	atMost        string // why a request may be spared all of it; "": it is not
	spares        bool   // the connections from before the fault: what meets it has none of them
}

// ofChosen is why a fault of chosen commands may spare a request.
const ofChosen = "it depends on which commands are chosen"

// mostPlayed bounds the work: what a fault does to so many requests, it has done.
const mostPlayed = 8000

// worldOf is how kind meets a client, or why that cannot be told.
func worldOf(kind string, o map[string]float64) (w redisWorld, why string) {
	w = redisWorld{
		delay: inSeconds(o["delay_seconds"]), jitter: inSeconds(o["jitter_seconds"]), to: inSeconds(o["to_seconds"]), share: 1,
		fault: time.Minute, requests: 1,
		patience: inSeconds(o["patience_seconds"]), load: inSeconds(o["load_seconds"]),
	}
	if f := o["fault_seconds"]; f > 0 {
		w.fault = inSeconds(f)
	}
	if r := o["rate_per_second"]; r > 0 {
		w.every = inSeconds(1 / r)
		w.requests = clamp(int(math.Ceil(r*w.fault.Seconds())), 1, mostPlayed)
	}
	if s, ok := o["share"]; ok {
		w.share = s
	}
	switch kind {
	case "refused":
		w.pooled, w.fresh = meetsEnd, meetsRefusal
	case "reset", "close", "killed":
		w.pooled, w.fresh = meetsEnd, meetsEnd // killed too: the proxy before it accepts still
	case "blackhole", "oneway", "stopped", "slowcmd":
		w.pooled, w.fresh = meetsSilence, meetsSilence
	case "latency", "spikes", "late":
		if w.delay <= 0 {
			return w, "the delay of the fault is not known"
		}
		if kind == "late" {
			w.atMost = ofChosen
		}
	case "loading":
		w.pooled, w.fresh = meetsError, meetsError
	case "readonly":
		w.pooled, w.fresh = meetsEviction, meetsEviction
	case "noauth", "oom", "busy", "flushed", "":
		w.delay = 0 // an error that is not tried again, or a miss: both at once
	case "hang", "maxclients":
		w.fresh, w.spares = meetsSilence, true
		if kind == "maxclients" {
			w.fresh = meetsEviction
		}
		w.atMost = "only a request that needs a new connection meets it"
	case "cutoff":
		w.pooled, w.fresh = meetsEnd, meetsEnd
		w.atMost = "it depends on the size of the replies"
	case "slow", "slices":
		w.delay = 0
		w.pooled, w.fresh = meetsSilence, meetsSilence
		w.atMost = "it depends on the size of the replies"
	case "error", "lost", "mute":
		w.pooled = map[string]redisFate{"error": meetsEviction, "lost": meetsEnd, "mute": meetsSilence}[kind]
		w.fresh, w.atMost = w.pooled, ofChosen
	case "restarted", "reloaded":
		if w.fault = inSeconds(o["down_seconds"]); w.fault <= 0 {
			return w, "it stalls as long as Redis takes to start, which no option of a client says"
		}
		w.requests = 1
		w.pooled, w.fresh = meetsEnd, meetsEnd
	default:
		return w, "nothing is known of what a client of Redis meets under " + kind
	}
	return w, ""
}

// reply is how long a reply that is asked for at now stays, chances in [0,1).
func (w redisWorld) reply(now time.Duration, chance, drawn float64) time.Duration {
	if now >= w.fault || drawn >= w.share {
		return 0
	}
	d := w.delay + time.Duration((2*chance-1)*float64(w.jitter))
	if w.to > 0 {
		d += time.Duration(float64(w.to-w.delay) * float64(now) / float64(w.fault))
	}
	return min(max(d, 0), w.fault-now) // what is held is delivered when the fault ends
}
