package limit_test

import (
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/limit"
)

// A drawn is a history of a limiter that the test has made, with what only the
// limiter knows: when it decided, and what became of requests without an answer.
type drawn struct {
	ds []limit.Decision
	at []int64 // never: it did not decide
}

// A plan is how to draw one.
type plan struct {
	kind      limit.Kind
	clients   int
	requests  int           // of each client
	gap       int64         // between the requests of one client, up to this
	flight    int64         // how long each is under way, up to this: 0 tells when it was decided
	instances int           // that count apart; 1 is right
	leak      int           // one in so many is admitted beyond the limit; 0: none
	deny      int           // one in so many is refused below it; 0: none
	lose      int           // one in so many answers is lost; 0: none
	window    time.Duration // of the limiter; as the reading says if it is right
}

// draw has a limiter of the reading decide, and makes the planned errors.
func (p plan) draw(rnd *rand.Rand, r limit.Reading) (out drawn) {
	own := r
	own.Window = p.window
	for c := range p.clients {
		in := make([][]event, p.instances)
		now := int64(1000)
		for range p.requests {
			now += 1 + rnd.Int63n(p.gap)
			before, after := int64(0), int64(0)
			if p.flight > 0 {
				before, after = rnd.Int63n(p.flight), rnd.Int63n(p.flight)
			}
			i := rnd.Intn(p.instances)
			d := limit.Decision{Client: fmt.Sprint("c", c), Instance: fmt.Sprint(i), Sent: time.Duration(now - before), Done: time.Duration(now + after), Answer: limit.Allowed}
			at := now
			// One more at this instant is over the limit if the walk says so of the last.
			full := walkKept(append(in[i][:len(in[i]):len(in[i])], event{now, true}), own) > walkKept(in[i], own)
			switch {
			case full && (p.leak == 0 || rnd.Intn(p.leak) > 0), !full && p.deny > 0 && rnd.Intn(p.deny) == 0:
				d.Answer = limit.Refused
			default:
				in[i] = append(in[i], event{now, true})
			}
			if p.lose > 0 && rnd.Intn(p.lose) == 0 {
				if d.Answer == limit.Refused {
					at = never
				}
				d.Answer, d.Done = limit.Unanswered, 0
			}
			out.ds, out.at = append(out.ds, d), append(out.at, at)
		}
	}
	return out
}

// errors are the true ones, by the instants of decision.
func (h drawn) errors(r limit.Reading) (over, falsely int) {
	of := map[string][]int{}
	for i, d := range h.ds {
		of[d.Client] = append(of[d.Client], i)
	}
	for _, ids := range of {
		var in []event
		for _, i := range ids {
			if d := h.ds[i]; d.Answer == limit.Allowed || d.Answer == limit.Unanswered && h.at[i] != never {
				in = append(in, event{h.at[i], d.Answer == limit.Allowed})
			}
		}
		over += walkKept(in, r)
		for _, i := range ids {
			if h.ds[i].Answer == limit.Refused && !refusable(in, h.at[i], r) {
				falsely++
			}
		}
	}
	return over, falsely
}

// The reported errors are never more than the limiter has made. Where it is
// known when each request was decided they are as many.
func TestProvableErrorsAgainstTrueOnes(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	for _, kind := range everyKind {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewSource(7))
			for _, p := range []plan{
				{}, {leak: 5}, {deny: 9}, {leak: 6, deny: 8}, {instances: 3}, {lose: 9}, {lose: 5, leak: 4, deny: 7}, {window: 700}, {window: 1600},
				{flight: 3}, {flight: 3, leak: 5}, {flight: 60}, {flight: 60, leak: 5}, {flight: 60, deny: 9}, {flight: 60, leak: 6, deny: 8},
				{flight: 60, instances: 3}, {flight: 60, lose: 9}, {flight: 60, lose: 5, leak: 4, deny: 7}, {flight: 60, window: 700}, {flight: 60, window: 1600},
				{flight: 900, leak: 5, deny: 9}, {gap: 400}, {gap: 400, flight: 300, leak: 2, deny: 9},
			} {
				for range rounds {
					p.kind, p.clients, p.requests = kind, 2, 150
					p.instances = max(1, p.instances)
					if p.gap == 0 {
						p.gap = 60
					}
					r := limit.Reading{Kind: kind, Limit: 1 + rnd.Intn(12), Epoch: time.Duration(rnd.Intn(1000)), Burst: 1 + rnd.Intn(6)}
					r.Window = time.Duration(80 * r.Limit)
					if scale := p.window; scale == 0 || scale == r.Window {
						p.window = r.Window
					} else if scale < 2000 {
						p.window = r.Window * scale / 1000 / time.Duration(r.Limit) * time.Duration(r.Limit)
					}
					h := p.draw(rnd, r)
					over, falsely := h.errors(r)
					rep := judged(t, h.ds, r, limit.Context{})
					got, want := [2]int{rep.Kept.Errors, rep.Granted.Errors}, [2]int{over, falsely}
					if got[0] > want[0] || got[1] > want[1] || p.flight == 0 && p.lose == 0 && got != want {
						t.Errorf("%v, %+v: %v errors are reported, %v are true", r, p, got, want)
					}
					p.window = 0
				}
			}
		})
	}
}

// With one window, or silences between the windows, the over-admissions are
// known whatever the order of what came at once.
func TestSeparateBurstsAreExact(t *testing.T) {
	rnd := rand.New(rand.NewSource(3))
	for _, kind := range []limit.Kind{limit.FixedFromFirst, limit.FixedClock, limit.SlidingLog, limit.SlidingCounter} {
		for range 200 {
			r := limit.Reading{Kind: kind, Limit: 1 + rnd.Intn(20), Window: 1000}
			var ds []limit.Decision
			over := 0
			for burst := range 3 {
				allowed := 0
				for range 2 * r.Limit {
					sent := time.Duration(3000*burst + rnd.Intn(200))
					d := limit.Decision{Client: "a", Sent: sent, Done: sent + time.Duration(1+rnd.Intn(200)), Answer: limit.Answer(1 + rnd.Intn(2))}
					if d.Answer == limit.Allowed {
						allowed++
					}
					ds = append(ds, d)
				}
				over += max(0, allowed-r.Limit)
			}
			if rep := judged(t, ds, r, limit.Context{}); rep.Kept.Errors != over {
				t.Errorf("%v: %d over-admissions, want %d", r, rep.Kept.Errors, over)
			}
		}
	}
}
