package scenarios

import (
	"fmt"
	"slices"
	"strings"
)

// near ends a message about a wrong word: the right word if one is close, else all of them.
func near(word string, right []string) string {
	best, least := "", 4
	for _, w := range right {
		// Up to a third of the word may be wrong, three letters at most.
		if d := distance(strings.ToLower(word), strings.ToLower(w)); d < least && d <= max(1, len(w)/3) {
			best, least = w, d
		}
	}
	if best != "" {
		return fmt.Sprintf(" (did you mean %s?)", best)
	}
	if len(right) == 0 {
		return ""
	}
	return fmt.Sprintf(" (there is: %s)", strings.Join(right, ", "))
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that make b of a. Long words are simply far away.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	s, t := []rune(a), []rune(b)
	var before, last []int
	row := make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := range s {
		before, last = last, slices.Clone(row)
		row[0] = i + 1
		for j := range t {
			swap := 1
			if s[i] == t[j] {
				swap = 0
			}
			row[j+1] = min(last[j]+swap, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(t)]
}

// quote makes what somebody wrote fit into a line.
func quote(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
