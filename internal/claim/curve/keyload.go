package curve

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/guard"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// A Round is what a curve saw in one round. Opaque to callers; the zero Round counts
// for nothing.
type Round struct {
	keys    map[string]*keyload
	span    time.Duration // of the phases in which the stream ran
	counted bool          // the service counts its queries
	why     string        // it does not count, and this is why
}

// A keyload is one key of one round.
type keyload struct {
	requests, hits int // that were answered and say their source
	queries        float64
	loads          int           // that an answer shows the begin of
	wait           time.Duration // response times, all together
	hitWait        time.Duration // of the hits
	loadWait       time.Duration // of the answers that began a load
}

// A miss is an answer from the database.
type miss struct{ intended, sent, done time.Duration }

func (m miss) times() (sent, done time.Duration) { return m.sent, m.done }

// Observe measures one arm's part of one round. It walks the events and then the
// requests once, and keeps 48 bytes for each answer from the database.
func (c *Spec) Observe(h history.History) (r Round) {
	everything := expr.Selector{Text: probe.QueriesTotal, Stream: "all", Filters: c.sel.Filters}
	p := &keyloads{
		PerSecond: probe.NewPerSecond(c.sel, func(*history.Request, bool) bool { return true }),
		metric:    probe.NewIncrease(everything, probe.QueriesTotal, nil),
		paths:     c.paths, keys: map[string]*keyload{}, own: map[string][]miss{}, all: map[string][]miss{},
	}
	var g guard.Guard
	w := probe.NewWalk(nil, &g)
	seen := w.Watch("the curve "+c.Text.ID, func() probe.Probe { return p })
	unread := w.Through(h)
	seen.Safely(func() { r = p.round() })
	switch aside := g.Complaints(c.rules); {
	case unread != "":
		return Round{why: unread}
	case seen.Broken() != nil:
		return Round{why: seen.Broken().Why}
	case len(aside) > 0:
		return Round{why: aside[0].Text}
	}
	return r
}

// keyloads is the probe of a curve.
type keyloads struct {
	*probe.PerSecond // of the curve's stream: its selector, and the spans of its phases
	metric           *probe.Increase
	paths            map[string]string
	keys             map[string]*keyload
	own              map[string][]miss // of the curve's stream, by key
	all              map[string][]miss // of every stream, by path and key
	changes          int               // that were sent: each is a query
}

func (p *keyloads) Event(e *history.Event) {
	p.PerSecond.Event(e)
	p.metric.Event(e)
}

func (p *keyloads) Request(r *history.Request) {
	p.metric.Request(r)
	if r.Sent == 0 || !probe.Asks(&p.metric.Sel, r) {
		return
	}
	if r.Method != "" && r.Method != "GET" {
		p.changes++
		return
	}
	own := probe.Asks(&p.Sel, r)
	p.PerSecond.Request(r)
	hit := source.Is(r.Source, source.Cache)
	if !r.OK() || !hit && r.Source != "database" {
		return
	}
	if !hit {
		m := miss{r.Intended, r.Sent, r.Done}
		path, _, _ := strings.Cut(cmp.Or(p.paths[r.Stream], r.Stream), "?")
		p.all[path+" "+r.Key] = append(p.all[path+" "+r.Key], m)
		if own {
			p.own[r.Key] = append(p.own[r.Key], m)
		}
	}
	if !own {
		return
	}
	k := p.keys[r.Key]
	if k == nil {
		k = &keyload{}
		p.keys[r.Key] = k
	}
	k.requests++
	k.wait += r.Response()
	if hit {
		k.hits++
		k.hitWait += r.Response()
	}
}

// round divides the queries that the service counted among the keys.
//
// A key's queries lie between the fewest loads that explain its answers, where those
// that overlap share one, and one for each answer from the database. The counter of
// the service tells where between: excess is 0 where it loads once, 1 where it loads
// for each miss. It is the same for all keys. Without a counter it is 1.
func (p *keyloads) round() Round {
	if a := p.Missing(); a != nil {
		return Round{why: a.Why}
	}
	span, none := p.Span()
	switch {
	case none != nil:
		return Round{why: none.Why}
	case p.Answered > 0 && p.Said == 0:
		return Round{why: "the service does not say where its answers come from"}
	case len(p.keys) == 0:
		return Round{why: "no answer of " + p.Sel.Text + " came from a cache or the database"}
	}
	r := Round{keys: p.keys, span: span}
	answers, fewest := 0.0, 0.0
	for _, ms := range p.all {
		answers += float64(len(ms))
		fewest += float64(len(probe.Bursts(ms, miss.times)))
	}
	excess := 1.0
	if v := p.metric.Value(); v.None == nil {
		r.counted = true
		if excess = 0; answers > fewest {
			excess = min(1, max(0, (v.X-float64(p.changes)-fewest)/(answers-fewest)))
		}
	}
	for key, ms := range p.own {
		k := p.keys[key]
		for _, burst := range probe.Bursts(ms, miss.times) {
			first := slices.MinFunc(burst, func(a, b miss) int { return cmp.Compare(a.sent, b.sent) })
			k.loads++
			k.loadWait += first.done - first.intended
		}
		k.queries = float64(k.loads) + excess*float64(len(ms)-k.loads)
	}
	return r
}
