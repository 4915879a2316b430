package scenarios

import (
	"fmt"
	"strings"

	"github.com/trektribe/bench/internal/near"
)

// hint ends a message about a wrong word: the right word if one is close, else all of them.
func hint(word string, right []string) string {
	if best := near.Word(word, right); best != "" {
		return fmt.Sprintf(" (did you mean %s?)", best)
	}
	if len(right) == 0 {
		return ""
	}
	return fmt.Sprintf(" (there is: %s)", strings.Join(right, ", "))
}

// quote makes what somebody wrote fit into a line.
func quote(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
