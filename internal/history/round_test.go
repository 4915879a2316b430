package history_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/trektribe/bench/internal/history"
)

const (
	ready = `{"kind":"process","arm":"a","name":"ready","at":5}` + "\n"
	end   = `{"kind":"end","at":9}` + "\n"
)

// A round is judged on its events as they are; what cannot be read is said with
// file and line, and never passed over.
func TestEventsFileThatIsNotWhole(t *testing.T) {
	for _, c := range []struct {
		name, events string
		n            int    // events read
		err          string // of OpenRound
	}{
		{"empty", "", 0, ""},
		{"no end", ready, 1, ""},
		{"cut in the last line", ready + `{"kind":"heal`, 1, ""},
		{"cut early in the last line", ready + `{"k`, 1, ""},
		{"cut before its line end", ready + strings.TrimSpace(end), 1, ""},
		{"cut in the middle", ready + `{"kind":"heal` + "\n" + ready, 0, "events.jsonl:2: not a whole event"},
		{"no object", ready + "hello\n" + end, 0, "events.jsonl:2: "},
		{"blank line", ready + "\n" + end, 0, "events.jsonl:2: "},
		{"unknown field", `{"kind":"heal","colour":"red","at":1}` + "\n", 0, `events.jsonl:1: json: unknown field "colour"`},
		{"wrong type", ready + ready + `{"kind":"heal","at":"soon"}` + "\n", 0, "events.jsonl:3: "},
		{"bad number", `{"kind":"counter","at":1,"value":"many"}` + "\n", 0, "events.jsonl:1: "},
		{"no kind", `{"at":1}` + "\n", 0, "events.jsonl:1: an event without a kind"},
		{"two on a line", strings.TrimSpace(ready) + ready, 0, "events.jsonl:1: more than one event"},
		{"garbage after it", strings.TrimSpace(ready) + "}\n", 0, "events.jsonl:1: more than one event"},
		{"last line is garbage", ready + "hello", 0, "events.jsonl: the last line is neither"},
		{"binary", "\x00\x01\x02", 0, "events.jsonl: the last line is neither"},
		{"end twice", end + end, 0, "events.jsonl:2: a end event after the round's end"},
		{"event after the end", end + ready, 0, "events.jsonl:2: a process event after the round's end"},
		{"cut after the end", end + `{"kind":"he`, 0, "events.jsonl:2: something after the round's end"},
		{"line without end", ready + `{"kind":"` + strings.Repeat("x", 3<<20), 0, "events.jsonl: the last line is neither"},
		{"endless line", `{"kind":"` + strings.Repeat("x", 3<<20) + "\n" + ready, 0, "events.jsonl:1: "},
		{"whole, but no requests", ready + end, 0, "requests.parquet: no such file or directory, though events.jsonl says"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "events.jsonl", c.events)
			round, err := history.OpenRound(t.Context(), dir)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, c.err[:strings.IndexAny(c.err, ": ")])) || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("OpenRound = %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer round.Close()
			if got := len(slices.Collect(round.Arm("a").Events())); got != c.n || round.Err() != nil || round.Whole() {
				t.Errorf("%d events, err %v, whole %v; want %d, nil, false", got, round.Err(), round.Whole(), c.n)
			}
			if got := len(slices.Collect(round.Arm("a").Requests())); got != 0 {
				t.Errorf("%d requests of a round that saved none", got)
			}
		})
	}
}

func TestNotARound(t *testing.T) {
	dir := t.TempDir()
	if _, err := history.OpenRound(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "is "+dir+" the directory of a round?") {
		t.Errorf("OpenRound = %v, want the question whether this is a round", err)
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	dir := save(t, true, []history.Request{{Arm: "a"}}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := history.OpenRound(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("OpenRound = %v, want context canceled", err)
	}
}

// A file that lost its end, or has some of it wrong, is an error: when it is
// opened or when it is walked, but never fewer or more requests, and never a
// panic. (Pages carry checksums; headers and the footer do not.)
func TestDamagedRequests(t *testing.T) {
	var requests []history.Request
	for i := range 3000 {
		requests = append(requests, history.Request{Arm: "a", Stream: "s", Seq: uint64(i), Done: 1, Status: 200})
	}
	dir := save(t, true, requests, nil)
	path := filepath.Join(dir, "requests.parquet")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	try := func(t *testing.T, what string, at int, b []byte) {
		write(t, dir, "requests.parquet", string(b))
		round, err := history.OpenRound(t.Context(), dir)
		if err == nil {
			got := 0
			for _, arm := range append(round.Arms(), "") {
				got += len(slices.Collect(round.Arm(arm).Requests()))
			}
			if err = round.Err(); err == nil && got != len(requests) {
				t.Errorf("%s at %d of %d: %d requests and no error", what, at, len(b), got)
			}
			round.Close()
		}
		if err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("%s at %d: %v does not name the file", what, at, err)
		}
	}
	t.Run("cut", func(t *testing.T) {
		for at := 0; at < len(good); at += 97 {
			try(t, "cut", at, good[:at])
		}
		for at := len(good) - 12; at < len(good); at++ {
			try(t, "cut", at, good[:at])
		}
	})
	t.Run("changed", func(t *testing.T) {
		for at := 0; at < len(good); at += 101 {
			bad := slices.Clone(good)
			bad[at] ^= 0x55
			try(t, "changed byte", at, bad)
		}
	})
	t.Run("garbage", func(t *testing.T) { try(t, "garbage", 0, []byte("hello, I am no parquet file")) })
}

func TestUnknownColumns(t *testing.T) {
	type some struct {
		Arm string `parquet:"arm"`
	}
	type other struct {
		Arm string `parquet:"arm"`
		Seq string `parquet:"seq"`
	}
	check := func(name, want string, file func(path string) error) {
		t.Run(name, func(t *testing.T) {
			dir := save(t, true, nil, nil)
			path := filepath.Join(dir, "requests.parquet")
			if err := file(path); err != nil {
				t.Fatal(err)
			}
			_, err := history.OpenRound(t.Context(), dir)
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want) {
				t.Errorf("OpenRound = %v, want %s and %q", err, path, want)
			}
		})
	}
	check("missing", `column "stream" is missing`, func(path string) error { return parquet.WriteFile(path, []some{{"a"}}) })
	check("of another type", `column "seq" is STRING, want`, func(path string) error {
		rows := []struct {
			other
			Stream   string `parquet:"stream"`
			Phase    string `parquet:"phase"`
			Instance string `parquet:"instance"`
		}{{}}
		return parquet.WriteFile(path, rows)
	})
	check("more", `column "colour" is not known`, func(path string) error {
		more := parquet.Group{"colour": parquet.String()}
		for _, f := range fields(t, path) {
			more[f.Name()] = f
		}
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		return errors.Join(parquet.NewWriter(f, parquet.NewSchema("row", more)).Close(), f.Close())
	})
}

