package scenarios

import (
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/expr"
)

// claims reads the claims, after all that they may name.
func (r *reader) claims(t table, s *Scenario) {
	s.Claims = []claim.Text{}
	v, ok := t.fields["claims"]
	if !ok {
		return
	}
	scope, judge := r.scope(s)
	for _, one := range r.list(v) {
		t, ok := r.table(one, "a claim", claimKeys)
		if !ok {
			continue
		}
		c := claim.Text{
			ID:    t.name("id", "results are filed under it", ".-_"),
			Holds: t.text("holds", "the comparison that must be true"),
		}
		for key, field := range map[string]*string{"says": &c.Says, "source": &c.Source, "reading": &c.Reading, "requires": &c.Requires} {
			if t.has(key) {
				*field = t.text(key, "")
			}
		}
		if c.ID != "" && slices.ContainsFunc(s.Claims, func(o claim.Text) bool { return o.ID == c.ID }) {
			at := t.fields["id"]
			r.wrong(at.line, at.col, "a second claim with the id %s", c.ID)
		}
		if judge && c.Holds != "" {
			_, errs := claim.Compile(c, scope)
			for _, e := range errs {
				r.expression(t.fields[e.Field], e)
			}
		}
		s.Claims = append(s.Claims, c)
	}
}

// scope is what expressions may name. Where nothing is left to name, every one
// would be wrong for that reason alone, and none is to be judged.
func (r *reader) scope(s *Scenario) (scope expr.Scope, judge bool) {
	scope = s.Scope()
	nameless := func(n string) bool { return n == "" }
	scope.Streams, scope.Phases = slices.DeleteFunc(scope.Streams, nameless), slices.DeleteFunc(scope.Phases, nameless)
	return scope, len(scope.Streams) > 0 && len(scope.Phases) > 0
}

// expression notes a mistake in the expression that v holds.
func (r *reader) expression(v value, e *expr.Error) {
	if line, col, ok := r.place(v, e.Col); ok {
		r.wrong(line, col, "%s: %s", e.Field, e.Msg)
		return
	}
	r.wrong(v.keyLine, v.keyCol, "%s, column %d: %s", e.Field, e.Col, e.Msg)
}

// place finds where rune col (from 1) of v's text, as text reads it, stands in
// the file. Folding and indenting change nothing but white space, so it is
// enough to walk along the visible runes of both; ok is false where they
// differ, as they do behind an escape like \x41.
func (r *reader) place(v value, col int) (line, at int, ok bool) {
	s, isScalar := scalar(v.node)
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
	for skip(); line <= len(r.lines); line, at = line+1, 1 {
		src := []rune(r.lines[line-1])
		for ; at <= len(src); at++ {
			here := at
			if unicode.IsSpace(src[at-1]) {
				continue
			}
			if at < len(src) {
				pair := string(src[at-1 : at+1])
				if style == token.SingleQuoteType && pair == "''" || style == token.DoubleQuoteType && (pair == `\"` || pair == `\\` || pair == `\/`) {
					at++
				}
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
