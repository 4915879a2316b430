package guard

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// A fault of Redis counts for a service that uses Redis on the path that is hurt: commands with keys, answered without
// an error, before the fault and in the same segment. They must be at least the smallest of
//
//   - 1 for each answersPerUse answers. A lost Redis can then hurt less than 1 % of them: too few to refute what is
//     claimed of outages, which allows failures of 0.5 to 1 %. The reference service has 14 for each 100 at its least where
//     it caches, with most of its hits in memory, and 4 where it takes bookings (measured on a busy machine);
//   - half of the loads, where answers say that they are such: what is loaded is written to a cache;
//   - half of the different things that were asked for: each was looked up, or written, once.
//
// So a service that answers nearly everything from memory uses Redis if its loads go there. One more or less of a
// heartbeat, which has a key too, decides nothing.
const (
	answersPerUse = 100
	partOfLoads   = 0.5
)

// afterwards is how long a fault is on before an answer from Redis contradicts it: one that joined an earlier read may
// take until then.
const afterwards = 100 * time.Millisecond

// silent are the faults during which Redis answers nothing at all.
var silent = []string{"refused", "blackhole", "reset", "close", "oneway", "killed", "stopped"}

// keyless are commands without a key, or with one whose place is not known, that show a use all the same: of a channel or
// a stream.
var keyless = []string{"PUBLISH", "SPUBLISH", "XREAD", "XREADGROUP"}

// handshakes are the commands with which a client library begins a connection.
var handshakes = []string{"AUTH", "HELLO", "SELECT", "CLIENT", "COMMAND", "READONLY", "QUIT"}

// uses watches how each instance used its path to Redis before its faults, where the path was watched.
type uses struct {
	spans   []history.Event // of phases
	faults  []history.Event // on and off
	watched map[string]bool // instances
	dropped bool            // some commands were not recorded
	of      map[string]*use // by instance
	lies    map[string]lie  // by kind of fault
}

// A use is what one instance said to Redis before its fault, and was asked meanwhile.
type use struct {
	faults, whole          []spell
	keyed, answered, loads int
	asked                  map[string]bool // stream and key
	sent                   map[string]int  // commands without a key that were answered, by name
	failed                 map[string]int  // commands by the first word of the error
	unclear                string          // why the path could not be followed
}

// A spell is a fault on one instance, or a time without one.
type spell struct {
	kind  string
	from  time.Duration
	on    time.Duration // from then on all of it
	until time.Duration // the largest there is: it did not end
}

// A lie counts answers that say Redis while it is silent.
type lie struct {
	n        int
	instance string
}

func (u *uses) event(e *history.Event) {
	switch {
	case e.Kind == history.PhaseSpan:
		u.spans = append(u.spans, *e)
	case e.Kind == history.Wire && e.Name == history.WireDropped:
		u.dropped = true
	case e.Kind == history.Wire && e.Name == history.WireWatched && e.On == "redis":
		if u.watched == nil {
			u.watched = map[string]bool{}
		}
		u.watched[e.Instance] = true
	case (e.Kind == history.FaultOn || e.Kind == history.FaultOff) && e.On == "redis":
		u.faults = append(u.faults, *e)
	}
}

// instance is what is known of one; nil: nothing is asked of it.
func (u *uses) instance(name string) *use {
	if !u.watched[name] || len(u.faults) == 0 {
		return nil
	}
	if u.of[name] == nil {
		if u.of == nil {
			u.of, u.lies = map[string]*use{}, map[string]lie{}
		}
		faults := u.spells(name)
		u.of[name] = &use{faults: faults, whole: u.whole(faults), asked: map[string]bool{}, sent: map[string]int{}, failed: map[string]int{}}
	}
	return u.of[name]
}

