package limits_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/limits"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/limit"
)

const ms = time.Millisecond

// reading is 3 in 100 ms.
var reading = limit.Reading{Kind: limit.FixedFromFirst, Limit: 3, Window: 100 * ms}

// A world is a history in the making.
type world struct {
	forged map[string]string
	events []history.Event
	asked  []history.Request
	told   int // the limit that the service was told; 0: unknown
	bound  int // the limit that the claim holds; 0: that of the reading
}

// ask adds a request of a stream that was sent at an instant, in ms, and answered 1 ms later.
func (w *world) ask(stream, client string, at, status int) *history.Request {
	w.asked = append(w.asked, history.Request{Stream: stream, Client: client, Instance: "1", Seq: uint64(len(w.asked)), Method: "GET",
		Intended: time.Duration(at) * ms, Sent: time.Duration(at)*ms + 1, Done: time.Duration(at+1) * ms, Status: status})
	r := &w.asked[len(w.asked)-1]
	switch {
	case status == 429:
		r.Failure = history.Limited
	case status == 0:
		r.Failure = history.Timeout
	case status != 200:
		r.Failure = history.Status
	}
	return r
}

// sound asks every 10 ms of a limiter that is right, from an instant on, n times.
func (w *world) sound(stream, client string, from, n int) {
	begun, got := -1000, 0
	for i := range n {
		at := from + 10*i
		if at-begun >= 110 { // the window's end is not asked about too closely
			begun, got = at, 0
		}
		status := 429
		if got < 3 {
			status, got = 200, got+1
		}
		if at-begun >= 90 && status == 429 {
			continue
		}
		w.ask(stream, client, at, status)
	}
}

func (w *world) judge(stream string) (*limits.Judged, *figure.Absence) {
	l := limits.NewLog(map[string]string{"trips": "/api/trips", "other": "/api/trips/{id}", "health": "/health"}, w.forged, w.told)
	for i := range w.events {
		l.Event(&w.events[i])
	}
	for i := range w.asked {
		l.Request(&w.asked[i])
	}
	r := reading
	if w.bound > 0 {
		r.Limit = w.bound
	}
	return l.Judge(expr.Selector{Text: stream, Stream: stream}, r)
}

func (w *world) must(t *testing.T, stream string) *limits.Judged {
	t.Helper()
	j, none := w.judge(stream)
	if none != nil {
		t.Fatal(none.Why)
	}
	return j
}

func codes(v figure.Value) (out []string) {
	for _, f := range v.Findings {
		out = append(out, f.Code)
	}
	return out
}

func TestASoundLimiterIsNotAccused(t *testing.T) {
	var w world
	w.sound("trips", "127.1.0.1", 0, 60)
	w.sound("trips", "127.1.0.2", 5, 60)
	j := w.must(t, "trips")
	for name, v := range map[string]figure.Value{"over": j.Over(), "falsely": j.Falsely()} {
		if v.None != nil || v.X != 0 || v.Samples != len(w.asked) || v.Findings != nil {
			t.Errorf("%s: %+v", name, v)
		}
	}
	if notes := strings.Join(j.Over().Notes, "\n"); !strings.Contains(notes, "read as 3 per 100ms, fixed-from-first") || !strings.Contains(notes, "sliding-log") {
		t.Errorf("notes %q, want what was seen, and other readings", notes)
	}
}

// What is wrong is named, with what shows it.
func TestErrorsAreNamedWithTheirWitnesses(t *testing.T) {
	together := func(w *world, n, status int) {
		for range n {
			w.ask("trips", "127.1.0.1", 20, status)
		}
	}
	for _, tt := range []struct {
		name    string
		fill    func(w *world)
		over    bool
		n       int
		code    string
		says    string
		witness string
	}{
		{"a leak", func(w *world) {
			w.ask("trips", "127.1.0.1", 0, 200)
			together(w, 6, 200)
			for at := 40; at < 90; at += 10 {
				w.ask("trips", "127.1.0.1", at, 429)
			}
		}, true, 4, "leaks-under-concurrency", "requests at the same time are counted as one. A window of 100ms let in 7, where 3 are allowed", "127.1.0.1 asks instance 1: allowed"},
		{"a window that is renewed", func(w *world) {
			for _, at := range []int{0, 60, 120} {
				w.ask("trips", "127.1.0.1", at, 200)
			}
			w.ask("trips", "127.1.0.1", 180, 429)
			w.ask("trips", "127.1.0.1", 230, 200)
		}, false, 1, "window-renewed-by-each-admission", "every admission renews the window", "127.1.0.1 asks instance 1: refused"},
		{"no limit, asked one by one", func(w *world) {
			for at := 0; at < 80; at += 10 {
				w.ask("trips", "127.1.0.1", at, 200)
			}
			w.ask("other", "127.1.0.9", 90, 429) // there is a limit, though not for this client
		}, true, 5, "no-limit", "these clients are never refused", "127.1.0.1 asks instance 1: allowed"},
		{"one that all share", func(w *world) {
			for i := range 12 {
				status := 429
				if i < 3 {
					status = 200
				}
				w.ask("trips", fmt.Sprintf("127.1.0.%d", 1+i%4), 5*i, status)
			}
		}, false, 9, "shared-between-clients", "all clients share one limit", "refused"},
	} {
		var w world
		tt.fill(&w)
		j := w.must(t, "trips")
		v := j.Falsely()
		if tt.over {
			v = j.Over()
		}
		if v.X != float64(tt.n) || len(v.Findings) == 0 {
			t.Errorf("%s: %v errors, findings %v, want %d with one", tt.name, v.X, codes(v), tt.n)
			continue
		}
		f := v.Findings[0]
		last := f.Witnesses[len(f.Witnesses)-1]
		if f.Code != tt.code || f.Count != tt.n || !strings.Contains(f.Says, tt.says) || !strings.Contains(last.Text, tt.witness) {
			t.Errorf("%s: %+v, want %s: %q, and last %q", tt.name, f, tt.code, tt.says, tt.witness)
		}
		if len(f.Witnesses) > figure.MostWitnesses || !slices.IsSortedFunc(f.Witnesses, func(a, b figure.Witness) int { return int(a.At - b.At) }) {
			t.Errorf("%s: witnesses %v, want at most ten in order", tt.name, f.Witnesses)
		}
	}
}

