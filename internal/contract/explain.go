package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/history"
)

// Explain says in one sentence what is wrong with an answer to a request for key, by what
// does not stand where the contract says; empty: nothing is.
func (j *Judge) Explain(a Response, body []byte, key string) string {
	s := j.spoken
	switch r := j.Judge(a, body, key); {
	case r.Failure == "":
		return ""
	case r.Failure == history.Limited && j.isRight(a.Status):
		return fmt.Sprintf("it answers %d, and says that it is over a limit", a.Status)
	case r.Failure == history.Limited:
		return fmt.Sprintf("it answers %d: over a limit", a.Status)
	case r.Failure == history.Status:
		return fmt.Sprintf("it answers %d instead of %s", a.Status, j.wanted())
	}
	switch {
	case a.TooLong:
		return "its answer is longer than 4 MiB"
	case len(body) < s.Least:
		return fmt.Sprintf("its answer has %d bytes, and at least %d are wanted", len(body), s.Least)
	case !json.Valid(body):
		return "its answer is not JSON"
	case s.Items != "":
		return s.explainItems(body, key)
	case s.Item != "":
		return s.explainItem(a.Header, body, key)
	}
	return "its answer is not what the contract says"
}

// wanted are the statuses of a right answer, in words.
func (j *Judge) wanted() string {
	if len(j.right) == 0 {
		return "2xx"
	}
	var out []string
	for _, s := range j.right {
		out = append(out, fmt.Sprint(s))
	}
	return strings.Join(out, " or ")
}

func (s Spoken) explainItems(body []byte, key string) string {
	list := s.Items.In(body)
	var elements []json.RawMessage
	switch {
	case list == nil:
		return fmt.Sprintf("its answer has no %s: %s", s.Items.path(), members(body))
	case json.Unmarshal(list, &elements) != nil || string(list) == "null":
		return fmt.Sprintf("what stands at %s is no array", s.Items.path())
	case len(elements) == 0:
		return fmt.Sprintf("the array at %s is empty", s.Items.path())
	case s.Most > 0 && len(elements) > s.Most:
		return fmt.Sprintf("the array at %s has %d items, and at most %d are allowed", s.Items.path(), len(elements), s.Most)
	}
	if owner := keyOf(s.Owner.In(body)); s.Owner != "" && owner != key {
		return fmt.Sprintf("at %s stands %q, and %q was asked for", s.Owner.path(), cut(owner), cut(key))
	}
	return fmt.Sprintf("the items at %s do not have what the contract says: %s", s.Items.path(), members(elements[0]))
}

func (s Spoken) explainItem(header http.Header, body []byte, key string) string {
	item := s.Item.In(body)
	of := ""
	if s.Item != "." {
		of = " in " + s.Item.path()
	}
	id := keyOf(s.ID.In(item))
	switch {
	case item == nil:
		return fmt.Sprintf("its answer has no %s: %s", s.Item.path(), members(body))
	case !strings.HasPrefix(string(item), "{"):
		return fmt.Sprintf("what stands at %s is no object", s.Item.path())
	case s.ID != "" && id == "" && !s.ID.Optional():
		return fmt.Sprintf("there is no %s%s: %s", s.ID.path(), of, members(item))
	case id != "" && id != key:
		return fmt.Sprintf("at %s%s stands %q, and %q was asked for", s.ID.path(), of, cut(id), cut(key))
	}
	if name := s.Version.Header(); name != "" && header.Get(name) == "" {
		return fmt.Sprintf("its answer has no header %s", name)
	}
	if s.Version != "" && s.Version.In(item) == nil && s.Version.Header() == "" {
		return fmt.Sprintf("there is no %s%s: %s", s.Version.path(), of, members(item))
	}
	return fmt.Sprintf("what stands at %s%s is no version: want a whole number from 1 on, or a time", s.Version.path(), of)
}

// members says what a value has instead of what was looked for.
func members(value json.RawMessage) string {
	var object map[string]json.RawMessage
	if json.Unmarshal(value, &object) != nil {
		if strings.HasPrefix(strings.TrimSpace(string(value)), "[") {
			return "it is an array, whose place is ."
		}
		return "it is no object"
	}
	names := slices.Sorted(maps.Keys(object))
	if len(names) == 0 {
		return "it is empty"
	}
	const most = 8
	for i, n := range names {
		names[i] = cut(n)
	}
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return "it has " + strings.Join(names, ", ")
}

// cut shortens a text of the service for a sentence.
func cut(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
