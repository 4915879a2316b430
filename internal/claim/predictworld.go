package claim

import (
	"math"
	"time"
)

// A redisFate is what a client's call meets.
type redisFate int

const (
	meetsReply    redisFate = iota // at once, though it may be an error that is not tried again
	meetsDelay                     // after the delay
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
}

// Why a fault may spare a request.
const (
	ofFresh  = "only a request that needs a new connection meets it"
	ofSize   = "it depends on the size of the replies"
	ofChosen = "it depends on which commands are chosen"
	ofMoment = "only a request of the moment in which Redis is away meets it"
)

// redisFates are what a client meets under each kind, on connections from before
// the fault and on new ones, and why a request may be spared that.
var redisFates = map[string]struct {
	pooled, fresh redisFate
	atMost        string
}{
	"refused":    {meetsEnd, meetsRefusal, ""},
	"reset":      {meetsEnd, meetsEnd, ""},
	"close":      {meetsEnd, meetsEnd, ""},
	"killed":     {meetsEnd, meetsEnd, ""}, // the proxy before it accepts still
	"restarted":  {meetsEnd, meetsEnd, ofMoment},
	"reloaded":   {meetsEnd, meetsEnd, ofMoment},
	"blackhole":  {meetsSilence, meetsSilence, ""},
	"oneway":     {meetsSilence, meetsSilence, ""},
	"stopped":    {meetsSilence, meetsSilence, ""},
	"slowcmd":    {meetsSilence, meetsSilence, ""},
	"latency":    {meetsDelay, meetsDelay, ""},
	"spikes":     {meetsDelay, meetsDelay, ""},
	"loading":    {meetsError, meetsError, ""},
	"readonly":   {meetsEviction, meetsEviction, ""},
	"noauth":     {meetsReply, meetsReply, ""},
	"oom":        {meetsReply, meetsReply, ""},
	"busy":       {meetsReply, meetsReply, ""},
	"flushed":    {meetsReply, meetsReply, ""},
	"hang":       {meetsReply, meetsSilence, ofFresh},
	"maxclients": {meetsReply, meetsEviction, ofFresh},
	"cutoff":     {meetsEnd, meetsEnd, ofSize},
	"slow":       {meetsSilence, meetsSilence, ofSize},
	"slices":     {meetsSilence, meetsSilence, ofSize},
	"error":      {meetsEviction, meetsEviction, ofChosen},
	"lost":       {meetsEnd, meetsEnd, ofChosen},
	"late":       {meetsDelay, meetsDelay, ofChosen},
	"mute":       {meetsSilence, meetsSilence, ofChosen},
}

// mostPlayed bounds the work: what a fault does to so many requests, it has done.
const mostPlayed = 8000

// worldOf is how kind meets a client, or why that cannot be told.
func worldOf(kind string, o map[string]float64) (w redisWorld, why string) {
	met, known := redisFates[kind]
	if !known {
		return w, "nothing is known of what a client of Redis meets under " + kind
	}
	w = redisWorld{
		pooled: met.pooled, fresh: met.fresh, atMost: met.atMost,
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
	switch {
	case kind == "restarted" || kind == "reloaded":
		w.requests = 1
		if w.fault = inSeconds(o["down_seconds"]); w.fault <= 0 {
			return w, "it stalls as long as Redis takes to start, which no option of a client says"
		}
	case w.fresh != meetsDelay:
		w.delay, w.jitter, w.to = 0, 0, 0
	case w.delay <= 0:
		return w, "the delay of the fault is not known"
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