// A claim may hold a bound that is not the limit. What is wrong is that of the limit.
func TestBesideABoundTheCausesAreThoseOfTheLimit(t *testing.T) {
	w := world{told: 3, bound: 2}
	for _, a := range [][2]int{{0, 200}, {60, 200}, {120, 200}, {180, 429}, {230, 200}} {
		w.ask("trips", "127.1.0.1", a[0], a[1])
	}
	v := w.must(t, "trips").Falsely()
	if v.X != 1 || !slices.Equal(codes(v), []string{"window-renewed-by-each-admission"}) || len(v.Findings[0].Witnesses) == 0 {
		t.Errorf("%v errors, findings %+v, want one window that is renewed", v.X, v.Findings)
	}
}

// A service with a limit of its own is not accused of breaking another one, unless it says that it has that.
func TestALimitOfItsOwnIsNoError(t *testing.T) {
	for _, says := range []bool{false, true} {
		w := world{told: 3}
		for at := range 12 {
			for _, client := range []string{"127.1.0.1", "127.1.0.2"} {
				status := 200
				if at >= 7 {
					status = 429
				}
				r := w.ask("trips", client, 10*at, status)
				if says {
					r.Headers = "x-ratelimit-limit=3"
				}
			}
		}
		switch v := w.must(t, "trips").Over(); {
		case says && (v.None != nil || v.X != 8):
			t.Errorf("a service that says 3 and lets in 7: %+v, want 8 over the limit", v)
		case !says && (v.None == nil || !strings.Contains(v.None.Why, "lets in 7, where it was told 3")):
			t.Errorf("a service that lets in 7: %+v, want no figure", v)
		}
	}
}

func TestWhatProvesNothingSaysWhy(t *testing.T) {
	for _, tt := range []struct {
		name string
		fill func(w *world)
		over string // why there are no over-admissions; empty: there is a figure
		any  string // why there is nothing at all
	}{
		{"nobody was refused", func(w *world) { w.ask("trips", "a", 0, 200) }, "nobody was refused, and no client of trips reached 3 in 100ms", ""},
		{"nobody at all was refused", func(w *world) {
			for at := 0; at < 80; at += 10 {
				w.ask("trips", "a", at, 200)
				w.ask("other", "b", at, 200)
			}
		}, "nobody at all was refused with a status of 429", ""},
		{"nobody reached the limit", func(w *world) { w.ask("trips", "a", 0, 200); w.ask("trips", "a", 10, 429) }, "no client of trips that was refused had asked for more than 3", ""},
		{"nobody was answered", func(w *world) { w.ask("trips", "a", 0, 0); w.ask("trips", "a", 10, 500) }, "", "no request of trips was answered with a status of 2xx or 429"},
		{"nobody asked", func(w *world) { w.ask("other", "a", 0, 200) }, "", "no request of trips was observed"},
		{"most got no answer", func(w *world) {
			w.sound("trips", "a", 0, 8)
			for at := 100; at < 300; at += 10 {
				w.ask("trips", "a", at, 0)
			}
		}, "20 of 28 requests of trips got no answer with a status of 2xx or 429", ""},
	} {
		var w world
		tt.fill(&w)
		j, none := w.judge("trips")
		if tt.any != "" {
			if none == nil || !strings.Contains(none.Why, tt.any) || none.Remedy == "" {
				t.Errorf("%s: %+v, want %q", tt.name, none, tt.any)
			}
			continue
		}
		if none != nil {
			t.Errorf("%s: %s", tt.name, none.Why)
		} else if v := j.Over(); v.None == nil || !strings.Contains(v.None.Why, tt.over) || v.None.Remedy == "" {
			t.Errorf("%s: %+v, want %q", tt.name, v, tt.over)
		}
	}
}

