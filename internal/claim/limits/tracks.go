package limits

import (
	"cmp"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/limit"
	"github.com/trektribe/bench/internal/limit/prove"
)

// A Track is the decisions on one client, in the order in which they were asked for.
type Track struct {
	Client        string
	Decisions     []limit.Decision
	Wrong         []bool // by decision: among the fewest that must be wrong, some of each kind
	Over, Falsely int
	Windows       []time.Duration // when windows began, if each decision was made when it was asked for; of readings that count in windows
}

// Tracks are the clients of a selection, by name.
func (l *Log) Tracks(sel expr.Selector, r limit.Reading) (out []Track) {
	r = l.onItsClock(r)
	at := map[string]int{}
	begun, c := l.begun(), &limit.Context{Behind: map[string]string{}, Forged: map[string]string{}}
	for _, id := range l.choose(sel) {
		d, who := l.named(id, begun, c)
		i, known := at[who]
		if !known {
			i = len(out)
			at[who] = i
			out = append(out, Track{Client: who})
		}
		out[i].Decisions = append(out[i].Decisions, d)
	}
	slices.SortFunc(out, func(a, b Track) int { return cmp.Compare(a.Client, b.Client) })
	for i := range out {
		out[i].prove(r)
	}
	return out
}

// prove marks what must be wrong.
func (t *Track) prove(r limit.Reading) {
	slices.SortStableFunc(t.Decisions, func(a, b limit.Decision) int { return cmp.Compare(a.Sent, b.Sent) })
	track := prove.Track{Steps: prove.Thorough}
	for i := range t.Decisions {
		d := &t.Decisions[i]
		s := prove.Span{Sent: int64(d.Sent - r.Slack), Done: int64(d.Done + r.Slack), ID: int32(i)}
		switch d.Answer {
		case limit.Allowed:
			track.Allowed.Add(s)
		case limit.Refused:
			track.Refused.Add(s)
		default:
			s.Done = prove.Far
			track.Open.Add(s)
		}
	}
	track.Sort()
	f := track.Find(r)
	t.Over, t.Falsely, t.Wrong = f.Over, f.Falsely, make([]bool, len(t.Decisions))
	for _, s := range append(f.Excess, f.Turned...) {
		t.Wrong[s.ID] = true
	}
	t.Windows = t.windows(r)
}

// windows are those of the reading where each decision was made when it was asked for.
func (t *Track) windows(r limit.Reading) (out []time.Duration) {
	for _, d := range t.Decisions {
		if d.Answer != limit.Allowed || len(out) > 0 && d.Sent < out[len(out)-1]+r.Window {
			continue
		}
		switch r.Kind {
		case limit.FixedFromFirst:
			out = append(out, d.Sent)
		case limit.FixedClock:
			out = append(out, r.Epoch+(d.Sent-r.Epoch).Truncate(r.Window))
		}
	}
	return out
}
