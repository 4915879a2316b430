package inspect_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/inspect"
	"github.com/trektribe/bench/internal/traffic"
)

var (
	right    = inspect.Answer{Status: 200}
	notFound = inspect.Answer{Status: 404, Failure: history.Status}
	shaped   = inspect.Answer{Status: 200, Failure: history.Shape, Wrong: "{data} without trips"}
)

func status(code int) inspect.Answer { return inspect.Answer{Status: code, Failure: history.Status} }

// A service that fails, hangs or limits is not one that speaks another language.
func TestWhatIsSpoken(t *testing.T) {
	for _, row := range []struct {
		name    string
		answers []inspect.Answer
		spoken  bool
		why     string
	}{
		{"right", []inspect.Answer{right, right}, true, ""},
		{"right once, and broken when it is cached", []inspect.Answer{right, shaped}, true, ""},
		{"missing", []inspect.Answer{notFound, notFound}, false, "status 404"},
		{"another method", []inspect.Answer{status(405)}, false, "status 405"},
		{"not implemented", []inspect.Answer{status(501)}, false, "status 501"},
		{"a redirect", []inspect.Answer{status(301)}, false, "status 301"},
		{"another 2xx", []inspect.Answer{status(200)}, false, "status 200"},
		{"another shape", []inspect.Answer{shaped, shaped}, false, "{data} without trips"},
		{"failing", []inspect.Answer{status(500), status(500)}, true, "status 500"},
		{"away", []inspect.Answer{status(503)}, true, "status 503"},
		{"failing first", []inspect.Answer{status(500), notFound}, false, "status 404"},
		{"limited", []inspect.Answer{status(429)}, true, "status 429"},
		{"limited, and says so", []inspect.Answer{{Status: 429, Failure: history.Limited}}, true, "status 429"},
		{"silent", []inspect.Answer{{Failure: history.Timeout}}, true, "timeout"},
		{"not asked", nil, true, "it was not asked for"},
	} {
		c := inspect.Call{Answers: row.answers}
		if c.Spoken() != row.spoken || c.Why() != row.why {
			t.Errorf("%s: spoken %t, %q; want %t, %q", row.name, c.Spoken(), c.Why(), row.spoken, row.why)
		}
	}
}

func numbers(from, to int) (out []string) {
	for i := from; i <= to; i++ {
		out = append(out, fmt.Sprint(i))
	}
	return out
}

// table is a service with a listing that shows ids, and the call of one trip, whose keys were found up to keys.
func table(shown []string, keys int) inspect.Table {
	return inspect.Table{Calls: []inspect.Call{
		{Call: traffic.Call{Method: "GET", Path: "/api/trips"}, Answers: []inspect.Answer{right}, IDs: inspect.NewIDs(shown)},
		{Call: traffic.Call{Method: "GET", Path: "/api/trips/{id}"}, Answers: []inspect.Answer{right}, Keys: keys},
	}}
}

// Keys are taken away only where some are missing.
func TestKeysAreThoseThatThereAre(t *testing.T) {
	for _, row := range []struct {
		name  string
		shown []string
		keys  int
		asks  int
		want  traffic.Keys
		from  string
	}{
		{"all are there", numbers(1, 100), 500, 500, traffic.Keys{N: 500}, ""},
		{"a page of them", numbers(1, 20), 500, 200, traffic.Keys{N: 200}, ""},
		{"fewer", numbers(1, 100), 62, 500, traffic.Keys{N: 100}, "GET /api/trips shows"},
		{"fewer, in any order", []string{"3", "1", "2", "3"}, 1, 5, traffic.Keys{N: 3}, "GET /api/trips shows"},
		{"other ids", []string{"a", "b", "c"}, 0, 500, traffic.Keys{N: 3, IDs: []string{"a", "b", "c"}}, "GET /api/trips shows"},
		{"more other ids than are asked for", []string{"a", "b", "c"}, 0, 2, traffic.Keys{N: 2, IDs: []string{"a", "b"}}, "GET /api/trips shows"},
		{"ids that would break a path or a body", []string{"a/b", `"`, "c d", "é", ""}, 0, 2, traffic.Keys{N: 1, IDs: []string{"é"}}, "GET /api/trips shows"},
		{"no listing", nil, 30, 200, traffic.Keys{N: 30}, "were found by asking"},
		{"nothing is known", nil, 0, 200, traffic.Keys{N: 200}, ""},
	} {
		got, from := table(row.shown, row.keys).Fit(traffic.Call{Method: "PUT", Path: "/api/trips/{id}"}, traffic.Keys{N: row.asks})
		if !reflect.DeepEqual(got, row.want) || from != row.from {
			t.Errorf("%s: %+v, %q; want %+v, %q", row.name, got, from, row.want, row.from)
		}
	}
	if got, from := table(numbers(1, 3), 1).Fit(traffic.Call{Method: "GET", Path: "/api/users/{id}"}, traffic.Keys{N: 9}); got.N != 9 || from != "" {
		t.Errorf("the keys of another call: %+v, %q", got, from)
	}
}

