// Package wire reads what the service said to Redis: which of its keys were found, how long they were to
// live, how often they were written, and how long Redis took.
//
// In go the events and the commands of one history; out come counts and times of the commands that a
// pattern of keys selects, or why there are none. It compares them with nothing.
package wire

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// A Log reads the commands of one history whose keys match, in the phases and on the instances of a
// selector. The zero Log but for Keys and Sel is ready.
type Log struct {
	Keys string        // pattern: * stands for any text
	Sel  expr.Selector // of phases and instances

	watched bool
	unseen  string // why some commands were not seen
	spans   []history.Event

	seen    int
	latency []figure.Element
	keys    map[string]*key
}

// A key is what was done with one.
type key struct {
	read, found int // in the phases of the selector
	writes      int // the same
	set         bool
	untimed     bool // it was written last without a time to live
	ttls        []time.Duration
}

// Event takes phases, and whether the wire was watched.
func (l *Log) Event(e *history.Event) {
	switch {
	case e.Kind == history.PhaseSpan:
		l.spans = append(l.spans, *e)
	case e.Kind == history.Wire && e.Name == history.WireWatched:
		l.watched = l.watched || l.Sel.Instance(e.Instance)
	case e.Kind == history.Wire && e.Name == history.WireDropped:
		l.unseen = "the machine was too busy to record all of them"
	}
}

// within reports whether an instant falls into a phase of the selector; without one, all do.
func (l *Log) within(at time.Duration) bool {
	return !l.Sel.Has("phase") || slices.ContainsFunc(l.spans, func(s history.Event) bool {
		return at >= s.At && at < s.Until && l.Sel.Phase(s.Name)
	})
}

var (
	reads  = []string{"GET", "GETEX", "MGET", "HGET", "HGETALL", "HMGET", "JSON.GET"}
	writes = []string{"SET", "SETEX", "PSETEX", "MSET", "HSET", "HMSET", "JSON.SET", "RESTORE", "GETSET"}
)

// Command takes one. Answers that are errors count for nothing but the command.
func (l *Log) Command(c *history.Command) {
	if c.Reply == history.NotFollowed {
		if c.Name == "" && l.Sel.Instance(c.Instance) {
			l.unseen = "a connection could not be followed: " + c.Error
		}
		return
	}
	if !l.Sel.Instance(c.Instance) || !Matches(l.Keys, c.Key) {
		return
	}
	in := l.within(c.Sent)
	if in {
		l.seen++
		if c.Answered > 0 {
			l.latency = append(l.latency, figure.Element{X: (c.Answered - c.Sent).Seconds()})
		}
	}
	if c.Key == "" || !c.OK() {
		return
	}
	if l.keys == nil {
		l.keys = map[string]*key{}
	}
	k := l.keys[c.Key]
	if k == nil {
		k = &key{}
		l.keys[c.Key] = k
	}
	wrote := slices.Contains(writes, c.Name) && c.Reply != history.ReplyNil // SET NX may not have written
	if wrote {
		k.set, k.untimed = true, c.TTL == 0
	}
	if c.TTL > 0 && (wrote || c.Reply == history.ReplyInteger || c.Found) {
		k.untimed = false
		if in {
			k.ttls = append(k.ttls, c.TTL)
		}
	}
	switch {
	case !in:
	case wrote:
		k.writes++
	case slices.Contains(reads, c.Name):
		if k.read++; c.Found {
			k.found++
		}
	}
}

// Missing is why nothing can be said; nil: something can.
func (l *Log) Missing() *figure.Absence {
	switch {
	case !l.watched:
		return figure.Absent("nobody saw what the service says to Redis: bench's own proxy was not before it", "a service that bench starts (--target-cmd), and a run of this version")
	case l.unseen != "":
		return figure.Absent("not all commands were seen: "+l.unseen, "connections that speak plain RESP, with short pipelines")
	case l.seen == 0:
		return figure.Absent("no command with a key "+l.Keys+" was seen", "the pattern of keys that the service uses, such as trips:*")
	}
	return nil
}

// Commands is how many there were.
func (l *Log) Commands() int { return l.seen }

// Hits are how many reads of keys that the service also writes there were, and how many found a value.
func (l *Log) Hits() (found, read int) {
	for _, k := range l.keys {
		if k.set {
			found, read = found+k.found, read+k.read
		}
	}
	return found, read
}

// Writes is how often keys were written.
func (l *Log) Writes() (n int) {
	for _, k := range l.keys {
		n += k.writes
	}
	return n
}

// TimesToLive are those that were set, and how many keys were last written without one.
func (l *Log) TimesToLive() (ttls []figure.Element, untimed int) {
	for _, name := range slices.Sorted(maps.Keys(l.keys)) {
		k := l.keys[name]
		for _, d := range k.ttls {
			ttls = append(ttls, figure.Element{X: d.Seconds()})
		}
		if k.untimed {
			untimed++
		}
	}
	return ttls, untimed
}

// Latency are the times from each command to its reply.
func (l *Log) Latency() []figure.Element { return l.latency }

// Matches reports whether a key has the pattern.
func Matches(pattern, key string) bool {
	first, rest, more := strings.Cut(pattern, "*")
	after, ok := strings.CutPrefix(key, first)
	if !ok || !more {
		return ok && after == ""
	}
	for i := 0; i <= len(after); i++ {
		if Matches(rest, after[i:]) {
			return true
		}
	}
	return false
}