// spells are the faults on an instance, in order.
func (u *uses) spells(instance string) (all []spell) {
	for _, e := range u.faults {
		switch {
		case e.Instance != "" && e.Instance != instance:
		case e.Kind == history.FaultOn:
			all = append(all, spell{kind: e.Name, from: e.At, on: max(e.At, e.Until), until: math.MaxInt64})
		default:
			for i := range all {
				if all[i].kind == e.Name && all[i].until == math.MaxInt64 && all[i].from <= e.At {
					all[i].until = e.At
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b spell) int { return cmp.Compare(a.from, b.from) })
	return all
}

// whole are the times in which an instance can show that it uses its path: in each segment with faults, until the first
// of them. A segment is what is played without a restart. Of one that begins with a fault it is the segment before, if
// that has none.
func (u *uses) whole(faults []spell) (all []spell) {
	var segments []spell // on: its first phase begins
	for i, s := range u.spans {
		if n := len(segments); i > 0 && s.At == u.spans[i-1].Until {
			segments[n-1].until = s.Until
		} else if n > 0 {
			segments = append(segments, spell{from: segments[n-1].until, on: s.At, until: s.Until})
		} else {
			segments = append(segments, spell{on: s.At, until: s.Until})
		}
	}
	first := func(s spell) (spell, bool) {
		i := slices.IndexFunc(faults, func(f spell) bool { return f.from >= s.from && f.from < s.until })
		if i < 0 {
			return spell{}, false
		}
		return faults[i], true
	}
	for i, s := range segments {
		f, hurt := first(s)
		switch {
		case hurt && f.from > s.on:
			all = append(all, spell{from: s.from, until: f.from})
		case hurt && i > 0:
			if _, hurt := first(segments[i-1]); !hurt {
				all = append(all, segments[i-1])
			}
		}
	}
	return all
}

// before reports whether what was done then shows whether the path is used.
func (in *use) before(at time.Duration) bool {
	return slices.ContainsFunc(in.whole, func(s spell) bool { return at >= s.from && at < s.until })
}

func (u *uses) command(c *history.Command) {
	in := u.instance(c.Instance)
	if in == nil {
		return
	}
	if c.Reply == history.NotFollowed {
		if c.Name == "" && c.Error != history.Unasked {
			in.unclear = c.Error
		}
		return
	}
	name, _, _ := strings.Cut(c.Name, " ")
	switch {
	case c.Answered == 0 || !in.before(c.Answered):
	case c.Reply == history.ReplyError && !slices.Contains(handshakes, name):
		in.failed[c.Error]++
	case c.OK() && (c.Key != "" || slices.Contains(keyless, name)):
		in.keyed++
	case c.OK():
		in.sent[name]++
	}
}

func (u *uses) request(r *history.Request) {
	in := u.instance(r.Instance)
	if in == nil || !r.OK() {
		return
	}
	if r.Source == "redis" {
		for _, w := range in.faults {
			if slices.Contains(silent, w.kind) && r.Sent >= w.on+afterwards && r.Done <= w.until {
				u.lies[w.kind] = lie{u.lies[w.kind].n + 1, r.Instance}
			}
		}
	}
	if !in.before(r.Done) {
		return
	}
	in.answered++
	in.asked[r.Stream+" "+r.Key] = true
	if r.Source == "database" || r.Source == "ai" {
		in.loads++
	}
}

// needed is the fewest commands with keys that show a use.
func (in *use) needed() int {
	n := min(float64(in.answered)/answersPerUse, partOfLoads*float64(len(in.asked)))
	if in.loads > 0 {
		n = min(n, partOfLoads*float64(in.loads))
	}
	return max(1, int(math.Ceil(n)))
}

// complaints are why faults of these kinds on Redis do not count; empty: they do.
func (u *uses) complaints(kinds []string) (out []Complaint) {
	for _, name := range slices.Sorted(maps.Keys(u.of)) {
		in := u.of[name]
		hurt := slices.ContainsFunc(in.faults, func(w spell) bool { return slices.Contains(kinds, w.kind) })
		if !hurt || in.answered == 0 || in.keyed >= in.needed() || u.dropped {
			continue
		}
		c := in.complaint("the path of instance " + name + " to Redis")
		c.Code = code.Unused
		out = append(out, c)
	}
	for _, kind := range slices.Sorted(maps.Keys(u.lies)) {
		if l := u.lies[kind]; slices.Contains(kinds, kind) {
			out = append(out, Complaint{Code: code.Contradiction, About: kind,
				Text: fmt.Sprintf("%s of instance %s say \"redis\" while nothing came from Redis (%s): "+
					"the service reaches a Redis on another way, or says it falsely", figure.Count(l.n, "answers"), l.instance, kind),
				Remedy: "a service that uses the Redis of REDIS_URL only, and says \"redis\" of nothing else"})
		}
	}
	return out
}

// complaint says how the path is not used.
func (in *use) complaint(path string) Complaint {
	const own = "a service whose cache uses the Redis of REDIS_URL, at the address that is given there"
	switch {
	case in.unclear != "":
		c := Complaint{About: "unclear", Text: "what the service says on " + path + " cannot be followed: " + in.unclear, Remedy: "a service that speaks plain RESP to Redis"}
		if in.unclear == "TLS" {
			c.Remedy = "a service that speaks no TLS to Redis: REDIS_URL begins with redis://"
		}
		return c
	case in.keyed > 0:
		return Complaint{About: "seldom", Remedy: own,
			Text: fmt.Sprintf("its cache hardly uses %s: %s for %s before the fault, where a cache needs %d or more",
				path, figure.Count(in.keyed, "keyed commands"), figure.Count(in.answered, "answers"), in.needed())}
	case len(in.failed) > 0:
		c := Complaint{About: "failed", Remedy: "a service whose commands Redis answers",
			Text: "no command of its own succeeded on " + path + " before the fault: " + times(in.failed)}
		if in.failed["NOAUTH"] > 0 {
			c.Remedy = "a service that sends the password of REDIS_URL on each connection"
		}
		return c
	}
	if others := in.others(); others != "" {
		return Complaint{About: "past", Remedy: own,
			Text: "its cache does not use " + path + ": before the fault it sent " + others + " and no command with a key"}
	}
	sent := "nothing"
	if len(in.sent) > 0 {
		sent = times(in.sent) + " and nothing else"
	}
	return Complaint{About: "silent", Remedy: own, Text: "no command of its own succeeded on " + path + ": before the fault it sent " + sent}
}

// others are the commands without keys that are no handshake.
func (in *use) others() string {
	other := maps.Clone(in.sent)
	maps.DeleteFunc(other, func(name string, _ int) bool { return slices.Contains(handshakes, name) })
	return times(other)
}

// times lists counts, the largest first: "30 × PING, 2 × INFO".
func times(counts map[string]int) string {
	var parts []string
	for _, k := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) }) {
		parts = append(parts, fmt.Sprintf("%d × %s", counts[k], k))
	}
	return strings.Join(parts, ", ")
}
