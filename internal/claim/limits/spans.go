package limits

import (
	"cmp"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/impact"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/limit"
)

// afterwards is how long a fault counts on after its end where it is not seen when
// Redis was used again.
const afterwards = time.Second

// An outage is one fault on Redis, or several at the same time, and how each instance used Redis from the
// beginning of the history until the next one.
type outage struct {
	limit.Span
	events []history.Event
	used   map[string]*impact.Usage // by instance
	next   time.Duration            // when the next outage begins; 0: never
}

// outagesOf sorts the faults of a history, in the order in which they began.
func outagesOf(faults []history.Event) (out []*outage) {
	byTime := slices.Clone(faults)
	slices.SortStableFunc(byTime, func(a, b history.Event) int { return cmp.Compare(a.At, b.At) })
	on := 0 // faults that have not ended
	for _, e := range byTime {
		if e.Kind == history.FaultOn {
			if n := len(out); on == 0 {
				if n > 0 {
					out[n-1].next = e.At
				}
				out = append(out, &outage{Span: limit.Span{From: e.At}, used: map[string]*impact.Usage{}})
			}
			on++
		} else if on == 0 {
			continue // it ended before it was seen to begin
		} else {
			on--
		}
		last := out[len(out)-1]
		last.events = append(last.events, e)
		last.To = max(last.To, e.At, e.Until)
	}
	return out
}

// during shows what an instance did at a time to the outages that it says something about.
func (l *Log) during(instance string, at time.Duration, show func(*impact.Usage)) {
	if l.outages == nil {
		l.outages = outagesOf(l.faults)
	}
	for _, o := range l.outages {
		if o.next > 0 && at >= o.next {
			continue
		}
		if o.used[instance] == nil {
			o.used[instance] = impact.NewUsage(source.Redis, instance, o.events)
		}
		show(o.used[instance])
	}
}

// recovered is how long after it the last instance used Redis again, as far as answers say so.
func (o *outage) recovered() (longest time.Duration) {
	if len(o.used) == 0 {
		return afterwards
	}
	for _, u := range o.used {
		e, none := u.TimeToRecover()
		if none != nil || e.Cut {
			return afterwards
		}
		longest = max(longest, time.Duration(e.X*float64(time.Second)))
	}
	return longest
}

// spans are the outages, each until every instance uses Redis again; those that overlap are one.
func (l *Log) spans() (merged []limit.Span) {
	for _, o := range l.outages {
		s := limit.Span{From: o.From, To: o.To + o.recovered()}
		if n := len(merged); n > 0 && s.From <= merged[n-1].To {
			merged[n-1].To = max(merged[n-1].To, s.To)
		} else {
			merged = append(merged, s)
		}
	}
	return merged
}
