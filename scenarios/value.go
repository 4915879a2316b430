package scenarios

import (
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// A value is a node and where it was found.
type value struct {
	node            ast.Node
	what            string // the key it belongs to, for messages
	line, col       int
	key             string
	keyLine, keyCol int
}

// scalar is the text of a scalar as it was written, whatever type YAML gives it.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		if n.Value == nil {
			return "", true
		}
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// wrongType says that v is not what it should be.
func (r *reader) wrongType(v value, want string) {
	is := "something else"
	switch v.node.(type) {
	case nil, *ast.NullNode:
		is = "nothing"
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		r.wrong(v.line, v.col, "%s: anchors, aliases and tags are not part of the language; write the value out", v.what)
		return
	case *ast.MappingNode, *ast.MappingValueNode:
		is = "a mapping"
	case *ast.SequenceNode:
		is = "a list"
	default:
		if s, ok := scalar(v.node); ok {
			is = quote(s)
		}
	}
	r.wrong(v.line, v.col, "%s; here is %s", want, is)
}

// text reads a scalar as one line: runs of white space, line breaks too, become one space.
func (r *reader) text(v value) (string, bool) {
	s, ok := scalar(v.node)
	s = strings.Join(strings.Fields(s), " ")
	if !ok || s == "" {
		r.wrongType(v, v.what+" is a text")
		return "", false
	}
	return s, true
}

// list reads a sequence that is not empty.
func (r *reader) list(v value) []value {
	seq, ok := v.node.(*ast.SequenceNode)
	if !ok {
		r.wrongType(v, v.what+" is a list")
		return nil
	}
	if len(seq.Values) == 0 {
		r.wrong(v.line, v.col, "%s is an empty list; leave it out or fill it", v.what)
	}
	out := make([]value, len(seq.Values))
	for i, n := range seq.Values {
		line, col := position(n)
		if _, empty := n.(*ast.NullNode); empty || n == nil {
			line, col = v.line, v.col
		}
		out[i] = value{node: n, what: "an entry of " + v.what, line: line, col: col}
	}
	return out
}

// text is a field's text; missing: it must be there, and what it is for.
func (t table) text(key, missing string) string {
	v, ok := t.fields[key]
	if !ok {
		t.missing(key, missing)
		return ""
	}
	s, _ := t.r.text(v)
	return s
}

// missing notes that a required key is not there; an empty why means it is optional.
func (t table) missing(key, why string) {
	if why != "" {
		t.r.wrong(t.line, t.col, "%s has no %s: %s", t.what, key, why)
	}
}

// name is a field's text that other places refer to.
func (t table) name(key, why string, extra string) string {
	s := t.text(key, why)
	if s == "" {
		return ""
	}
	if v := t.fields[key]; !plain(s, extra) {
		t.r.wrong(v.line, v.col, "%s %s: want a letter, then letters, digits%s, 64 at most", key, quote(s), also(extra))
		return ""
	}
	return s
}

func also(extra string) string {
	var b strings.Builder
	for _, c := range extra {
		b.WriteString(" or " + strconv.QuoteRune(c))
	}
	return b.String()
}

// plain reports a word that needs no quoting in claims, file names and tables.
func plain(s, extra string) bool {
	for i, c := range s {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || !(c >= '0' && c <= '9') && !strings.ContainsRune(extra, c)) {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// whole is a field's whole number from lo to hi, or def where the field is missing; -1: wrong.
func (t table) whole(key string, lo, hi, def int) int {
	v, ok := t.fields[key]
	if !ok {
		return def
	}
	s, ok := scalar(v.node)
	n, err := strconv.Atoi(s)
	if !ok || err != nil || n < lo || n > hi {
		t.r.wrongType(v, key+" is a whole number from "+strconv.Itoa(lo)+" to "+strconv.Itoa(hi))
		return -1
	}
	return n
}

// duration is a field's length of time. ok: it is there, and right.
func (t table) duration(key, missing string) (d time.Duration, ok bool) {
	v, there := t.fields[key]
	if !there {
		t.missing(key, missing)
		return 0, false
	}
	s, isScalar := scalar(v.node)
	if !isScalar {
		t.r.wrongType(v, key+" is a duration, such as 180ms or 2s")
		return 0, false
	}
	d, err := parseDuration(s)
	if err != nil {
		t.r.wrong(v.line, v.col, "%s: %v", key, err)
		return 0, false
	}
	return d, true
}