// What is kept is bounded, and comes back from disk as it was.
func TestAnInspectionIsSmallAndKept(t *testing.T) {
	var many []string
	for i := range 100_000 {
		many = append(many, fmt.Sprintf("id-%d", i))
	}
	if ids := inspect.NewIDs(many); ids.N != 100_000 || len(ids.List) != 1000 || ids.First() != "id-0" {
		t.Errorf("%d ids, %d kept, first %s", ids.N, len(ids.List), ids.First())
	}
	if ids := inspect.NewIDs(numbers(1, 100_000)); ids.List != nil {
		t.Errorf("%d ids are kept that are numbers", len(ids.List))
	}
	for _, want := range []inspect.Table{table(numbers(1, 9), 9), table([]string{"a", "b"}, 0)} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got inspect.Table
		if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s comes back as %+v, %v", text, got, err)
		}
	}
}

// Calls are the same when they have the same right answers.
func TestCallsAreFoundByWhatTheyAskFor(t *testing.T) {
	asked := traffic.Call{Method: "POST", Path: "/json", Body: `{"a":1}`, Expect: []int{200, 429}}
	in := inspect.Table{Calls: []inspect.Call{{Call: asked}}}
	same := asked
	same.Retry, same.Keep = 3, []string{"Retry-After"}
	if in.Find(same) == nil {
		t.Error("a call that is repeated, and keeps headers, is not found")
	}
	for _, other := range []func(*traffic.Call){
		func(c *traffic.Call) { c.Body = "{}" },
		func(c *traffic.Call) { c.Expect = nil },
		func(c *traffic.Call) { c.Headers = map[string]string{"A": "b"} },
	} {
		c := asked
		if other(&c); in.Find(c) != nil {
			t.Errorf("%+v is found", c)
		}
	}
}

func TestRows(t *testing.T) {
	trips := traffic.Call{Method: "GET", Path: "/api/trips"}
	for _, row := range []struct {
		call inspect.Call
		want []string
	}{
		{inspect.Call{Call: trips, Answers: []inspect.Answer{{Status: 200, Source: "database", Items: 3}, {Status: 200, Source: "redis", Items: 3}}, IDs: inspect.NewIDs(numbers(1, 3))},
			[]string{"GET /api/trips", "200", "right", "database, redis", "–", "3, ids 1 to 3"}},
		{inspect.Call{Call: trips, Answers: []inspect.Answer{shaped}}, []string{"GET /api/trips", "200", "not spoken: {data} without trips", "–", "–", "–"}},
		{inspect.Call{Call: trips, Answers: []inspect.Answer{{Failure: history.Timeout}}}, []string{"GET /api/trips", "–", "failed: timeout", "–", "–", "–"}},
		{inspect.Call{Call: trips, Answers: []inspect.Answer{{Status: 200, Version: 1}, status(500), {Status: 200, Version: 2}}, Limit: &inspect.Limit{After: 7}},
			[]string{"GET /api/trips", "200", "right 2 times of 3; 429 after 7 requests", "–", "1, then 2", "–"}},
		{inspect.Call{Call: trips, Answers: []inspect.Answer{{Status: 200}, shaped}, NoSource: "header X-Cache"},
			[]string{"GET /api/trips", "200", "right 1 times of 2; else {data} without trips; no source at header X-Cache", "–", "–", "–"}},
	} {
		if got := row.call.Row(); !slices.Equal(got, row.want) || len(got) != len(inspect.Head) {
			t.Errorf("%q, want %q", got, row.want)
		}
	}
}
