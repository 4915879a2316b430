package limit

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/limit/prove"
)

// A Context is what the caller knows besides the decisions. All of it is
// optional, and none changes what counts as an error but Forged.
type Context struct {
	Faults  []Span            // when the limiter was without its store, until it used that again
	Emptied []time.Duration   // when the store lost all that it held: it was restarted, or flushed
	Behind  map[string]string // clients that come through a proxy: to the proxy
	Forged  map[string]string // identities that a client made up: to the client that really asked
	Grain   time.Duration     // how coarse reported times are; zero: a second, as Retry-After is

	// Limit is the service's own, where the reading's is a bound beside it: above it for those who got in, below
	// it for those who were refused. Causes are looked for on that side alone. Zero: the reading's.
	Limit     int
	Instances int // of the service, also those that made none of these decisions; zero: those that did

	Beside map[string]bool // clients that are not judged: those without errors may speak against a cause
}

// Judge proves what can be proved of decisions against a reading. It errs only
// where the reading is none or a time makes no sense.
func Judge(ds []Decision, r Reading, c Context) (Report, error) {
	rep := Report{Reading: r}
	if err := r.Check(); err != nil {
		return rep, err
	}
	for i := range ds {
		d := &ds[i]
		if d.Answer > Refused {
			return rep, fmt.Errorf("decision %d has an answer that is none", i)
		}
		if d.Sent < -prove.Far || d.Sent > prove.Far || d.Answer != Unanswered && (d.Done < d.Sent || d.Done > prove.Far) {
			return rep, fmt.Errorf("decision %d was sent at %s and done at %s", i, d.Sent, d.Done)
		}
	}
	if c.Grain == 0 {
		c.Grain = time.Second
	}
	j := judge{book: newBook(ds, r, c.Forged), context: c, rep: &rep, amidst: map[string]bool{}, headers: newHonesty(ds, r, c)}
	for _, o := range others(r) {
		rep.Others = append(rep.Others, Other{Reading: o})
	}
	j.each(nil, supposition{reading: r}, j.client)
	j.conclude()
	return rep, nil
}

// others are the readings that the same promise might have had.
func others(r Reading) (rs []Reading) {
	for k := FixedFromFirst; k <= GCRA; k++ {
		o := r
		if o.Kind = k; k == r.Kind {
			continue
		}
		if k == GCRA {
			o.Burst = r.Limit
		}
		rs = append(rs, o)
	}
	return rs
}

// own is the limit that the service has.
func (j *judge) own() int {
	if j.context.Limit > 0 {
		return j.context.Limit
	}
	return j.reading.Limit
}

// bound reports whether the reading's limit is a bound beside that.
func (j *judge) bound() bool { return j.own() != j.reading.Limit }

// many is how many instances there are.
func (j *judge) many() int64 { return int64(max(len(j.instances), j.context.Instances)) }

type judge struct {
	*book
	context Context
	rep     *Report
	headers *honesty
	levels  [32]InFlight    // by the power of two
	starved int64           // of the worst stretch
	amidst  map[string]bool // clients beside those that are judged, with errors of their own
}

// client judges the decisions of one client.
func (j *judge) client(ids []int32, t *prove.Track, r Reading) {
	rep := j.rep
	f := t.Find(r)
	if name := j.clients[j.book.client[ids[0]]]; j.context.Beside[name] {
		if f.Errors != (prove.Errors{}) {
			j.amidst[name] = true
		}
		return
	}
	rep.Requests += len(ids)
	c := Client{
		Name: j.clients[j.book.client[ids[0]]], Requests: len(ids), Allowed: t.Allowed.Len(), Refused: t.Refused.Len(),
		Unanswered: t.Open.Len(), Over: f.Over, Falsely: f.Falsely, Windows: f.Broken, InFlight: t.InFlight(int64(r.Slack)),
	}
	rep.Allowed, rep.Refused, rep.Unanswered = rep.Allowed+c.Allowed, rep.Refused+c.Refused, rep.Unanswered+c.Unanswered
	rep.Kept.add(f.Over, f.Tested, f.Tested > 0 || f.Over > 0)
	rep.Granted.add(f.Falsely, f.Renewed, c.Allowed+c.Refused > 0)
	if f.Errors != (prove.Errors{}) {
		rep.Clients = append(rep.Clients, c)
	}
	for _, w := range f.Windows {
		rep.Windows = append(rep.Windows, Window{c.Name, w})
	}
	if len(rep.Windows) > 4*plenty {
		rep.Windows = worst(rep.Windows)
	}
	level := &j.levels[bits.Len(uint(max(0, c.InFlight-1)))]
	level.Clients, level.Over, level.Falsely = level.Clients+1, level.Over+f.Over, level.Falsely+f.Falsely
	if f.Tested > 0 {
		level.Tested++
	}
	if from, n := t.Trailing(int64(r.Window)); n > rep.Trailing.Admitted {
		rep.Trailing = Trailing{c.Name, time.Duration(from), time.Duration(from) + r.Window, n}
	}
	if s, starved := t.Stretch(r); starved > j.starved {
		rep.Stretch, j.starved = Stretch{c.Name, s}, starved
	}
	j.headers.look(ids, t)
	for i := range rep.Others {
		o := &rep.Others[i]
		f := t.Find(o.Reading)
		o.Over, o.Falsely = o.Over+f.Over, o.Falsely+f.Falsely
	}
}

func (s *Side) add(errors, windows int, tested bool) {
	s.Errors += errors
	s.TestedWindows += windows
	if errors > 0 {
		s.Clients++
	}
	if tested {
		s.TestedClients++
	}
}

// conclude draws the report together once all clients are judged.
func (j *judge) conclude() {
	rep := j.rep
	slices.SortStableFunc(rep.Clients, func(a, b Client) int {
		return cmp.Or(cmp.Compare(b.Over+b.Falsely, a.Over+a.Falsely), cmp.Compare(a.Name, b.Name))
	})
	rep.Windows = worst(rep.Windows)
	rep.Windows = rep.Windows[:min(10, len(rep.Windows))]
	for i, l := range j.levels {
		if l.Clients > 0 {
			l.Least, l.Most = 1<<max(0, i-1)+min(1, i), 1<<i
			rep.InFlight = append(rep.InFlight, l)
		}
	}
	rep.Kept.conclude()
	rep.Granted.conclude()
	answered := rep.Allowed+rep.Refused > 0
	switch {
	case rep.Kept.Verdict != Untested:
	case !answered:
		rep.Kept.Why = NoAnswers
	case rep.Refused == 0:
		rep.Kept.Why = NobodyRefused
	default:
		rep.Kept.Why = NeverReached
	}
	if rep.Granted.Verdict == Untested {
		rep.Granted.Why = NoAnswers
	}
	rep.Headers = j.headers.found()
	j.diagnose()
}

func (s *Side) conclude() {
	switch {
	case s.Errors > 0:
		s.Verdict = Broken
	case s.TestedClients > 0:
		s.Verdict = Holds
	}
}

// plenty is how many windows are looked at again for the worst.
const plenty = 100

func worst(ws []Window) []Window {
	slices.SortStableFunc(ws, func(a, b Window) int {
		return cmp.Or(cmp.Compare(b.Over+b.Falsely, a.Over+a.Falsely), cmp.Compare(a.From, b.From))
	})
	return ws[:min(plenty, len(ws))]
}
