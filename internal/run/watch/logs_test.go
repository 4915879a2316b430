package watch

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
)

// said has Logs read what is added to a log, once.
func said(t *testing.T, l *Logs, of lab.Log, text string) []history.Event {
	t.Helper()
	f, err := os.OpenFile(of.Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	ctx, done := context.WithCancel(t.Context())
	done()
	var got []history.Event
	l.Follow(ctx, []lab.Log{of}, func(e history.Event) { got = append(got, e) })
	return got
}

func TestALineOfALogIsAnEvent(t *testing.T) {
	of := lab.Log{Arm: "a", Instance: "1", Path: filepath.Join(t.TempDir(), "log")}
	for text, want := range map[string]history.Event{
		`{"level":"WARN","msg":"redis fails"}`:                       {Name: "warn", On: "redis", Detail: "redis fails"},
		`{"level":50,"message":"oops","err":"Redis is away"}`:        {Name: "error", On: "redis", Detail: "oops"},
		`{"level":30,"msg":"ready"}`:                                 {Name: "info", Detail: "ready"},
		`{"msg":"no level"}`:                                         {Name: history.LogPlain, Detail: `{"msg":"no level"}`},
		`Error: connect ECONNREFUSED redis://u:secret@host`:          {Name: history.LogPlain, On: "redis", Detail: `Error: connect ECONNREFUSED redis://xxxxx@host`},
		`{"level":"error","msg":"` + strings.Repeat("x", 500) + `"}`: {Name: "error", Detail: strings.Repeat("x", longestShown)},
	} {
		l := NewLogs(history.NewClock())
		os.Remove(of.Path)
		got := said(t, l, of, "--- start\n"+text+"\n\n")
		if len(got) != 1 || got[0].Kind != history.Log || got[0].Arm != "a" || got[0].Instance != "1" || got[0].Name != want.Name || got[0].On != want.On || got[0].Detail != want.Detail {
			t.Errorf("%s: got %+v, want one event like %+v", text, got, want)
		}
	}
}

// What is kept of a line has no secret, however it stands in it.
func TestASecretInALogIsToldAndNotKept(t *testing.T) {
	of := lab.Log{Path: filepath.Join(t.TempDir(), "log"), Hidden: []string{"hunter2"}}
	l := NewLogs(history.NewClock())
	for range 2 { // each time
		got := said(t, l, of, `{"level":"info","msg":"redis://:hunter2@host","hunter2":"hunter2"}`+"\n")
		text, _ := json.Marshal(got)
		if len(got) == 0 || got[len(got)-1].Name != history.LogSecret || strings.Contains(string(text), "hunter2") {
			t.Errorf("got %s, want a secret told and not shown", text)
		}
	}
}

// A line counts once, when it is whole, and the same one again only after a while.
func TestALogIsReadOn(t *testing.T) {
	of := lab.Log{Path: filepath.Join(t.TempDir(), "log")}
	l := NewLogs(history.NewClock())
	for i, step := range []struct {
		text string
		want int
	}{{"a\nb", 1}, {"", 0}, {"c\n", 1}, {"bc\nbc\n", 0}, {"d\n", 1}} {
		if got := said(t, l, of, step.text); len(got) != step.want {
			t.Errorf("step %d: got %+v, want %d", i, got, step.want)
		}
	}
	of.From = 1 << 20 // a process that has just begun
	if got := said(t, l, of, "e\n"); len(got) != 0 {
		t.Errorf("of the process before: %+v", got)
	}
}
