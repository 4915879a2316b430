package witness

import (
	"cmp"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/source"
)

// afterwards is how long after its answer a request may still write what it has loaded.
const afterwards = 100 * time.Millisecond

// patience is how long every service waits for Redis.
const patience = 20 * time.Millisecond

// A lane is all that was done with one key on one instance.
type lane struct {
	in    *instance
	said  []said
	calls []*call
}

// A cluster is a stretch of a lane in which requests overlap.
type cluster struct {
	*lane
	calls []*call
	reads []said // while they were under way
}

// match proves sources, lane by lane.
func (w *Witness) match() {
	var all []cluster
	for _, in := range w.instances {
		if in.blind != "" || !in.watched {
			continue
		}
		for _, l := range w.lanes(in) {
			all = append(all, l.clusters()...)
		}
	}
	for _, c := range all {
		if of := c.calls[0].of; len(c.calls) == 1 && len(c.reads) > 1 {
			of.once = false
		}
	}
	for _, c := range all {
		c.load()
	}
	for _, p := range w.paths {
		slices.Sort(p.loads)
	}
	for _, c := range all {
		c.prove()
	}
	for _, c := range all {
		w.time(c)
	}
}

// lanes are those of an instance whose keys are tied to requests.
func (w *Witness) lanes(in *instance) map[string]*lane {
	lanes := map[string]*lane{}
	for _, at := range in.calls {
		c := &w.calls[at]
		if c.of == nil || c.of.form == "" {
			continue
		}
		key := c.of.form.key(c.key)
		if lanes[key] == nil {
			lanes[key] = &lane{in: in}
		}
		lanes[key].calls = append(lanes[key].calls, c)
	}
	for _, s := range in.said {
		if l := lanes[s.key]; l != nil {
			l.said = append(l.said, s)
		}
	}
	return lanes
}

// clusters are the stretches of a lane.
func (l *lane) clusters() (out []cluster) {
	from, busy := 0, time.Duration(0)
	end := func(to int) {
		if to > from {
			c := cluster{lane: l, calls: l.calls[from:to]}
			for _, s := range l.within(c.calls[0].sent, busy) {
				if s.reads {
					c.reads = append(c.reads, s)
				}
			}
			out = append(out, c)
		}
		from = to
	}
	for i, c := range l.calls {
		if c.sent > busy {
			end(i)
		}
		busy = max(busy, c.done)
	}
	end(len(l.calls))
	return out
}

// within are the commands that were sent in a time.
func (l *lane) within(from, to time.Duration) []said {
	i, _ := slices.BinarySearchFunc(l.said, from, func(s said, t time.Duration) int { return cmp.Compare(s.sent, t) })
	j := i
	for j < len(l.said) && l.said[j].sent <= to {
		j++
	}
	return l.said[i:j]
}

// wrote is when the key was first written in a time.
func (l *lane) wrote(from, to time.Duration) (at time.Duration, did bool) {
	for _, s := range l.within(from, to) {
		if s.writes && s.class != failed {
			return s.sent, true
		}
	}
	return 0, false
}

// prove proves where the answers of a cluster came from. One that was alone read its key itself. Of several, each read it
// once if there were as many reads as requests, and nobody was ever seen to read twice.
func (c cluster) prove() {
	if len(c.calls) > 1 && (len(c.reads) != len(c.calls) || !c.calls[0].of.once) {
		return
	}
	for i, r := range c.assign() {
		q := c.calls[i]
		if r == nil || !q.right || q.done == never || c.in.hurt(q.sent, q.done) {
			continue
		}
		switch at, did := c.wrote(r.answered, q.done+afterwards); {
		case r.class == none && did && q.done-r.answered >= max(at-q.done, min(q.of.usual()/2, leastLoad)): // else it may have loaded behind an answer from memory
			q.shown = source.Database
		case r.class == found && r.answered <= q.done && q.waitedFor(r):
			if _, wrote := c.wrote(r.answered, q.done+leastLoad); !wrote { // it may have taken what it found for too old
				q.shown = source.Redis
			}
		}
	}
}

// waitedFor reports whether the request can only have answered with what r found. One that waited too long for the reply may
// have given it up, and loaded; so may one that took as long as a load after it.
func (q *call) waitedFor(r *said) bool {
	usual := q.of.usual()
	return r.answered-r.sent <= patience && (usual == 0 || q.done-r.answered < max(leastLoad, usual/2))
}

// load keeps how long a load of the cluster took at most, where all of its requests read.
func (c cluster) load() {
	until := c.calls[len(c.calls)-1].done
	if until == never || len(c.reads) != len(c.calls) || c.in.hurt(c.calls[0].sent, until) {
		return
	}
	for _, r := range c.reads { // the first that found nothing, and what was written then
		if r.class != none {
			continue
		}
		if at, did := c.wrote(r.answered, until+afterwards); did {
			c.calls[0].of.loads = append(c.calls[0].of.loads, at-r.answered)
		}
		return
	}
}

// assign gives each request the read that it made; nil: it is not known which. Where all that it may be have become the
// same, each of them will do.
func (c cluster) assign() []*said {
	out := make([]*said, len(c.calls))
	if len(c.calls) == 1 {
		for i := range c.reads {
			if out[0] = &c.reads[i]; c.reads[i].class != c.reads[0].class {
				return []*said{nil}
			}
		}
		return out
	}
	may := make([][]int, len(c.calls)) // the reads of each
	taken := make([]bool, len(c.reads))
	fits := func(i, k int) bool { return c.reads[k].sent >= c.calls[i].sent && c.reads[k].sent <= c.calls[i].done }
	for again := true; again; {
		again = false
		for i := range c.calls {
			if out[i] != nil {
				continue
			}
			may[i] = may[i][:0]
			for k := range c.reads {
				if !taken[k] && fits(i, k) {
					may[i] = append(may[i], k)
				}
			}
			if len(may[i]) == 1 {
				out[i], taken[may[i][0]], again = &c.reads[may[i][0]], true, true
			}
		}
		for k := range c.reads {
			only := -1
			for i := range c.calls {
				if out[i] == nil && !taken[k] && fits(i, k) {
					if only >= 0 {
						only = -2
						break
					}
					only = i
				}
			}
			if only >= 0 {
				out[only], taken[k], again = &c.reads[k], true, true
			}
		}
	}
	for i := range out {
		if out[i] != nil || len(may[i]) == 0 {
			continue
		}
		same := !slices.ContainsFunc(may[i], func(k int) bool { return c.reads[k].class != c.reads[may[i][0]].class })
		if same {
			out[i] = &c.reads[may[i][len(may[i])-1]]
		}
	}
	return out
}