// Streams without clients come from one address: what one of them asks counts for the others, but for what is not below /api/.
func TestStreamsWithoutClientsAreOneClient(t *testing.T) {
	var w world
	for i, stream := range []string{"trips", "other", "other", "health"} {
		w.ask(stream, "", 10*i, 200)
	}
	w.ask("trips", "", 50, 429)
	if v := w.must(t, "trips").Falsely(); v.X != 0 || v.Samples != 4 {
		t.Errorf("%+v, want no false rejection of four requests", v)
	}
	w.asked[2].Status = 503 // it may have counted
	if v := w.must(t, "trips").Falsely(); v.X != 0 {
		t.Errorf("%+v, want none: the one without an answer may have counted", v)
	}
	w.asked[1].Status = 404
	w.asked[1].Stream, w.asked[2].Stream = "health", "health"
	if v := w.must(t, "trips").Falsely(); v.X != 1 {
		t.Errorf("%+v, want one false rejection", v)
	}
}

// A restart from a fresh state forgets what was counted; one that a fault brings about does not.
func TestAFreshStateBeginsANewCount(t *testing.T) {
	ready := func(at int) history.Event {
		return history.Event{Kind: history.Process, Name: "ready", Instance: "1", At: time.Duration(at) * ms, Until: time.Duration(at+2) * ms}
	}
	w := world{events: []history.Event{ready(-5), ready(45)}}
	for i := range 12 {
		status := 200
		if at := 10 * i; at%50 >= 30 {
			status = 429
		}
		if at := 10 * i; at < 100 && at != 40 {
			w.ask("trips", "a", at, status)
		}
	}
	if v := w.must(t, "trips").Over(); v.X != 0 {
		t.Errorf("over a restart: %v let in above the limit, want none", v.X)
	}
	w.events = append(w.events,
		history.Event{Kind: history.FaultOn, Name: "killed", On: "instance", Instance: "1", At: 35 * ms, Until: 36 * ms},
		history.Event{Kind: history.FaultOff, Name: "killed", On: "instance", Instance: "1", At: 44 * ms, Until: 48 * ms})
	if v := w.must(t, "trips").Over(); v.X != 3 {
		t.Errorf("over a fault: %v let in above the limit, want 3", v.X)
	}
}

func TestAForgedIdentityIsItsClients(t *testing.T) {
	w := world{forged: map[string]string{"trips": "203.0.113.{id}"}}
	for i := range 9 {
		w.ask("trips", "127.1.0.1", 5*i, 200).Key = fmt.Sprint(1 + i%3)
	}
	for i := range 3 {
		w.ask("trips", "127.1.0.1", 50+5*i, 429).Key = fmt.Sprint(1 + i)
	}
	if v := w.must(t, "trips").Over(); v.X != 6 || !slices.Equal(codes(v), []string{"identity-chosen-by-client"}) {
		t.Errorf("%v over the limit because of %v, want 6 because of an identity that its client chose", v.X, codes(v))
	}
}

func TestAFaultExplainsWhatHappensWhileItLasts(t *testing.T) {
	w := world{events: []history.Event{
		{Kind: history.FaultOn, Name: "refused", On: "redis", At: 100 * ms, Until: 101 * ms},
		{Kind: history.FaultOff, Name: "refused", On: "redis", At: 300 * ms, Until: 301 * ms},
	}}
	for at := 0; at < 90; at += 10 {
		status := 200
		if at >= 30 {
			status = 429
		}
		w.ask("trips", "127.1.0.1", at, status)
	}
	for at := 120; at < 300; at += 10 {
		w.ask("trips", "127.1.0.1", at, 429)
	}
	for at := 320; at < 350; at += 10 {
		w.ask("trips", "127.1.0.1", at, 200)
	}
	if v := w.must(t, "trips").Falsely(); v.X == 0 || !slices.Equal(codes(v), []string{"fails-closed"}) {
		t.Errorf("%v false rejections because of %v, want fails-closed", v.X, codes(v))
	}
}

// Clients that the claim is not about speak against a cause, too: one that came back after a window and got in
// shows that the window ends.
func TestOtherClientsSpeakAgainstACause(t *testing.T) {
	steady := func(w *world) {
		for at := 0; at < 400; at += 20 {
			status := 429
			if at < 60 {
				status = 200
			}
			w.ask("trips", "127.1.0.1", at, status)
		}
	}
	var alone, beside world
	steady(&alone)
	steady(&beside)
	for _, a := range [][2]int{{0, 200}, {20, 200}, {40, 200}, {60, 429}, {200, 200}} {
		beside.ask("other", "127.1.0.2", a[0], a[1])
	}
	if got := codes(alone.must(t, "trips").Falsely()); len(got) != 1 || !strings.Contains(got[0], "no-expiry") {
		t.Errorf("one client alone: %v, want no-expiry among others", got)
	}
	if got := codes(beside.must(t, "trips").Falsely()); len(got) != 1 || strings.Contains(got[0], "no-expiry") || !strings.Contains(got[0], "window-renewed-by-each-request") {
		t.Errorf("beside one that came back: %v, want no no-expiry", got)
	}
	if n := beside.must(t, "trips").Report.Requests; n != 20 {
		t.Errorf("%d requests are judged, want those of the selection alone", n)
	}
}
