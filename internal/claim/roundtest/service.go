package roundtest

import (
	"fmt"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// A Service is a model of one that caches in Redis: its requests and commands are those of a real one, and where each
// answer came from is known. The zero Service but for its times reads a key once, loads what is not there, and writes it.
type Service struct {
	TTL       time.Duration
	Load      [2]time.Duration // at least and at most
	Instances int              // 0: one
	Every     time.Duration    // from one request to the next
	Trips     int              // different ones; every fifth request is for the listing

	Memory    time.Duration // how long an instance keeps what it has seen, and does not ask Redis
	Flight    bool          // requests for what is being loaded wait for that, after they have read
	Early     bool          // or before
	Rechecks  bool          // what is not there is looked for again before it is loaded
	Envelope  time.Duration // what is older is found and loaded all the same
	Behind    bool          // what is not there any more is answered from memory, and loaded behind the answer
	Versions  bool          // a version of all trips, or of the listing, is read first, and written once in a while
	Script    bool          // it reads by a script
	Hash      bool          // all trips are fields of one hash
	GivesUp   bool          // during the fault, from 1 s to 3 s, a reply comes too late and it loads, and writes nothing
	Stalls    bool          // one reply in ten comes later than it waits: it loads, and writes nothing
	Afterward bool          // it writes what it has loaded when it has answered
	SaysItAll bool          // its answers say where they come from
	Lies      bool          // and say "database" of what was in Redis
}

// A Truth is what is so of a history of a Service.
type Truth struct {
	Sources        []string // of its answers, in order
	Loads, Written int
	Found, Read    int // of its commands
}

// Play plays the service until an instant, and keeps what is true of it. chance gives a number from 0 to below n.
func (s Service) Play(chance func(n int64) int64, until time.Duration) (h history.Slice, truth Truth) {
	h = Play()
	if s.GivesUp {
		Outage("1", "2")(&h)
	}
	n := max(1, s.Instances)
	for i := range n {
		h.E = append(h.E, history.Event{Kind: history.Wire, Name: history.WireWatched, On: "redis", Instance: fmt.Sprint(i + 1)})
		Ready(fmt.Sprint(i+1), 0)(&h)
	}
	written := map[string][]time.Duration{}
	held := map[string]time.Duration{}       // by instance and key: when it was last seen
	flights := map[string][2]time.Duration{} // by instance and key: the last load
	for at := 5 * MS; at < until; at += s.Every/2 + time.Duration(chance(int64(s.Every))) {
		r := history.Request{Stream: "trip", Phase: phaseOf(int(at / MS)), Instance: fmt.Sprint(1 + chance(int64(n))), Seq: uint64(len(h.R)), Method: "GET",
			Key: fmt.Sprint(1 + chance(int64(s.Trips))), Intended: at, Sent: at, Status: 200}
		key, name := "shop:trip:"+r.Key+":v1", "GET"
		if chance(5) == 0 {
			r.Stream, r.Key, key = "listing", "", "shop:trips"
		} else if s.Hash {
			name = "HGET"
		}
		item, place := key, r.Instance+" "+key
		if s.Hash && r.Key != "" {
			key = "shop:trips:hash"
		}
		if s.Script {
			name = "EVAL"
		}
		stalled := s.Stalls && chance(10) == 0
		say := func(name, key string, at time.Duration, reply history.Reply, found bool, ttl time.Duration) time.Duration {
			c := history.Command{Instance: r.Instance, Name: name, Key: key, Sent: at, Answered: at + 200*time.Microsecond, Reply: reply, Found: found, TTL: ttl}
			if stalled {
				c.Answered += 50*MS + time.Duration(chance(int64(20*MS)))
			}
			h.C = append(h.C, c)
			return c.Answered
		}
		read := func(at time.Duration) (time.Duration, bool) {
			there := slices.ContainsFunc(written[item], func(w time.Duration) bool { return w <= at && at < w+s.TTL })
			truth.Read++
			if there {
				truth.Found++
				return say(name, key, at, history.ReplyValue, true, 0), true
			}
			return say(name, key, at, history.ReplyNil, false, 0), false
		}
		now := at + 200*time.Microsecond
		source := "database"
		load := func() {
			if f := flights[place]; (s.Flight || s.Early) && now < f[1] {
				now = f[1]
				return
			}
			began := now
			now += s.Load[0] + time.Duration(chance(int64(s.Load[1]-s.Load[0])+1))
			truth.Loads++
			flights[place] = [2]time.Duration{began, now}
			if stalled || s.GivesUp && r.Phase == "fault" {
				return
			}
			truth.Written++
			wrote := now
			if s.Afterward {
				wrote += 4 * MS
			}
			written[item] = append(written[item], wrote)
			command := "SET"
			if s.Hash && r.Key != "" {
				command = "HSET"
			}
			say(command, key, wrote, history.ReplyOK, false, s.TTL)
		}
		if s.Versions {
			if len(h.R)%13 == 0 {
				say("SET", "shop:"+r.Stream+":version", now, history.ReplyOK, false, 0)
			}
			now = say("GET", "shop:"+r.Stream+":version", now, history.ReplyValue, true, 0)
		}
		seen, has := held[place]
		busy := s.Early && now < flights[place][1]
		switch {
		case has && s.Memory > 0 && now < seen+s.Memory:
			source = "memory"
		case busy:
			load()
		default:
			var there bool
			asked := now
			if now, there = read(now); !there && s.Rechecks {
				now, there = read(now + time.Millisecond)
			}
			stale := there && s.Envelope > 0 && !slices.ContainsFunc(written[item], func(w time.Duration) bool { return w <= now && now < w+s.Envelope })
			late := stalled || s.GivesUp && r.Phase == "fault"
			if late {
				now = asked + 50*MS
			}
			switch {
			case there && !stale && !late:
				source = "redis"
			case has && s.Behind:
				answered := now
				load()
				source, now = "memory", answered
			default:
				load()
			}
			held[place] = now
		}
		r.Done = now + 300*time.Microsecond
		if s.SaysItAll {
			if r.Source = source; s.Lies && source == "redis" {
				r.Source = "database"
			}
		}
		h.R = append(h.R, r)
		truth.Sources = append(truth.Sources, source)
	}
	return h, truth
}
