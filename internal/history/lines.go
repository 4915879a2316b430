package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
)

// longestLine bounds a line of events.jsonl, so that a file that is none cannot
// fill the memory of its reader.
const longestLine = 1 << 20

// line is an Event as events.jsonl keeps it. The embedded Event's Value is
// hidden by one that can be NaN or infinite, which metrics are at times and JSON
// numbers are not.
type line struct {
	Event
	Value number `json:"value,omitempty"`
}

// number is a JSON number, or one of "NaN", "+Inf" and "-Inf".
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	f := float64(n)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return strconv.AppendQuote(nil, strconv.FormatFloat(f, 'g', -1, 64)), nil
	}
	return json.Marshal(f)
}

func (n *number) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case `"NaN"`:
		*n = number(math.NaN())
	case `"+Inf"`:
		*n = number(math.Inf(1))
	case `"-Inf"`:
		*n = number(math.Inf(-1))
	default:
		return json.Unmarshal(b, (*float64)(n))
	}
	return nil
}

// encodeLine is e as one line, its end included. Text that is not UTF-8 has its
// bad bytes replaced.
func encodeLine(e Event) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // people read this file
	if err := enc.Encode(line{e, number(e.Value)}); err != nil {
		return nil, err
	}
	if b.Len() > longestLine {
		return nil, fmt.Errorf("%s event of %d bytes is longer than a line may be (%d)", e.Kind, b.Len(), longestLine)
	}
	return b.Bytes(), nil
}

// decodeLine is the event that a line holds. It is strict: a field it does not
// know was written by another version, and may be the one that matters.
func decodeLine(b []byte) (Event, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var l line
	if err := dec.Decode(&l); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return Event{}, fmt.Errorf("not a whole event: %q", start(b))
		}
		return Event{}, fmt.Errorf("%w: %q", err, start(b))
	}
	if dec.InputOffset() < int64(len(bytes.TrimRight(b, " \t\r\n"))) {
		return Event{}, fmt.Errorf("more than one event: %q", start(b))
	}
	if l.Kind == "" {
		return Event{}, fmt.Errorf("an event without a kind: %q", start(b))
	}
	l.Event.Value = float64(l.Value)
	return l.Event, nil
}

// start is as much of a bad line as an error should show.
func start(b []byte) []byte { return b[:min(len(b), 60)] }
