package reports

import (
	"strings"
	"unicode"
)

// wide are the runes that a terminal draws two columns wide: the blocks that
// matter of Unicode's East Asian Width (UAX #11), and emoji.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1}, // Hangul Jamo
		{Lo: 0x2e80, Hi: 0x303e, Stride: 1}, // CJK radicals and punctuation
		{Lo: 0x3041, Hi: 0x33ff, Stride: 1}, // kana, CJK symbols
		{Lo: 0x3400, Hi: 0x4dbf, Stride: 1}, // CJK extension A
		{Lo: 0x4e00, Hi: 0x9fff, Stride: 1}, // CJK
		{Lo: 0xa000, Hi: 0xa4cf, Stride: 1}, // Yi
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1}, // Hangul
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1}, // CJK compatibility
		{Lo: 0xff00, Hi: 0xff60, Stride: 1}, // full-width forms
		{Lo: 0xffe0, Hi: 0xffe6, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1}, // emoji
		{Lo: 0x1f680, Hi: 0x1f6ff, Stride: 1},
		{Lo: 0x1f900, Hi: 0x1f9ff, Stride: 1},
		{Lo: 0x20000, Hi: 0x3fffd, Stride: 1}, // CJK extensions
	},
}

func runeWidth(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// width is how many columns a terminal needs for s.
func width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// pad fills s with spaces to w columns.
func pad(s string, w int) string {
	return s + strings.Repeat(" ", max(0, w-width(s)))
}

// clean makes s fit for one line of a terminal. Error texts and bodies of a
// service under test end up in reports; an escape sequence among them must not
// reach the terminal.
func clean(s string) string {
	ok := func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar, unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
			return '�'
		}
		return r
	}
	return strings.Join(strings.Fields(strings.Map(ok, s)), " ")
}

// cut shortens s to w columns, with an ellipsis where something is missing.
func cut(s string, w int) string {
	if width(s) <= w {
		return s
	}
	n := 0
	for i, r := range s {
		if n+runeWidth(r) > w-1 {
			if w < 1 {
				return ""
			}
			return s[:i] + "…"
		}
		n += runeWidth(r)
	}
	return s
}

// wrap breaks s at spaces into lines of at most w columns; a word that is
// longer than that is broken where it must be. It returns at least one line.
func wrap(s string, w int) []string {
	w = max(w, 2) // a wide rune must fit
	var lines []string
	line, used := "", 0
	flush := func() {
		lines = append(lines, line)
		line, used = "", 0
	}
	for _, f := range strings.Fields(s) {
		if used > 0 && used+1+width(f) > w {
			flush()
		}
		if used > 0 {
			line += " "
			used++
		}
		for _, r := range f {
			if used+runeWidth(r) > w {
				flush()
			}
			line += string(r)
			used += runeWidth(r)
		}
	}
	if line != "" || lines == nil {
		flush()
	}
	return lines
}
