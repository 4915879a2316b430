package picture

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/limits"
	"github.com/trektribe/bench/internal/claim/measure"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/limit"
)

const (
	// mostRows are the clients that a raster shows.
	mostRows = 12
	// mostDecisions of a round are held against a limit: more than a page can show.
	mostDecisions = 50_000
)

// A limited is a limit that claims hold decisions against.
type limited struct {
	reading    limit.Reading
	claims     []string
	selections []expr.Selector
}

// limitsOf are the limits of the claims, in the order in which they name them.
func limitsOf(scope expr.Scope, claims []Claim) (out []limited) {
	for _, c := range claims {
		f, errs := expr.Parse(expr.Field{Name: "holds"}, c.Holds, scope, measure.Signatures())
		if len(errs) > 0 {
			continue
		}
		for _, call := range f.Calls {
			if call.Name != "over_admissions" && call.Name != "false_rejections" && call.Name != "lying_headers" {
				continue
			}
			r, err := limit.Parse(call.Args[3].Name, call.Args[1].Number, call.Args[2].Span)
			if err != nil {
				continue
			}
			i := slices.IndexFunc(out, func(l limited) bool { return l.reading == r })
			if i < 0 {
				i = len(out)
				out = append(out, limited{reading: r})
			}
			l := &out[i]
			if !slices.Contains(l.claims, c.ID) {
				l.claims = append(l.claims, c.ID)
			}
			if s := call.Args[0].Selector; !slices.ContainsFunc(l.selections, func(o expr.Selector) bool { return o.Stream == s.Stream }) {
				l.selections = append(l.selections, s)
			}
		}
	}
	return out
}

// decisions are those of one round, where the scenario claims a limit.
type decisions struct {
	log    *limits.Log // nil: it claims none
	limits []limited
	seen   int
}

func newDecisions(c *Canvas) *decisions {
	d := &decisions{limits: c.limits}
	if len(c.limits) > 0 {
		d.log = limits.NewLog(c.scope.Paths, c.scope.Forged, 0)
	}
	return d
}

func (d *decisions) event(e *history.Event) {
	if d.log != nil {
		d.log.Event(e)
	}
}

func (d *decisions) request(r *history.Request) {
	if d.log == nil {
		return
	}
	if d.seen++; d.seen <= mostDecisions {
		d.log.Request(r)
	}
}

// rasters are one for each limit; nil where nobody asked.
func (d *decisions) rasters(a *axis) (out []*Raster) {
	for _, l := range d.limits {
		r := &Raster{Claims: l.claims, Reading: l.reading.String(), Limit: l.reading.Limit, Window: l.reading.Window.Seconds(), Cut: d.seen > mostDecisions}
		seen := map[string]bool{}
		var tracks []limits.Track
		for _, s := range l.selections {
			for _, t := range d.log.Tracks(s, l.reading) {
				if !seen[t.Client] {
					seen[t.Client] = true
					tracks = append(tracks, t)
				}
			}
		}
		slices.SortStableFunc(tracks, func(a, b limits.Track) int { return cmp.Compare(b.Over+b.Falsely, a.Over+a.Falsely) })
		r.Clients = len(tracks)
		for i, t := range tracks {
			if r.Errors += t.Over + t.Falsely; i < mostRows {
				r.Rows = append(r.Rows, rowOf(t, a))
			}
		}
		if len(tracks) == 0 {
			r = nil
		}
		out = append(out, r)
	}
	return out
}

// rowOf draws a client: decisions that would stand on one another are one mark.
func rowOf(t limits.Track, a *axis) Row {
	row := Row{Client: t.Client, Over: t.Over, Falsely: t.Falsely}
	step := stepOf(a.phases[len(a.phases)-1].To) / 2
	at := map[Mark]int{} // without its number: its place
	for i, d := range t.Decisions {
		x := math.Floor(a.at(middle(d))/step) * step
		m := Mark{At: short(x), Answer: [...]string{"unanswered", "allowed", "refused"}[d.Answer], Wrong: t.Wrong[i]}
		n, ok := at[m]
		if !ok {
			n = len(row.Marks)
			at[m] = n
			row.Marks = append(row.Marks, m)
		}
		row.Marks[n].N++
	}
	for _, w := range t.Windows {
		row.Windows = append(row.Windows, short(a.at(w)))
	}
	return row
}

// middle is about when the limiter decided.
func middle(d limit.Decision) time.Duration {
	if d.Answer == limit.Unanswered {
		return d.Sent
	}
	return d.Sent + (d.Done-d.Sent)/2
}
