// Package witness tells where the answers of a service came from that does not say so: its commands to Redis show it.
//
// In go the events, commands and requests of one history; out comes the same history with a source on each answer of
// which the wire proves one, and what is left unknown. Unknown is never filled in: claims are judged as if it were this
// and as if it were that. It compares nothing with a bound.
package witness

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// A Witness has read one history.
type Witness struct {
	history.History
	scope     expr.Scope
	instances map[string]*instance
	streams   map[string]*stream
	paths     map[string]*path
	calls     []call          // one for each request, in order; nil: nothing was watched
	faults    []history.Event // of Redis, on and off
	spans     []history.Event // of phases
	dropped   bool
	counts    bool // the service counts its queries itself
}

// A stream is whether its right answers say where they come from.
type stream struct {
	path *path
	says bool
}

// An instance is what one said to Redis, and was asked.
type instance struct {
	watched bool
	blind   string          // why not all of its commands were seen; empty: they were
	starts  []time.Duration // when it began
	faults  []history.Event // of Redis on it, on and off
	said    []said          // by the time sent
	calls   []int32         // places of its requests, by the time sent
}

// said is one command that touches a key.
type said struct {
	sent, answered time.Duration
	key            string
	reads, writes  bool
	hash, script   bool
	class          class
}

// A class is what became of a read.
type class int8

const (
	failed class = iota // an error, or no reply
	none                // nothing was there
	found
)

// A call is one request.
type call struct {
	sent, done time.Duration // done: the largest there is where it may be under way still
	on         *instance
	of         *path
	key        string
	phase      string
	says       string // the source that it says
	shown      string // the one that the wire proves; empty: none
	right      bool   // a correct answer to a GET
	silent     bool   // of a stream that never says a source
	open       bool   // right, silent, and not proved, where others of its path are
}

// never is after every instant.
const never = time.Duration(math.MaxInt64)

// Read reads a history.
func Read(h history.History, s expr.Scope) *Witness {
	w := &Witness{History: h, scope: s, instances: map[string]*instance{}, streams: map[string]*stream{}, paths: map[string]*path{}}
	watched := false
	for e := range h.Events() {
		w.event(&e)
		watched = watched || e.Kind == history.Wire && e.Name == history.WireWatched && e.On == source.Redis
	}
	if w.dropped || !watched {
		return w
	}
	for r := range h.Requests() {
		w.request(&r)
	}
	for c := range h.Commands() {
		w.command(&c)
	}
	for name, in := range w.instances {
		in.faults = slices.DeleteFunc(slices.Clone(w.faults), func(e history.Event) bool { return e.Instance != "" && e.Instance != name })
		slices.SortStableFunc(in.said, func(a, b said) int { return cmp.Compare(a.sent, b.sent) })
		slices.SortStableFunc(in.calls, func(a, b int32) int { return cmp.Compare(w.calls[a].sent, w.calls[b].sent) })
	}
	w.learn()
	w.match()
	w.finish()
	return w
}

func (w *Witness) event(e *history.Event) {
	switch {
	case e.Kind == history.PhaseSpan:
		w.spans = append(w.spans, *e)
	case e.Kind == history.Counter && strings.HasPrefix(e.Name, queries):
		w.counts = true
	case e.Kind == history.Wire && e.Name == history.WireDropped:
		w.dropped = true
	case e.Kind == history.Wire && e.Name == history.WireWatched && e.On == source.Redis:
		w.instance(e.Instance).watched = true
	case e.Kind == history.Process && e.Name == "ready":
		in := w.instance(e.Instance)
		in.starts = append(in.starts, e.At)
	case (e.Kind == history.FaultOn || e.Kind == history.FaultOff) && e.On == source.Redis:
		w.faults = append(w.faults, *e)
	}
}

func (w *Witness) instance(name string) *instance {
	if w.instances[name] == nil {
		w.instances[name] = &instance{}
	}
	return w.instances[name]
}