// Rounds of older versions lack the columns that came later, and read as if they were empty.
func TestColumnsThatCameLater(t *testing.T) {
	type old struct {
		Arm      string `parquet:"arm,dict"`
		Stream   string `parquet:"stream,dict"`
		Phase    string `parquet:"phase,dict"`
		Instance string `parquet:"instance,dict"`
		Seq      uint64 `parquet:"seq,delta"`
		Method   string `parquet:"method,dict"`
		Key      string `parquet:"key,dict"`
		Intended int64  `parquet:"intended_ns,delta"`
		Sent     int64  `parquet:"sent_ns,delta"`
		Done     int64  `parquet:"done_ns,delta"`
		Queued   bool   `parquet:"queued"`
		Status   int64  `parquet:"status,dict"`
		Failure  string `parquet:"failure,dict"`
		Source   string `parquet:"source,dict"`
		Version  int64  `parquet:"version,delta"`
		Bytes    int64  `parquet:"bytes,delta"`
	}
	var rows []old
	var want []history.Request
	for i := range 5000 {
		rows = append(rows, old{Arm: "a", Stream: "s", Seq: uint64(i), Method: "GET", Key: "k", Done: int64(i), Status: 200, Source: "redis", Version: 3, Bytes: 9})
		want = append(want, history.Request{Arm: "a", Stream: "s", Seq: uint64(i), Method: "GET", Key: "k", Done: time.Duration(i), Status: 200, Source: "redis", Version: 3, Bytes: 9})
	}
	dir := save(t, true, nil, []history.Event{{Kind: history.Process, Arm: "a"}})
	if err := parquet.WriteFile(filepath.Join(dir, "requests.parquet"), rows, parquet.MaxRowsPerRowGroup(1000)); err != nil {
		t.Fatal(err)
	}
	round := open(t, dir)
	if got := slices.Collect(round.Arm("a").Requests()); !reflect.DeepEqual(got, want) || round.Err() != nil {
		t.Errorf("%d requests, error %v; want the %d of the file", len(got), round.Err(), len(want))
	}
}

// fields are the columns of a Parquet file.
func fields(t *testing.T, path string) []parquet.Field {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	table, err := parquet.OpenFile(f, fi.Size())
	if err != nil {
		t.Fatal(err)
	}
	return table.Schema().Fields()
}

func write(t testing.TB, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Whatever stands in the file, opening says so or gives events that survive being
// written again.
func FuzzEvents(f *testing.F) {
	for _, s := range []string{
		"", ready, ready + end, ready + `{"kind":"hea`, "\n", "{}\n", `{"kind":"counter","at":-1,"value":"NaN"}` + "\n",
		`{"kind":"counter","at":1,"value":1e400}` + "\n", `{"kind":"x","AT":3,"at":4}` + "\n", "null\n", `{"kind":"x","at":1} ` + "\r\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		dir := t.TempDir()
		write(t, dir, "events.jsonl", content)
		round, err := history.OpenRound(t.Context(), dir)
		if err != nil {
			if !strings.Contains(err.Error(), dir) {
				t.Errorf("%v does not name the file", err)
			}
			return
		}
		defer round.Close()
		var events []history.Event
		for _, arm := range append(round.Arms(), "") {
			for e := range round.Arm(arm).Events() {
				if e.Arm == arm && e.Kind != history.RoundEnd && e.Value == e.Value {
					events = append(events, e)
				}
			}
		}
		if err := round.Err(); err != nil {
			t.Fatalf("opened, but cannot be walked: %v", err)
		}
		again := open(t, save(t, false, nil, events))
		var got []history.Event
		for _, arm := range append(again.Arms(), "") {
			for e := range again.Arm(arm).Events() {
				if e.Arm == arm {
					got = append(got, e)
				}
			}
		}
		if len(got) != len(events) || len(got) > 0 && !reflect.DeepEqual(got, events) {
			t.Errorf("events = %+v, want %+v", got, events)
		}
	})
}
