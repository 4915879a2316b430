package claim

import (
	"fmt"
	"strings"
)

// unknown says that what (a "stream", a "measure") is not one of known, and
// which one was probably meant.
func unknown(what, name string, known []string) string {
	msg := fmt.Sprintf("unknown %s %q", what, name)
	if best := nearest(name, known); best != "" {
		return fmt.Sprintf("%s; did you mean %q?", msg, best)
	}
	switch {
	case len(known) == 0:
		return fmt.Sprintf("%s; there is none here", msg)
	case len(known) > 10:
		return msg
	}
	return fmt.Sprintf("%s; known: %s", msg, strings.Join(known, ", "))
}

// nearest is the known word fewest edits away from name, if these are few
// enough to be a slip: a third of the word, at least one.
func nearest(name string, known []string) string {
	best, fewest := "", max(1, len([]rune(name))/3)+1
	for _, k := range known {
		if d := edits([]rune(strings.ToLower(name)), []rune(strings.ToLower(k))); d < fewest {
			best, fewest = k, d
		}
	}
	return best
}

// edits is how many runes must be inserted, dropped, replaced or swapped with
// their neighbour to make b of a (optimal string alignment).
func edits(a, b []rune) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		beforeThat := before
		before, row = row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(before[j+1]+1, row[j]+1, before[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], beforeThat[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
