// Package near helps with a wrong word: it finds the right one beside it, and
// writes both for a message. It knows no domain.
package near

import (
	"fmt"
	"strings"
)

// longest is how long a word may be; no name is longer, and the search is quadratic.
const longest = 64

// Word is the right word that is fewest edits away from word, regardless of
// case, if these are few enough to be a slip: a third of it, at least one.
// Empty: there is none. Of equals, the first.
func Word(word string, right []string) string {
	w := []rune(strings.ToLower(word))
	best, fewest := "", max(1, len(w)/3)+1
	if len(w) > longest {
		return ""
	}
	for _, r := range right {
		if d := edits(w, []rune(strings.ToLower(r))); d < fewest {
			best, fewest = r, d
		}
	}
	return best
}

// Hint ends a message about a wrong word: the right word if one is close, else all of them.
func Hint(word string, right []string) string {
	if best := Word(word, right); best != "" {
		return fmt.Sprintf(" (did you mean %s?)", best)
	}
	if len(right) == 0 {
		return ""
	}
	return fmt.Sprintf(" (there is: %s)", strings.Join(right, ", "))
}

// Quote makes what somebody wrote fit into a line.
func Quote(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
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
