package inspect

import (
	"regexp"
	"strings"
	"unicode"
)

var digits = regexp.MustCompile(`[0-9]+`)

// pattern is what the keys have in common that were used for these ids: {id} stands for the
// id, * for what differs otherwise. ids and keys belong together; an id may be empty.
func pattern(ids, keys []string) string {
	var all [][]word
	for i, key := range keys {
		all = append(all, words(key, ids[i]))
		if len(all[i]) != len(all[0]) {
			return common(keys) + "*"
		}
	}
	var out strings.Builder
	for at, w := range all[0] {
		same, areIDs, oneID := true, true, true
		for i := range all {
			same = same && all[i][at].text == w.text
			areIDs = areIDs && all[i][at].isID
			oneID = oneID && ids[i] == ids[0]
		}
		switch {
		case areIDs && (oneID || !same):
			out.WriteString("{id}")
		case same:
			out.WriteString(w.text)
		default:
			out.WriteString("*")
		}
	}
	return out.String()
}

// A word is a part of a key: letters and digits, one other character, or the id.
type word struct {
	text string
	isID bool
}

func words(key, id string) (out []word) {
	part := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	for rest := key; rest != ""; {
		n := strings.IndexFunc(rest, func(r rune) bool { return !part(r) })
		switch {
		case n < 0:
			n = len(rest)
		case n == 0:
			n = len(string([]rune(rest)[:1]))
		}
		w := word{text: rest[:n]}
		if after, ok := strings.CutPrefix(rest, id); ok && id != "" && (after == "" || !part([]rune(after)[0])) {
			w = word{id, true}
		}
		out = append(out, w)
		rest = rest[len(w.text):]
	}
	return out
}

// common is how all texts begin.
func common(texts []string) string {
	start := texts[0]
	for _, t := range texts {
		for !strings.HasPrefix(t, start) {
			start = start[:len(start)-1]
		}
	}
	return strings.ToValidUTF8(start, "")
}
