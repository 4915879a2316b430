// Package expr reads the claim language: comparisons of figures that measures give.
//
// In go a text, the names that it may use and the signatures of the measures; out
// come checked formulas, or every mistake with its column. It knows no measure
// and no history: a formula is evaluated on the figures of its calls.
package expr

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
// At a mistake in the grammar it gives up the comparison and goes on at the next
// "and". Any other mistake is noted, and parsing continues.
type parser struct {
	field    Field
	src      []rune
	toks     []token
	i        int
	scope    Scope
	language language
	out      Formula
	errs     []*Error
	depth    int
}

// giveUp ends a comparison whose grammar is broken.
type giveUp struct{}

// deepest is how far an expression may nest. It bounds the recursion; nobody
// writes more on purpose.
const deepest = 50

// A Field is where an expression stands, and what it may be there.
type Field struct {
	Name     string // what the scenario calls it
	Optional bool   // it may be empty
	Truths   bool   // a truth may stand alone in it
}

// Parse reads text in a language of measures and checks it against s. It reports
// every mistake at once, by column; with one, the formula is of no use.
func Parse(field Field, text string, s Scope, measures []Signature) (*Formula, []*Error) {
	p := &parser{field: field, src: []rune(text), scope: s, language: measures}
	p.toks = lex(p.src)
	if p.peek().kind == end {
		if !field.Optional {
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

// ParseSelector reads a selector of one stream that stands alone, for what takes
// it; takes has a Name for messages, and Keys.
func ParseSelector(field, text string, s Scope, takes Signature) (sel Selector, errs []*Error) {
	p := &parser{field: Field{Name: field}, src: []rune(text), scope: s}
	p.toks = lex(p.src)
	defer func() {
		switch e := recover(); e.(type) {
		case nil, giveUp:
			errs = p.errs
		default:
			panic(e)
		}
	}()
	of := p.peek()
	if call := of.kind == word && p.toks[p.i+1].text == "("; call || of.text == "all" {
		p.fail(of.from, takes.Name+" is of one stream, such as trip[phase=reads]")
	}
	w := p.argument()
	if t := p.peek(); t.kind != end {
		p.fail(t.from, "expected the end, found "+p.describe(t))
	}
	return p.selector(takes, w, true), nil
}

// enter goes one level deeper, and gives up where the expression nests too deeply.
func (p *parser) enter(at int) {
	if p.depth++; p.depth > deepest {
		p.fail(at, "nested too deeply")
	}
}

// leave goes one level back.
func (p *parser) leave() { p.depth-- }

// peek is the next token.
func (p *parser) peek() token { return p.toks[p.i] }

func (p *parser) isWord(w string) bool { return p.peek().kind == word && p.peek().text == w }

func (p *parser) isComparison(t token) bool {
	return t.kind == sign && slices.Contains([]string{"<=", "<", ">=", ">", "=="}, t.text) || t.kind == word && t.text == "in"
}

// expect takes the sign that must come next.
func (p *parser) expect(text string) {
	if t := p.peek(); t.kind != sign || t.text != text {
		p.fail(t.from, "expected "+text+", found "+p.describe(t))
	}
	p.i++
}

// text is what is written there, with the values of variables: a reader of results
// does not know $NAME.
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

// written is the text between two runes.
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
	p.errs = append(p.errs, &Error{Field: p.field.Name, Col: at + 1, Msg: msg})
}

// fail reports a mistake in the grammar and gives up the comparison.
func (p *parser) fail(at int, msg string) {
	p.note(at, msg)
	panic(giveUp{})
}
