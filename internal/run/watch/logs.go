package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/redact"
)

const (
	// LogStep is how often the logs are read, and so how late a line is seen.
	LogStep = 20 * time.Millisecond
	// sameWithin is for how long lines of the same level and message are one event.
	sameWithin = 200 * time.Millisecond
	// longestLine is what is read of a line, and longestShown what is kept of its message.
	longestLine, longestShown = 64 << 10, 200
)

// Logs reads what instances write to their logs, as it comes. It goes on where it was, from one segment to the next.
type Logs struct {
	clock *history.Clock
	files map[string]*logFile // by path
}

// NewLogs is for one scenario.
func NewLogs(clock *history.Clock) *Logs { return &Logs{clock: clock, files: map[string]*logFile{}} }

// A logFile is how far a log was read.
type logFile struct {
	at   int64
	part []byte                   // of a line that has come in part
	last map[string]time.Duration // when a line of that kind was recorded
}

// Follow records each line until ctx ends, and then what is left, as history.Log. Of lines of the same level and message
// the first in 200 ms is recorded. A line that shows a secret is recorded each time.
func (l *Logs) Follow(ctx context.Context, logs []lab.Log, record func(history.Event)) {
	tick := time.NewTicker(LogStep)
	defer tick.Stop()
	for {
		for _, f := range logs {
			l.read(f, record)
		}
		if ctx.Err() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// read records what has come since it was last called. A log that cannot be read yet is read later.
func (l *Logs) read(from lab.Log, record func(history.Event)) {
	at := l.clock.Now()
	file, err := os.Open(from.Path)
	if err != nil {
		return
	}
	defer file.Close()
	f := l.files[from.Path]
	if f == nil {
		f = &logFile{last: map[string]time.Duration{}}
		l.files[from.Path] = f
	}
	if f.at < from.From { // what the process before it wrote at its end is nobody's business now
		f.at, f.part = from.From, nil
	}
	text, err := io.ReadAll(io.NewSectionReader(file, f.at, 1<<40))
	if err != nil {
		return
	}
	f.at += int64(len(text))
	text = append(f.part, text...)
	for {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			f.part = bytes.Clone(text[:min(len(text), longestLine)])
			return
		}
		text = rest
		if bytes.HasPrefix(line, []byte("--- ")) || len(bytes.TrimSpace(line)) == 0 {
			continue // bench's own heading
		}
		for _, e := range read(line[:min(len(line), longestLine)], from.Hidden) {
			kind := e.Name + e.On + e.Detail
			if was, ok := f.last[kind]; ok && at-was < sameWithin && e.Name != history.LogSecret {
				continue
			}
			f.last[kind] = at
			e.Kind, e.Arm, e.Instance, e.At, e.Until = history.Log, from.Arm, from.Instance, at, l.clock.Now()
			record(e)
		}
	}
}

// read is what a line says, and, where it shows a secret, that it does.
func read(line []byte, hidden []string) []history.Event {
	shown := string(line)
	for _, s := range hidden {
		shown = strings.ReplaceAll(shown, s, "xxxxx")
	}
	secret := shown != string(line)
	shown = redact.Text(shown)
	e := history.Event{Name: history.LogPlain, Detail: cut(shown)}
	var fields map[string]any
	if json.Unmarshal([]byte(shown), &fields) == nil {
		if level := level(fields["level"]); level != "" {
			e.Name = level
			for _, key := range []string{"msg", "message"} {
				if text, ok := fields[key].(string); ok {
					e.Detail = cut(text)
				}
			}
		}
	}
	if strings.Contains(strings.ToLower(shown), "redis") {
		e.On = "redis"
	}
	all := []history.Event{e}
	if secret {
		all = append(all, history.Event{Name: history.LogSecret, Detail: cut(shown)})
	}
	return all
}

func cut(text string) string { return strings.ToValidUTF8(text[:min(len(text), longestShown)], "") }

// level is a level as loggers write it: a word, or a number as pino has it; empty: it is none.
func level(v any) string {
	switch v := v.(type) {
	case string:
		switch word := strings.ToLower(v); word {
		case "warning":
			return "warn"
		case "fatal", "panic", "critical":
			return "error"
		case "trace", "debug", "info", "warn", "error":
			return word
		}
	case float64:
		switch {
		case v >= 50:
			return "error"
		case v >= 40:
			return "warn"
		case v >= 30:
			return "info"
		}
		return "debug"
	}
	return ""
}
