package predict

import (
	"math"
	"time"
)

// A fate is what a client's call meets during a fault.
type fate int

const (
	meetsReply    fate = iota // an answer at once; it may be an error that the client does not retry
	meetsDelay                // an answer after the delay
	meetsSilence              // no answer until the fault ends
	meetsEnd                  // the connection is closed
	meetsRefusal              // there is no connection
	meetsError                // an error that the client retries on the same connection
	meetsEviction             // an error that the client retries on another connection
)

// A fault is what a client of Redis meets, for how long, and under what load.
type fault struct {
	pooled, fresh fate // on connections from before the fault; on new ones
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

// Why a request may escape a fault.
const (
	ofFresh  = "only a request that needs a new connection meets it"
	ofSize   = "it depends on the size of the replies"
	ofChosen = "it depends on which commands are chosen"
	ofMoment = "only a request of the moment in which Redis is away meets it"
)

// redisFates say what a client meets under each kind of fault, on connections
// from before the fault and on new ones, and why a request may escape it.
var redisFates = map[string]struct {
	pooled, fresh fate
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

// mostPlayed bounds the work. More requests than these show nothing new.
const mostPlayed = 8000

// faultOf says what a client meets under kind, or why that is unknown.
func faultOf(kind string, o map[string]float64) (f fault, why string) {
	met, known := redisFates[kind]
	if !known {
		return f, "nothing is known of what a client of Redis meets under " + kind
	}
	f = fault{
		pooled: met.pooled, fresh: met.fresh, atMost: met.atMost,
		delay: inSeconds(o["delay_seconds"]), jitter: inSeconds(o["jitter_seconds"]), to: inSeconds(o["to_seconds"]), share: 1,
		length: time.Minute, requests: 1,
		timeout: inSeconds(o["client_timeout_seconds"]), load: inSeconds(o["load_seconds"]),
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
	case kind == "restarted" || kind == "reloaded":
		f.requests = 1
		if f.length = inSeconds(o["down_seconds"]); f.length <= 0 {
			return f, "it stalls as long as Redis takes to start, which no option of a client says"
		}
	case f.fresh != meetsDelay:
		f.delay, f.jitter, f.to = 0, 0, 0
	case f.delay <= 0:
		return f, "the delay of the fault is not known"
	}
	return f, ""
}

// reply is how late the reply to a command sent at now is. chance and drawn are in [0,1).
func (f fault) reply(now time.Duration, chance, drawn float64) time.Duration {
	if now >= f.length || drawn >= f.share {
		return 0
	}
	d := f.delay + time.Duration((2*chance-1)*float64(f.jitter))
	if f.to > 0 {
		d += time.Duration(float64(f.to-f.delay) * float64(now) / float64(f.length))
	}
	return min(max(d, 0), f.length-now) // the end of the fault delivers what is held
}
