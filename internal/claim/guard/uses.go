package guard

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// What holds under a fault of Redis is worth something only of a service that uses Redis on the path that is hurt: with
// commands that have keys, answered without an error, before the fault and since the start. They must be at least the
// smallest of
//
//   - 1 for each answersPerUse answers. A lost Redis can then hurt less than 1 % of them: too few to refute what is
//     claimed of outages, which allows failures of 0.5 to 1 %. The reference service has 14 for each 100 at its least where
//     it caches, with most of its hits in memory, and 4 where it takes bookings (measured on a busy machine);
//   - half of the loads, where answers say that they are such: what is loaded is written to a cache;
//   - half of the different things that were asked for: each was looked up, or written, once.
//
// So a service that answers nearly everything from memory uses Redis if its loads go there. One more or less of a
// heartbeat, which has a key too, decides nothing. Fewer than fewAnswers tell nothing.
const (
	answersPerUse = 100
	partOfLoads   = 0.5
	fewAnswers    = 10
)

// afterwards is how long a fault is on before an answer from Redis contradicts it: one that joined an earlier read may
// take until then.
const afterwards = 100 * time.Millisecond

// silent are the faults during which Redis answers nothing at all, on no connection.
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
	several bool            // Redis is several servers: another may answer while one is hurt
	of      map[string]*use // by instance
}

// A use is what one instance said to Redis before its fault, and was asked meanwhile.
type use struct {
	faults, whole          []spell
	keyed, answered, loads int
	asked                  map[string]bool // stream and key
	sent                   map[string]int  // commands without a key that were answered, by name
	failed                 map[string]int  // commands by the first word of the error
	unclear                string          // why the path could not be followed
	lies                   int             // answers that say Redis while it is silent
	witnesses              []figure.Witness
}

// A spell is a fault on one instance, or a time without one.
type spell struct {
	kind  string
	from  time.Duration
	on    time.Duration // from then on all of it
	until time.Duration // the largest there is: it did not end
	part  bool          // it is not of all connections
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
	case e.Kind == history.Primary && e.On == "redis":
		u.several = true
	case (e.Kind == history.FaultOn || e.Kind == history.FaultOff) && e.On == "redis":
		u.faults = append(u.faults, *e)
	}
}

// instance is what is known of one; nil: no fault was there.
func (u *uses) instance(name string) *use {
	if len(u.faults) == 0 {
		return nil
	}
	if u.of[name] == nil {
		if u.of == nil {
			u.of = map[string]*use{}
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
			all = append(all, spell{kind: e.Name, from: e.At, on: max(e.At, e.Until), until: math.MaxInt64, part: strings.Contains(e.Detail, "connections")})
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

// segments are the stretches without a restart, with what came before their first phase; on: that begins.
func (u *uses) segments() (all []spell) {
	for i, s := range u.spans {
		if n := len(all); i > 0 && s.At == u.spans[i-1].Until {
			all[n-1].until = s.Until
		} else if n > 0 {
			all = append(all, spell{from: all[n-1].until, on: s.At, until: s.Until})
		} else {
			all = append(all, spell{on: s.At, until: s.Until})
		}
	}
	return all
}

// whole are the times in which an instance can show that it uses its path: in each segment with faults, until the first
// of them. Of a segment that begins with a fault it is the segment before, if that has none.
func (u *uses) whole(faults []spell) (all []spell) {
	segments := u.segments()
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

// touched reports whether a phase that matters saw one of the instance's faults, or what came of it until the restart.
func (u *uses) touched(in *use, matters func(phase string) bool) bool {
	segments := u.segments()
	return slices.ContainsFunc(in.faults, func(f spell) bool {
		at := slices.IndexFunc(segments, func(s spell) bool { return f.from < s.until })
		return at >= 0 && slices.ContainsFunc(u.spans, func(s history.Event) bool {
			return matters(s.Name) && s.Until > f.from && s.Until <= segments[at].until
		})
	})
}

func (u *uses) command(c *history.Command) {
	in := u.instance(c.Instance)
	if in == nil {
		return
	}
	if c.Reply == history.NotFollowed {
		if c.Name == "" && in.before(c.Sent) {
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
	if r.Source == "redis" && !u.several {
		in.contradicted(r)
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

// contradicted counts an answer that says Redis where nothing can come from it.
func (in *use) contradicted(r *history.Request) {
	for _, w := range in.faults {
		if w.part || !slices.Contains(silent, w.kind) || r.Sent < w.on+afterwards || r.Done > w.until {
			continue
		}
		if in.lies++; in.lies == 1 {
			in.witnesses = append(in.witnesses, figure.Witness{At: w.on, Text: fmt.Sprintf("from here on nothing comes from Redis to instance %s (%s)", r.Instance, w.kind)})
		}
		if len(in.witnesses) < figure.MostWitnesses {
			in.witnesses = append(in.witnesses, figure.Witness{At: r.Sent, Until: r.Done, Text: fmt.Sprintf("%s is answered, and says \"redis\"", cmp.Or(r.Stream+" "+r.Key, r.Stream))})
		}
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
