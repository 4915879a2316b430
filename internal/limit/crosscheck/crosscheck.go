// Package crosscheck asks Porcupine for a second opinion on the counters that a
// rate limiter reports.
//
// In go the decisions that limit.Judge gets; out comes whether one counter, each
// step of it atomic and beginning at zero, can have given the answers of each
// window. It decides nothing: where the two disagree one of them has a defect.
// It takes no longer than it is allowed to, and leaves undecided what takes more.
package crosscheck

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/trektribe/bench/internal/limit"
)

// A Result is what Porcupine says of the reported counters, window by window:
// whether one counter, each step of it atomic, can have given these answers. It
// is a second opinion, by another method. It never overrules limit.Judge.
type Result struct {
	Windows   int // that answers with a remaining count name
	Legal     int
	Refuted   int
	Undecided int // too long, out of time, or Porcupine did not know
	Disagree  int // refuted by one method and legal by the other: a defect of one of them
	Client    string
	Requests  []int // of the shortest refuted window: decisions, by the time they were sent
	picture   func(io.Writer) error
}

// Picture writes Porcupine's picture of the refuted window: a page of its own.
// It reports false where nothing was refuted by Porcupine.
func (c Result) Picture(w io.Writer) (bool, error) {
	if c.picture == nil {
		return false, nil
	}
	return true, c.picture(w)
}

// longest is how many requests Porcupine is given at once. A window of 10,000
// with a reported counter takes it some 60 ms, where no counter is reported it
// may take for ever.
const longest = 2000

// Counters asks Porcupine, for as long as within allows in all. Windows are
// told apart by their reported reset; a client without one is taken only if all
// that it did lies in one window's length. Header counts of other readings than
// those of windows are no such counter: for them there is nothing to check.
func Counters(ds []limit.Decision, r limit.Reading, within time.Duration) Result {
	var c Result
	if r.Check() != nil || !r.Counts() {
		return c
	}
	share := within / 10
	for _, w := range reported(ds, r) {
		c.Windows++
		linear, sure := w.linear(r.Limit)
		if len(w.ids) > longest || within <= 0 {
			c.Undecided++
			continue
		}
		model, ops := w.model(r.Limit), w.operations(ds)
		began := time.Now()
		result, info := porcupine.CheckOperationsVerbose(model, ops, min(share, within))
		within -= time.Since(began)
		switch result {
		case porcupine.Ok:
			c.Legal++
			if sure && !linear {
				c.Disagree++
			}
		case porcupine.Illegal:
			c.Refuted++
			if sure && linear {
				c.Disagree++
			}
			if c.picture == nil || len(w.ids) < len(c.Requests) {
				c.Client, c.Requests = ds[w.ids[0]].Client, w.ids
				c.picture = func(out io.Writer) error { return porcupine.Visualize(model, info, out) }
			}
		default:
			c.Undecided++
		}
	}
	return c
}

// A counted is a window as its answers report it.
type counted struct {
	ds  []limit.Decision
	ids []int
}

