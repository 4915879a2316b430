package expr

import (
	"strings"
	"unicode"
)

// tokenKind is what a token is.
type tokenKind int

const (
	end      tokenKind = iota
	numeral            // a number, with the unit written behind it
	word               // a name or a keyword
	sign               // an operator or a bracket; look-alikes are spelt in ASCII
	variable           // $NAME
	stray              // a character that means nothing here
)

// A token is a piece of an expression; from and to are its runes.
type token struct {
	kind     tokenKind
	text     string // of a numeral: only its digits
	unit     string // of a numeral
	from, to int
}

// lookAlikes are characters that people type for an operator.
var lookAlikes = map[rune]string{'−': "-", '×': "*", '·': "*", '÷': "/", '≤': "<=", '≥': ">="}

// lex splits src. It never fails: the parser reports a stray character or an
// unknown unit where it meets one.
func lex(src []rune) []token {
	var out []token
	for i := 0; i < len(src); {
		if unicode.IsSpace(src[i]) {
			i++
			continue
		}
		t := next(src, i)
		out = append(out, t)
		i = t.to
	}
	return append(out, token{kind: end, from: len(src), to: len(src)})
}

// next reads the token that starts at i.
func next(src []rune, i int) token {
	at := func(j int) rune {
		if j < len(src) {
			return src[j]
		}
		return 0
	}
	r := src[i]
	switch {
	case isDigit(r):
		return lexNumeral(src, i, at)
	case isLetter(r):
		j := i + 1
		for isLetter(at(j)) || isDigit(at(j)) {
			j++
		}
		return token{kind: word, text: string(src[i:j]), from: i, to: j}
	case r == '$' && isLetter(at(i+1)):
		j := i + 1
		for isLetter(at(j)) || isDigit(at(j)) {
			j++
		}
		return token{kind: variable, text: string(src[i+1 : j]), from: i, to: j}
	case lookAlikes[r] != "":
		return token{kind: sign, text: lookAlikes[r], from: i, to: i + 1}
	}
	for _, two := range []string{"<=", ">=", "==", "!=", ".."} {
		if string([]rune{r, at(i + 1)}) == two {
			return token{kind: sign, text: two, from: i, to: i + 2}
		}
	}
	if strings.ContainsRune("+-*/()[]{},=<>", r) {
		return token{kind: sign, text: string(r), from: i, to: i + 1}
	}
	return token{kind: stray, text: string(r), from: i, to: i + 1}
}

// lexNumeral reads 6ms, 99.9%, 80/s, 50. A point belongs to it only before a
// digit, so that 50..80 is a range.
func lexNumeral(src []rune, i int, at func(int) rune) token {
	j := i
	for isDigit(at(j)) {
		j++
	}
	if at(j) == '.' && isDigit(at(j+1)) {
		for j++; isDigit(at(j)); {
			j++
		}
	}
	t := token{kind: numeral, text: string(src[i:j]), from: i, to: j}
	switch {
	case at(j) == '%':
		t.to = j + 1
	case at(j) == '/' && at(j+1) == 's' && !isLetter(at(j+2)) && !isDigit(at(j+2)) && at(j+2) != '(':
		t.to = j + 2
	default:
		for isLetter(at(t.to)) {
			t.to++
		}
	}
	t.unit = string(src[j:t.to])
	return t
}

func isDigit(r rune) bool  { return r >= '0' && r <= '9' }
func isLetter(r rune) bool { return r == '_' || unicode.IsLetter(r) }
