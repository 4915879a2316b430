package discover

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/contract"
)

// The names by which services call an id, a version, and where an answer came from, in small letters.
var (
	idNames      = []string{"id", "_id", "uuid", "sku", "slug", "key", "code", "isbn", "number", "name"}
	versionNames = []string{"version", "rev", "revision", "updatedat", "updated_at", "modifiedat", "modified_at", "lastmodified", "etag"}
	sourceNames  = []string{"source", "cached", "fromcache", "from_cache", "cache", "from", "origin", "hit"}
	sourceHeads  = []string{"X-Source", "X-Cache", "X-Cache-Status", "X-From-Cache", "X-Cache-Hit", "Cache-Status"}
)

// mostIDs and mostBytes bound the ids that a contract lists, in one line.
const (
	mostIDs   = 50
	mostBytes = 1_000
)

// read finds the list in a body: at the top, or one or two members down. It is not empty.
func (l *List) read(body []byte) bool {
	l.Items = listIn(body, 2)
	if l.Items == "" {
		return false
	}
	elements := array(contract.Place(l.Items).In(body))
	first := object(elements[0])
	for _, name := range named(first, idNames) {
		var ids []string
		for _, e := range elements {
			if id := contract.IDText(object(e)[name]); id != "" && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		if len(ids) == len(elements) {
			l.ID, l.IDs = name, few(ids)
			break
		}
	}
	l.Version = versionIn(first)
	return true
}

// few are the first ids, as many as a contract lists.
func few(ids []string) []string {
	bytes := 0
	for i, id := range ids {
		if bytes += len(id); i == mostIDs || bytes > mostBytes {
			return ids[:i]
		}
	}
	return ids
}

// listIn is the place of the first array of objects; empty: there is none that is not empty.
func listIn(value json.RawMessage, depth int) string {
	if elements := array(value); len(elements) > 0 && object(elements[0]) != nil {
		return "."
	}
	members := object(value)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if depth == 0 || strings.ContainsAny(name, ". /*?\"[]") {
			continue
		}
		switch at := listIn(members[name], depth-1); at {
		case "":
		case ".":
			return name
		default:
			return name + "." + at
		}
	}
	return ""
}

// oneIn is where the one thing of an id stands in a body, and where its id and version stand in it.
func oneIn(body []byte, id string) (item, own, version string, found bool) {
	look := func(place string, value json.RawMessage) bool {
		members := object(value)
		for _, name := range named(members, idNames) {
			if contract.IDText(members[name]) == id {
				item, own, version = place, name, versionIn(members)
				return true
			}
		}
		return false
	}
	if look(".", body) {
		return item, own, version, true
	}
	members := object(body)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if look(name, members[name]) {
			return item, own, version, true
		}
	}
	return "", "", "", false
}

// named are the members with one of these names, in the order of the names.
func named(members map[string]json.RawMessage, names []string) (out []string) {
	for _, name := range names {
		for _, have := range slices.Sorted(maps.Keys(members)) {
			if strings.ToLower(have) == name {
				out = append(out, have)
			}
		}
	}
	return out
}

// versionIn is the member that is a version; empty: none is.
func versionIn(members map[string]json.RawMessage) string {
	for _, name := range named(members, versionNames) {
		if contract.IsVersion(members[name]) {
			return name
		}
	}
	return ""
}

// sourceIn is where an answer says its source, and its words for that: what it says cold is the
// database, what it says warm the cache. Where both say the same, nothing is known.
func sourceIn(cold, warm Answer) (place, words string) {
	pair := func(was, is string) string {
		switch {
		case was == is || is == "":
			return ""
		case slices.Contains(contract.Sources, was) && slices.Contains(contract.Sources, is):
			return "-" // the words of the reference
		case was == "":
			was = contract.None
		}
		return quote(was) + ": database, " + quote(is) + ": cache"
	}
	for _, name := range sourceHeads {
		if words := pair(cold.Header.Get(name), warm.Header.Get(name)); words != "" {
			return "header " + http.CanonicalHeaderKey(name), words
		}
	}
	before, after := object(cold.Body), object(warm.Body)
	for _, name := range named(after, sourceNames) {
		if words := pair(word(before[name]), word(after[name])); words != "" {
			return name, words
		}
	}
	return "", ""
}

// word is a text or a truth as one word; empty: it is neither.
func word(value json.RawMessage) (text string) {
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	if s := string(value); s == "true" || s == "false" {
		return s
	}
	return ""
}

// redisIn is where an answer of health says the state of Redis, and the word that it has now, while
// Redis is there.
func redisIn(body []byte) (place, now string) {
	var look func(value json.RawMessage, at string, depth int, inside bool) bool
	look = func(value json.RawMessage, at string, depth int, inside bool) bool {
		members := object(value)
		for _, name := range slices.Sorted(maps.Keys(members)) {
			lower := strings.ToLower(name)
			about := inside || strings.Contains(lower, "redis") || strings.Contains(lower, "cache")
			path := strings.TrimPrefix(at+"."+name, ".")
			if w := word(members[name]); about && w != "" && len(w) < 30 && (!inside || lower == "status" || lower == "state" || lower == "up") {
				place, now = path, w
				return true
			}
			if depth > 0 && look(members[name], path, depth-1, about) {
				return true
			}
		}
		return false
	}
	look(body, "", 2, false)
	return place, now
}
