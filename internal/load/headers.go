package load

import (
	"net/http"
	"slices"
	"strings"
)

// A keeper keeps headers of answers. Its patterns are in small letters.
type keeper []string

func newKeeper(patterns []string) keeper {
	var k keeper
	for _, p := range patterns {
		k = append(k, strings.ToLower(p))
	}
	return k
}

// mostKept bounds what is kept of one answer, in bytes.
const mostKept = 2048

// text is the history's text of the headers to keep. What exceeds mostKept is left out.
func (k keeper) text(header http.Header) string {
	if len(k) == 0 {
		return ""
	}
	var lines []string
	for name, values := range header {
		name = strings.ToLower(name)
		if !k.keeps(name) {
			continue
		}
		lines = append(lines, strings.ToValidUTF8(name+"="+strings.Join(values, ", "), "?"))
	}
	slices.Sort(lines)
	size := 0
	lines = slices.DeleteFunc(lines, func(line string) bool {
		size += len(line) + 1
		return size > mostKept
	})
	return strings.Join(lines, "\n")
}

func (k keeper) keeps(name string) bool {
	return slices.ContainsFunc(k, func(pattern string) bool {
		if start, isStart := strings.CutSuffix(pattern, "*"); isStart {
			return strings.HasPrefix(name, start)
		}
		return name == pattern
	})
}
