package strictyaml

import (
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// WrongAt notes a mistake at rune col (from 1) of the value's text, as Text reads it. Where that
// place cannot be told in the file, the mistake is at the key and says the column.
func (v Value) WrongAt(col int, what, msg string) {
	if line, at, ok := v.place(col); ok {
		v.file.wrong(line, at, "%s: %s", what, msg)
		return
	}
	v.WrongKey("%s, column %d: %s", what, col, msg)
}

// place finds where rune col of the value's text stands in the file. Folding and
// indenting change nothing but white space, so it is enough to walk along the
// visible runes of both. ok is false where they differ, as they do behind an
// escape like \x41.
func (v Value) place(col int) (line, at int, ok bool) {
	s, isScalar := v.Scalar()
	if !isScalar || v.node.GetToken() == nil {
		return 0, 0, false
	}
	want := []rune(strings.Join(strings.Fields(s), " "))
	line, at = v.line, v.col
	style := v.node.GetToken().Type
	if _, block := v.node.(*ast.LiteralNode); block {
		line, at = line+1, 1
	} else if style == token.SingleQuoteType || style == token.DoubleQuoteType {
		at++
	}
	next := 0 // the rune of want that comes next
	skip := func() {
		for next < len(want) && unicode.IsSpace(want[next]) {
			next++
		}
	}
	afterLine, after := line, at // just behind the last visible rune
	for skip(); line <= len(v.file.lines); line, at = line+1, 1 {
		src := []rune(v.file.lines[line-1])
		for ; at <= len(src); at++ {
			here := at
			if unicode.IsSpace(src[at-1]) {
				continue
			}
			if at < len(src) && escapes(style, string(src[at-1:at+1])) {
				at++
			}
			if next >= len(want) {
				return afterLine, after, true // past its end
			}
			if src[at-1] != want[next] {
				return 0, 0, false
			}
			if next++; next >= col {
				return line, here, true
			}
			afterLine, after = line, at+1
			skip()
		}
		if next >= len(want) {
			return afterLine, after, true
		}
	}
	return afterLine, after, next >= len(want)
}

// escapes reports whether two runes of a quoted scalar stand for the second alone.
func escapes(style token.Type, pair string) bool {
	switch style {
	case token.SingleQuoteType:
		return pair == "''"
	case token.DoubleQuoteType:
		return pair == `\"` || pair == `\\` || pair == `\/`
	}
	return false
}
