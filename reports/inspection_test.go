package reports_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/inspect"
	"github.com/trektribe/bench/internal/traffic"
	"github.com/trektribe/bench/reports"
)

// What a service speaks is shown where somebody asked it, as text and in the report.
func TestWhatAServiceSpeaksIsShown(t *testing.T) {
	calls := []inspect.Call{
		{Call: traffic.Call{Method: "GET", Path: "/api/trips"}, Answers: []inspect.Answer{{Status: 200, Source: "database", Items: 2}}},
		{Call: traffic.Call{Method: "GET", Path: "/a|b"}, Answers: []inspect.Answer{{Status: 404, Failure: history.Status}}},
	}
	tables := []inspect.Table{{Arm: "one", Calls: calls}, {Arm: "two", Calls: slices.Clone(calls[:1]), Watched: true, Wire: []string{"a note"}},
		{Arm: "three", Calls: slices.Clone(calls[1:]), Watched: true}} // of what is not spoken, nothing is known
	tables[1].Calls[0].Wire = []inspect.Exchange{
		{When: inspect.Cold, Requests: 1, Of: 1, Result: inspect.Miss, Said: []inspect.Said{{Name: "SET", Key: "a|b", Reply: history.ReplyOK, TTL: 2, TTLMost: 2}}, Trips: 1, Took: 0.25},
		{When: inspect.Warm, Requests: 2, Of: 2, Result: inspect.Silent, Took: 0.001}}
	var text strings.Builder
	if err := reports.InspectionTable(&text, tables); err != nil {
		t.Fatal(err)
	}
	want := `one
call            status  shape                   source    version  items
GET /api/trips  200     right                   database  –        2, without ids
GET /a|b        404     not spoken: status 404  –         –        –

What it says to Redis is not seen: bench's own proxy is not before it.

two
call            status  shape  source    version  items
GET /api/trips  200     right  database  –        2, without ids

call            asked          says to Redis  commands  trips  time to live  result  takes
GET /api/trips  cold           SET a|b        1         1      2 s           miss    250 ms
                warm, 2 times  –              0         0      –             –       1 ms
a note

three
call      status  shape                   source  version  items
GET /a|b  404     not spoken: status 404  –       –        –
`
	if got := text.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	report := func(in reports.Inspection) string {
		var out strings.Builder
		if err := reports.Markdown(&out, reports.Run{Inspection: in}); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	const title = "## What the service speaks"
	shown := report(reports.Inspection{Tables: tables, Notes: []string{"kinds is played without profile"}})
	for _, part := range []string{title, "### two", `| GET /a\|b | 404 | not spoken: status 404 | – | – | – |`, "- kinds is played without profile",
		`| GET /api/trips | cold | SET a\|b | 1 | 1 | 2 s | miss | 250 ms |`, "- a note"} {
		if !strings.Contains(shown, part) {
			t.Errorf("no %q in\n%s", part, shown)
		}
	}
	if got := report(reports.Inspection{}); strings.Contains(got, title) {
		t.Errorf("an inspection that was not made is shown:\n%s", got)
	}
}
