package picture_test

import (
	"encoding/json"
	"iter"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/picture"
	"github.com/trektribe/bench/internal/history"
)

const ms = time.Millisecond

func scope() expr.Scope {
	return expr.Scope{Streams: []string{"trip"}, Phases: []string{"steady", "fault"}, Faults: []string{"refused"},
		Paths: map[string]string{"trip": "/api/trips/{id}"}, Env: map[string]string{}}
}

func canvas(claims ...picture.Claim) *picture.Canvas {
	return picture.New(scope(), []picture.Planned{{Name: "steady", For: time.Second}, {Name: "fault", For: time.Second}}, claims)
}

// spans are phases of one second each; the first really took 1.5 s.
func spans() []history.Event {
	return []history.Event{
		{Kind: history.PhaseSpan, Name: "steady", At: 10 * time.Second, Until: 11500 * ms},
		{Kind: history.FaultOn, Name: "refused", On: "redis", Instance: "1", At: 11500 * ms, Until: 11510 * ms},
		{Kind: history.FaultOff, Name: "refused", On: "redis", Instance: "1", At: 12 * time.Second, Until: 12 * time.Second},
		{Kind: history.PhaseSpan, Name: "fault", At: 11500 * ms, Until: 12500 * ms},
	}
}

func request(phase string, at, took time.Duration, source string) history.Request {
	return history.Request{Stream: "trip", Phase: phase, Instance: "1", Method: "GET", Intended: at, Sent: at, Done: at + took, Status: 200, Source: source}
}