// reported tells windows apart.
func reported(ds []limit.Decision, r limit.Reading) (ws []counted) {
	of := map[string][]int{}
	var clients []string
	for i := range ds {
		if _, known := of[ds[i].Client]; !known {
			clients = append(clients, ds[i].Client)
		}
		of[ds[i].Client] = append(of[ds[i].Client], i)
	}
	end := func(i int) time.Duration {
		if d := &ds[i]; d.Header.Has&limit.ResetIsWait != 0 {
			return d.Sent/2 + d.Done/2 + d.Header.Reset
		}
		return ds[i].Header.Reset
	}
	for _, client := range clients {
		ids := of[client]
		slices.SortStableFunc(ids, func(a, b int) int { return cmp.Compare(ds[a].Sent, ds[b].Sent) })
		whole, told, open := true, false, false
		last := ds[ids[0]].Sent
		for _, i := range ids {
			h := &ds[i].Header
			open = open || ds[i].Answer == limit.Unanswered
			told = told || h.Has&limit.HasRemaining != 0
			whole = whole && (h.Has&limit.HasReset != 0 || ds[i].Answer == limit.Unanswered)
			last = max(last, ds[i].Sent, ds[i].Done)
		}
		switch {
		case !told:
		case last-ds[ids[0]].Sent < r.Window:
			ws = append(ws, counted{ds, ids})
		case whole && !open: // one without an answer might belong to any window
			slices.SortStableFunc(ids, func(a, b int) int { return cmp.Compare(end(a), end(b)) })
			for len(ids) > 0 {
				n := 1
				for n < len(ids) && end(ids[n])-end(ids[0]) < r.Window/2 {
					n++
				}
				w := slices.Clone(ids[:n])
				slices.SortStableFunc(w, func(a, b int) int { return cmp.Compare(ds[a].Sent, ds[b].Sent) })
				ws, ids = append(ws, counted{ds, w}), ids[n:]
			}
		}
	}
	return ws
}

// linear decides the same without a search, where every answer reports what
// remains: the counts say in which order the allowed were decided. It is sure
// only there.
func (w counted) linear(most int) (legal, sure bool) {
	var allowed []int
	least := time.Duration(1<<63 - 1) // the first end of a refusal
	for _, i := range w.ids {
		d := &w.ds[i]
		switch {
		case d.Answer == limit.Unanswered || d.Answer == limit.Allowed && d.Header.Has&limit.HasRemaining == 0:
			return false, false
		case d.Answer == limit.Refused:
			least = min(least, d.Done)
		default:
			allowed = append(allowed, i)
		}
	}
	slices.SortFunc(allowed, func(a, b int) int { return cmp.Compare(w.ds[b].Header.Remaining, w.ds[a].Header.Remaining) })
	latest := time.Duration(-1 << 63) // sending so far
	for n, i := range allowed {
		d := &w.ds[i]
		if latest = max(latest, d.Sent); d.Header.Remaining != most-n-1 || d.Done < latest {
			return false, true
		}
	}
	return least == 1<<63-1 || len(allowed) == most && least >= latest, true
}

// model is a counter: an allowed request finds room, takes it, and is told how
// much remains; a refused one finds none; one without an answer may do either,
// or nothing.
func (w counted) model(most int) porcupine.Model {
	m := porcupine.NondeterministicModel{
		Init: func() []any { return []any{0} },
		Step: func(state, _, output any) []any {
			n, d := state.(int), output.(*limit.Decision)
			switch {
			case d.Answer == limit.Unanswered && n < most:
				return []any{n, n + 1}
			case d.Answer != limit.Allowed && (n >= most || d.Answer == limit.Unanswered):
				return []any{n}
			case d.Answer == limit.Allowed && n < most && (d.Header.Has&limit.HasRemaining == 0 || d.Header.Remaining == most-n-1):
				return []any{n + 1}
			}
			return nil
		},
		DescribeOperation: func(_, output any) string {
			d := output.(*limit.Decision)
			text := [...]string{"no answer", "allowed", "refused"}[d.Answer]
			if d.Header.Has&limit.HasRemaining != 0 {
				text += fmt.Sprintf(", %d remain", d.Header.Remaining)
			}
			return text
		},
	}
	return m.ToModel()
}

func (w counted) operations(ds []limit.Decision) (ops []porcupine.Operation) {
	var lanes []time.Duration // when each is free again, for the picture
	for _, i := range w.ids {
		d := &ds[i]
		done := d.Done
		if d.Answer == limit.Unanswered {
			done = 1<<63 - 1
		}
		lane := slices.IndexFunc(lanes, func(free time.Duration) bool { return free < d.Sent })
		if lane < 0 {
			lane = len(lanes)
			lanes = append(lanes, 0)
		}
		lanes[lane] = done
		ops = append(ops, porcupine.Operation{ClientId: lane, Call: int64(d.Sent), Output: d, Return: int64(done)})
	}
	return ops
}
