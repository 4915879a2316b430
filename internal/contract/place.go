package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/traffic"
)

// A Place is where something stands in an answer. "data.items" are members of JSON, from
// the outside in; a whole number is an element of an array, from 0; "." is all of it.
// "header NAME" is a header. A "?" at its end: it may be missing. Empty: it is nowhere.
type Place string

const headerPrefix = "header "

// ParsePlace reads a place as a contract has it. header: it may be a header.
func ParsePlace(text string, header bool) (Place, error) {
	p := Place(text)
	path := p.path()
	if name, ok := strings.CutPrefix(path, headerPrefix); ok {
		switch {
		case !header:
			return "", fmt.Errorf("%q is a header; this stands in the body, such as data.items", text)
		case !traffic.IsHeaderName(name):
			return "", fmt.Errorf("%q is not a header name", name)
		}
		return p, nil
	}
	switch {
	case path == ".":
		return p, nil
	case strings.HasPrefix(path, "$"):
		return "", fmt.Errorf("%q: leave out the $; members are joined by dots, such as data.items", text)
	case strings.ContainsAny(path, "[]"):
		return "", fmt.Errorf("%q: an element of an array is a number between dots, such as data.0.id", text)
	case strings.ContainsAny(path, " \t*/?\""):
		return "", fmt.Errorf("%q is no place: members are joined by dots, such as data.items; . is the whole body", text)
	}
	for step := range strings.SplitSeq(path, ".") {
		if step == "" {
			return "", fmt.Errorf("%q has an empty member: members are joined by one dot, such as data.items", text)
		}
	}
	return p, nil
}

// Optional reports whether what stands there may be missing.
func (p Place) Optional() bool { return strings.HasSuffix(string(p), "?") }

func (p Place) path() string { return strings.TrimSuffix(string(p), "?") }

// Header is the name of the header; empty: it is none.
func (p Place) Header() string {
	name, _ := strings.CutPrefix(p.path(), headerPrefix)
	if name == p.path() {
		return ""
	}
	return name
}

// In is the JSON value that stands there in a value; nil: none.
func (p Place) In(value json.RawMessage) json.RawMessage {
	path := p.path()
	if p == "" || p.Header() != "" {
		return nil
	}
	if path == "." {
		return bytes.TrimSpace(value)
	}
	for step := range strings.SplitSeq(path, ".") {
		if value = member(value, step); value == nil {
			return nil
		}
	}
	return value
}

func member(value json.RawMessage, name string) json.RawMessage {
	var object map[string]json.RawMessage
	if json.Unmarshal(value, &object) == nil {
		return object[name]
	}
	var array []json.RawMessage
	n, err := strconv.Atoi(name)
	if err != nil || n < 0 || json.Unmarshal(value, &array) != nil || n >= len(array) {
		return nil
	}
	return array[n]
}

// words is the text that stands there, of a body or a header; empty: none.
func (p Place) words(body json.RawMessage, header http.Header) string {
	if name := p.Header(); name != "" {
		return header.Get(name)
	}
	return plain(p.In(body))
}

// plain is a JSON text, number or truth as a text; empty: it is something else.
func plain(value json.RawMessage) (text string) {
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	switch {
	case len(value) == 0, bytes.ContainsAny(value[:1], "{["):
		return ""
	}
	return string(value)
}
