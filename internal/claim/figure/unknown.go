package figure

import (
	"fmt"
	"strings"

	"github.com/trektribe/bench/internal/near"
)

// Unknown is the message for a name that is not one of known, with the nearest
// of these. What is what it names: "stream", "measure".
func Unknown(what, name string, known []string) string {
	msg := fmt.Sprintf("unknown %s %q", what, name)
	if best := near.Word(name, known); best != "" {
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