func painted(t *testing.T, c *picture.Canvas, rounds ...history.History) picture.Picture {
	t.Helper()
	for _, h := range rounds {
		c.Add(c.Observe(h))
	}
	p := c.Picture()
	if _, err := json.Marshal(p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRequestsStandWhereTheirPhaseWasPlanned(t *testing.T) {
	p := painted(t, canvas(), history.Slice{E: spans(), R: []history.Request{
		request("steady", 10750*ms, 4*ms, "redis"),  // the middle of what was planned as 0..1 s
		request("fault", 11750*ms, 40*ms, "memory"), // a quarter of 1..2 s, under the fault
	}})
	var at []float64
	for _, c := range p.Columns {
		at = append(at, float64(c.At)*p.Step)
	}
	if want := []float64{0.5, 1.25}; !reflect.DeepEqual(at, want) {
		t.Errorf("columns at %v, want %v", at, want)
	}
	if f := p.Faults; len(f) != 1 || f[0].From != 1 || f[0].To != 1.5 {
		t.Errorf("faults %+v, want one from 1 to 1.5 s", f)
	}
	var classes []string
	for _, s := range p.Quantiles {
		classes = append(classes, s.Name)
	}
	if want := []string{picture.Hits, picture.Fallback}; !slices.Equal(classes, want) {
		t.Errorf("classes %v, want %v", classes, want)
	}
}

func TestAColumnKeepsLeastMedianAndGreatest(t *testing.T) {
	var rs []history.Request
	for i := range 101 {
		rs = append(rs, request("steady", 10*time.Second, time.Duration(i+1)*ms, "redis"))
	}
	p := painted(t, canvas(), history.Slice{E: spans(), R: rs})
	if len(p.Columns) != 1 {
		t.Fatalf("%d columns, want 1", len(p.Columns))
	}
	c := p.Columns[0]
	if c.Min != 0.001 || c.Max != 0.101 || c.Median < 0.051*0.93 || c.Median > 0.051*1.07 {
		t.Errorf("%v, %v, %v, want 0.001, 0.051 within 7 %%, 0.101", c.Min, c.Median, c.Max)
	}
}

func TestEveryFailureIsCountedAndTheSlowestAreNamed(t *testing.T) {
	var rs []history.Request
	for i := range 40 {
		r := request("fault", 11600*ms+time.Duration(i)*ms, time.Duration(i)*ms, "")
		r.Status, r.Failure = 503, history.Status
		rs = append(rs, r)
	}
	limited := request("fault", 11600*ms, ms, "")
	limited.Status, limited.Failure = 429, history.Limited
	canceled := request("fault", 11600*ms, ms, "")
	canceled.Failure = history.Canceled
	h := history.Slice{E: spans(), R: append(rs, limited, canceled)}
	p := painted(t, canvas(), h, h)
	n := 0
	for _, f := range p.Failures {
		if n += f.N; f.Kind != "status 503" || f.Phase != "fault" || f.Round != 1 {
			t.Errorf("failure %+v, want status 503 of round 1", f)
		}
	}
	if n != 80 || p.Requests != 82 || p.Rounds != 2 {
		t.Errorf("%d failures of %d requests in %d rounds, want 80 of 82 in 2", n, p.Requests, p.Rounds)
	}
	if s := p.Slowest[0]; len(p.Slowest) != 6 || s.Took != 0.039 || s.Failure != "status 503" {
		t.Errorf("slowest %+v, want six, the first of 39 ms", p.Slowest)
	}
}

func TestTheRasterRingsWhatIsProvablyWrong(t *testing.T) {
	var rs []history.Request
	for i := range 5 { // three of five too many for a limit of 2 a second
		r := request("steady", 10*time.Second+time.Duration(i)*20*ms, 5*ms, "redis")
		r.Client = "a"
		rs = append(rs, r)
	}
	refused := request("steady", 10200*ms, 5*ms, "")
	refused.Client, refused.Status, refused.Failure = "b", 429, history.Limited
	claims := []picture.Claim{{ID: "limit.exact", Holds: "over_admissions(trip, 2, 1s, fixed-from-first) == 0 and false_rejections(trip, 2, 1s, fixed-from-first) == 0"}}
	p := painted(t, canvas(claims...), history.Slice{E: spans(), R: append(rs, refused)})
	if len(p.Rasters) != 1 {
		t.Fatalf("%d rasters, want 1", len(p.Rasters))
	}
	r := p.Rasters[0]
	if r.Errors != 4 || r.Clients != 2 || r.Rows[0].Over != 3 || r.Rows[1].Falsely != 1 || !slices.Equal(r.Claims, []string{"limit.exact"}) {
		t.Errorf("%+v, want three over of a and one falsely refused of b", r)
	}
	rings := 0
	for _, m := range r.Rows[0].Marks {
		if m.Wrong {
			rings += m.N
		}
	}
	if rings != 3 {
		t.Errorf("%d rings, want 3", rings)
	}
}

func TestTheSameRoundsGiveTheSamePicture(t *testing.T) {
	var rs []history.Request
	for i := range 500 {
		r := request("fault", 11500*ms+time.Duration(i)*2*ms, time.Duration(i%7+1)*ms, []string{"redis", "memory", "database"}[i%3])
		if i%11 == 0 {
			r.Failure, r.Source = []history.Failure{history.Timeout, history.EOF, history.Reset}[i%3], ""
		}
		rs = append(rs, r)
	}
	h := history.Slice{E: spans(), R: rs}
	first, _ := json.Marshal(painted(t, canvas(), h, h, h))
	for range 5 {
		if again, _ := json.Marshal(painted(t, canvas(), h, h, h)); string(again) != string(first) {
			t.Fatalf("the same rounds give\n%s\nand\n%s", first, again)
		}
	}
}

// A round that cannot be read adds nothing, and a picture without rounds says why.
func TestABrokenRoundAddsNothing(t *testing.T) {
	p := painted(t, canvas(), broken{})
	if p.Rounds != 0 || p.Why == "" {
		t.Errorf("%+v, want no round and a reason", p)
	}
}

type broken struct{ history.Slice }

func (broken) Requests() iter.Seq[history.Request] { panic("damaged") }

// million is a history that is in no memory.
type million struct {
	history.Slice
	n int
}

func (m million) Requests() iter.Seq[history.Request] {
	return func(yield func(history.Request) bool) {
		for i := range m.n {
			at := 10*time.Second + time.Duration(i)*1400*ms/time.Duration(m.n)
			if !yield(request("steady", at, time.Duration(i%977)*100*time.Microsecond, "redis")) {
				return
			}
		}
	}
}

// What is kept does not grow with the number of requests.
func TestAMillionRequestsTakeNoMoreRoom(t *testing.T) {
	kept := func(n int) (size int, heap uint64) {
		c := canvas()
		sheet := c.Observe(million{history.Slice{E: spans()}, n})
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		c.Add(sheet)
		text, _ := json.Marshal(c.Picture())
		return len(text), m.HeapAlloc
	}
	small, before := kept(20_000)
	large, after := kept(1_000_000)
	if large > small*5/4 || after > before+1<<20 {
		t.Errorf("a million requests: %d bytes of picture and %d on the heap; 20,000: %d and %d", large, after, small, before)
	}
}
