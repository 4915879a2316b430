package claim

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// parser is recursive descent over
//
//	formula    = comparison { "and" comparison } .
//	comparison = sum [ ( "<=" | "<" | ">=" | ">" | "==" ) sum | "in" sum ".." sum ] .
//	sum        = product { ( "+" | "-" ) product } .
//	product    = unary { ( "*" | "/" ) unary } .
//	unary      = [ "-" ] ( figure | "(" sum ")" | measure "(" arguments ")" ) .
//
// A mistake in the grammar gives up the comparison it stands in and goes on at
// the next "and"; any other is noted and does not stop it.
type parser struct {
	field string
	src   []rune
	toks  []token
	i     int
	scope Scope
	out   formula
	errs  []*Error
	depth int
}

// giveUp ends a comparison whose grammar is broken.
type giveUp struct{}

// deepest is how far an expression may nest: more is an accident, and the
// recursion must end somewhere.
const deepest = 50

func parse(field, text string, s Scope) (*formula, []*Error) {
	p := &parser{field: field, src: []rune(text), scope: s}
	p.toks = lex(p.src)
	if p.peek().kind == end {
		if field == "holds" {
			p.note(0, "nothing to decide: write a comparison such as p50(trips) <= 6ms")
		}
		return &p.out, p.errs
	}
	for {
		p.term()
		if !p.isWord("and") {
			break
		}
		p.i++
	}
	slices.SortStableFunc(p.errs, func(a, b *Error) int { return cmp.Compare(a.Col, b.Col) })
	return &p.out, p.errs
}

func (p *parser) peek() token { return p.toks[p.i] }

func (p *parser) isWord(w string) bool { return p.peek().kind == word && p.peek().text == w }

func (p *parser) isComparison(t token) bool {
	return t.kind == sign && slices.Contains([]string{"<=", "<", ">=", ">", "=="}, t.text) || t.kind == word && t.text == "in"
}

func (p *parser) expect(text string) {
	if t := p.peek(); t.kind != sign || t.text != text {
		p.fail(t.from, "expected "+text+", found "+p.describe(t))
	}
	p.i++
}

// text is what stands there, with the values of what it names: $NAME means nothing
// to who reads a result.
func (p *parser) text(from, to int) string {
	return named.ReplaceAllStringFunc(p.written(from, to), func(name string) string {
		if v, ok := p.scope.Env[name[1:]]; ok {
			return v
		}
		return name
	})
}

// named is a variable in a text.
var named = regexp.MustCompile(`\$[\pL_][\pL_0-9]*`)

func (p *parser) written(from, to int) string {
	return strings.TrimSpace(string(p.src[from:max(from, to)]))
}

// describe names a token in a message.
func (p *parser) describe(t token) string {
	switch {
	case t.kind == end:
		return "the end"
	case t.text == "–" || t.text == "—":
		return strconv.Quote(t.text) + " (a range is written in a..b, a minus -)"
	}
	return strconv.Quote(p.written(t.from, t.to))
}

// note reports a mistake at a rune.
func (p *parser) note(at int, msg string) {
	p.errs = append(p.errs, &Error{Field: p.field, Col: at + 1, Msg: msg})
}

// fail reports a mistake in the grammar and gives the comparison up.
func (p *parser) fail(at int, msg string) {
	p.note(at, msg)
	panic(giveUp{})
}