// request enters r, also one that proves nothing.
func (w *Witness) request(r *history.Request) {
	st := w.streams[r.Stream]
	if st == nil {
		st = &stream{path: w.path(w.scope.Paths[r.Stream])}
		w.streams[r.Stream] = st
	}
	reads := r.Method == "" || r.Method == "GET"
	c := call{sent: r.Sent, done: r.Done, on: w.instances[r.Instance], of: st.path, key: r.Key, phase: r.Phase, says: r.Source, right: r.OK() && reads}
	if st.says = st.says || c.right && r.Source != ""; !st.path.keyed {
		c.key = ""
	}
	if !reads || st.path.text == "" || st.path.keyed && r.Key == "" {
		c.of, c.right = nil, false
	}
	if c.on != nil && r.Sent > 0 {
		if r.Status == 0 { // the service may be at work on it still
			c.done = c.on.next(r.Done)
		}
		c.on.calls = append(c.on.calls, int32(len(w.calls)))
	}
	w.calls = append(w.calls, c)
}

// next is the first start after an instant.
func (in *instance) next(t time.Duration) time.Duration {
	at := never
	for _, s := range in.starts {
		if s > t {
			at = min(at, s)
		}
	}
	return at
}

var (
	reading = []string{"GET", "GETEX", "MGET", "HGET", "HGETALL", "HMGET", "JSON.GET"}
	writing = []string{"SET", "SETEX", "PSETEX", "SETNX", "MSET", "HSET", "HMSET", "JSON.SET", "RESTORE", "GETSET"}
)

func (w *Witness) command(c *history.Command) {
	in := w.instances[c.Instance]
	switch {
	case in == nil:
		return
	case c.Reply == history.NotFollowed:
		if c.Name == "" {
			in.blind = "a connection could not be followed: " + c.Error
		}
		return
	case c.Key == "" || len(c.Key) >= 128: // a longer one is cut
		return
	}
	s := said{sent: c.Sent, answered: c.Answered, key: c.Key, hash: strings.HasPrefix(c.Name, "H"),
		script: strings.HasPrefix(c.Name, "EVAL") || strings.HasPrefix(c.Name, "FCALL")}
	s.reads, s.writes = slices.Contains(reading, c.Name), slices.Contains(writing, c.Name) || s.script
	switch {
	case !c.OK() || c.Answered == 0:
	case c.Found:
		s.class = found
	default:
		s.class = none
	}
	if s.reads || s.writes {
		in.said = append(in.said, s)
	}
}

// within are the commands that were sent in a time.
func (in *instance) within(from, to time.Duration) []said {
	i, _ := slices.BinarySearchFunc(in.said, from, func(s said, t time.Duration) int { return cmp.Compare(s.sent, t) })
	j := i
	for j < len(in.said) && in.said[j].sent <= to {
		j++
	}
	return in.said[i:j]
}

// hurt reports whether a fault of Redis was on in a part of a time.
func (in *instance) hurt(from, to time.Duration) bool {
	on := 0
	for _, e := range in.faults {
		switch {
		case e.Kind == history.FaultOn && e.At <= to:
			on++
		case e.Kind == history.FaultOff && max(e.At, e.Until) < from:
			on--
		}
	}
	return on > 0
}

// finish sees which answers are left open.
func (w *Witness) finish() {
	proved := map[*path]bool{}
	for i := range w.calls {
		c := &w.calls[i]
		if c.shown != "" {
			proved[c.of] = true
		}
	}
	names := map[*path]bool{} // of streams that say a source
	for _, s := range w.streams {
		if s.says {
			names[s.path] = true
		}
	}
	for i := range w.calls {
		c := &w.calls[i]
		c.silent = c.right && !names[c.of]
		c.open = c.silent && c.shown == "" && proved[c.of]
	}
}

// Speaks reports whether the wire proves where an answer came from that does not say so.
func (w *Witness) Speaks() bool {
	return slices.ContainsFunc(w.calls, func(c call) bool { return c.silent && c.shown != "" })
}
