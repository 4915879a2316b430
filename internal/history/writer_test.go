package history_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/quick"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// save writes a round and closes it.
func save(t testing.TB, whole bool, requests []history.Request, events []history.Event) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "round")
	w, err := history.CreateRound(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range requests {
		w.Request(r)
	}
	for _, e := range events {
		w.Event(e)
	}
	if err := w.Close(whole); err != nil {
		t.Fatal(err)
	}
	return dir
}

func open(t testing.TB, dir string) *history.Round {
	t.Helper()
	r, err := history.OpenRound(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// decode(encode(x)) = x, whatever x is, in order.
func TestRoundTrip(t *testing.T) {
	law := func(requests []history.Request, events []history.Event) bool {
		var wantR []history.Request
		var wantE []history.Event
		for i := range requests {
			requests[i].Arm = "a"
			r := &requests[i]
			for _, s := range []*string{&r.Stream, &r.Phase, &r.Instance, &r.Method, &r.Key, &r.Source, &r.Client, &r.Headers, &r.Ref, &r.Answer} {
				*s = strings.ToValidUTF8(*s, "?")
			}
			wantR = append(wantR, *r)
		}
		for i := range events {
			e := &events[i]
			e.Arm, e.Kind = "a", history.Counter
			e.Value = []float64{e.Value, math.Inf(1), math.Inf(-1), 0, -1}[i%5]
			wantE = append(wantE, *e)
		}
		round := open(t, save(t, false, requests, events))
		gotR := slices.Collect(round.Arm("a").Requests())
		gotE := slices.Collect(round.Arm("a").Events())
		if err := round.Err(); err != nil {
			t.Error(err)
		}
		return reflect.DeepEqual(gotR, wantR) && reflect.DeepEqual(gotE, wantE)
	}
	if err := quick.Check(law, &quick.Config{MaxCount: 60}); err != nil {
		t.Error(err)
	}
}

func TestExtremesSurvive(t *testing.T) {
	requests := []history.Request{
		{Arm: "a"},
		{
			Arm: "a", Stream: "s", Phase: "p", Instance: "1", Seq: math.MaxUint64, Method: "GET", Key: "k",
			Intended: -time.Second, Sent: math.MaxInt64, Done: math.MinInt64, Queued: true, Status: -1,
			Failure: history.Backward, Source: "redis", Version: math.MinInt64, Bytes: math.MaxInt64,
			Client: "2001:db8::1", Headers: "retry-after=1\nx-ratelimit-limit=100", Ref: "8c0e", Answer: "7=3\n12=3",
		},
	}
	events := []history.Event{
		{Kind: history.Counter, Arm: "a", Name: `m{route="<a&b>"}`, Value: math.NaN(), Detail: "line\nbreak \u2028 é"},
		{Kind: history.Socket, Arm: "a", Instance: "1", Stream: "sockets", Client: "sockets/7/0", Name: "close", At: 9, Detail: "closed 1001"},
		{Kind: history.Problem, Arm: "a", Detail: "not UTF-8: \xff"},
	}
	round := open(t, save(t, true, requests, events))
	if got := slices.Collect(round.Arm("a").Requests()); !reflect.DeepEqual(got, requests) {
		t.Errorf("requests = %+v, want %+v", got, requests)
	}
	got := slices.Collect(round.Arm("a").Events())
	if len(got) != 4 || !math.IsNaN(got[0].Value) || got[0].Detail != events[0].Detail || got[0].Name != events[0].Name {
		t.Errorf("events = %+v, want %+v and the end", got, events)
	}
	if got[1] != events[1] {
		t.Errorf("event = %+v, want %+v", got[1], events[1])
	}
	if got[2].Detail != "not UTF-8: \ufffd" {
		t.Errorf("bad text = %q, want its bad byte replaced", got[2].Detail)
	}
	if end := got[3]; end.Kind != history.RoundEnd || end.At != math.MaxInt64 {
		t.Errorf("last event = %+v, want the end at the latest instant", end)
	}
}

// Many groups, two arms from two goroutines: nothing lost, each arm in order.
func TestArmsAreKeptApartAndInOrder(t *testing.T) {
	const each = 30000
	dir := t.TempDir()
	w, err := history.CreateRound(dir)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, arm := range []string{"documented", "hardened"} {
		wg.Go(func() {
			for i := range each {
				w.Request(history.Request{Arm: arm, Seq: uint64(i), Key: fmt.Sprint(i % 700)})
				if i%1000 == 0 {
					w.Event(history.Event{Kind: history.Process, Arm: arm, At: time.Duration(i)})
				}
			}
		})
	}
	w.Event(history.Event{Kind: history.Hiccup, At: 7})
	wg.Wait()
	if err := w.Close(true); err != nil {
		t.Fatal(err)
	}
	round := open(t, dir)
	if got, want := round.Arms(), []string{"documented", "hardened"}; !slices.Equal(got, want) || !round.Whole() {
		t.Errorf("arms %v whole %v, want %v true", got, round.Whole(), want)
	}
	for _, arm := range append(round.Arms(), "nobody") {
		want := each
		if arm == "nobody" {
			want = 0
		}
		for range 2 { // as often as one likes
			n, health, machine := 0, 0, 0
			for r := range round.Arm(arm).Requests() {
				if r.Arm != arm || r.Seq != uint64(n) || r.Key != fmt.Sprint(n%700) {
					t.Fatalf("request %d of %s = %+v", n, arm, r)
				}
				n++
			}
			for e := range round.Arm(arm).Events() {
				switch e.Arm {
				case arm:
					health++
				case "":
					machine++
				}
			}
			if n != want || health != want/1000 || machine != 2 {
				t.Errorf("%s: %d requests, %d events, %d of the machine; want %d, %d, 2", arm, n, health, machine, want, want/1000)
			}
		}
	}
	for range round.Arm("hardened").Requests() {
		break // a reader may stop early
	}
	if err := round.Err(); err != nil {
		t.Error(err)
	}
}

// A process may be killed at any time: an event is in the file when Event returns.
func TestEventsAreOnDiskAtOnce(t *testing.T) {
	dir := t.TempDir()
	w, err := history.CreateRound(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close(false)
	w.Request(history.Request{Arm: "a"})
	w.Event(history.Event{Kind: history.Process, Arm: "a", Name: "ready", At: 5})
	round := open(t, dir)
	if got := slices.Collect(round.Arm("a").Events()); len(got) != 1 || got[0].Name != "ready" {
		t.Errorf("events = %+v, want the one recorded", got)
	}
	if got := slices.Collect(round.Arm("a").Requests()); len(got) != 0 || round.Whole() {
		t.Errorf("requests = %+v whole %v, want none of a round that goes on", got, round.Whole())
	}
}

func TestCloseLeavesWholeFilesOnly(t *testing.T) {
	for _, whole := range []bool{true, false} {
		dir := save(t, whole, []history.Request{{Arm: "a"}}, nil)
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		if want := []string{"commands.parquet", "events.jsonl", "requests.parquet"}; !slices.Equal(names, want) {
			t.Errorf("files %v, want %v", names, want)
		}
		if got := open(t, dir).Whole(); got != whole {
			t.Errorf("Whole() = %v after Close(%v)", got, whole)
		}
	}
}

func BenchmarkWriterRequest(b *testing.B) {
	w, err := history.CreateRound(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	arms, keys := []string{"documented", "hardened"}, []string{"17", "18", "4711"}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		at := time.Duration(i) * 200 * time.Microsecond
		w.Request(history.Request{
			Arm: arms[i%2], Stream: "trips", Phase: "steady", Instance: "1", Seq: uint64(i / 2), Method: "GET",
			Key: keys[i%3], Intended: at, Sent: at + time.Duration(i*7919%1000000), Done: at + time.Duration(i*104729%9000000),
			Status: 200, Source: "redis", Bytes: 40000,
		})
	}
	if err := w.Close(true); err != nil {
		b.Fatal(err)
	}
}
