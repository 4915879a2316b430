package reports

import (
	"strings"
	"unicode"
)

// markup are the characters that mean something in Markdown or in HTML wherever
// they stand. CommonMark allows a backslash before each of them.
const markup = "\\`*_[]<>|~&"

// Escape makes s plain text on one line of Markdown, also inside a table, for pages that others write beside these.
func Escape(s string) string { return escape(s) }

// escape makes s plain text on one line of Markdown, also inside a table.
func escape(s string) string {
	s = clean(s)
	var b strings.Builder
	for i, r := range s {
		// At its start a line may become a heading, a list or a ruler.
		if strings.ContainsRune(markup, r) || i == 0 && strings.ContainsRune("#+-", r) || listNumber(s, i) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// listNumber reports whether s[i] is what makes the beginning of s a numbered list: "1." or "1)".
func listNumber(s string, i int) bool {
	return i > 0 && (s[i] == '.' || s[i] == ')') &&
		strings.TrimLeftFunc(s[:i], unicode.IsDigit) == "" && (i+1 == len(s) || s[i+1] == ' ')
}

// code makes s a code span on one line. Inside a table even code must not hold
// a bare |; GitHub takes \| there for |, and only there.
func code(s string, inTable bool) string {
	if s = clean(s); s == "" {
		return ""
	}
	if inTable {
		s = strings.ReplaceAll(s, "|", `\|`)
	}
	fence, run := 1, 0
	for _, r := range s {
		if r == '`' {
			run++
			fence = max(fence, run+1)
		} else {
			run = 0
		}
	}
	if fence > 1 || strings.HasPrefix(s, " ") {
		s = " " + s + " "
	}
	ticks := strings.Repeat("`", fence)
	return ticks + s + ticks
}
