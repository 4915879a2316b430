package strictyaml

import (
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/trektribe/bench/internal/near"
)

// A Value is a node and its place in the file.
type Value struct {
	Key string // that it has in its mapping; empty: it is in none

	file            *File
	node            ast.Node // nil: there is nothing
	what            string   // how messages call it: mostly its key
	line, col       int
	keyLine, keyCol int
}

// Wrong notes a mistake at the value.
func (v Value) Wrong(format string, args ...any) { v.file.wrong(v.line, v.col, format, args...) }

// WrongKey notes a mistake at the value's key.
func (v Value) WrongKey(format string, args ...any) {
	v.file.wrong(v.keyLine, v.keyCol, format, args...)
}

// WrongType notes that the value is not what it should be; want is a sentence.
func (v Value) WrongType(want string) {
	is := "something else"
	switch v.node.(type) {
	case nil, *ast.NullNode:
		is = "nothing"
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		v.Wrong("%s: anchors, aliases and tags are not part of the language; write the value out", v.what)
		return
	case *ast.MappingNode, *ast.MappingValueNode:
		is = "a mapping"
	case *ast.SequenceNode:
		is = "a list"
	default:
		if s, ok := v.Scalar(); ok {
			is = near.Quote(s)
		}
	}
	v.Wrong("%s; here is %s", want, is)
}

// Called is the value under another name in messages.
func (v Value) Called(what string) Value {
	v.what = what
	return v
}

// Scalar is the text of a scalar as it was written, whatever type YAML gives it;
// false: the value is no scalar. It notes nothing.
func (v Value) Scalar() (string, bool) { return scalar(v.node) }

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

// Text reads a scalar as one line: runs of white space, line breaks too, become one space.
func (v Value) Text() (string, bool) {
	s, ok := v.Scalar()
	s = strings.Join(strings.Fields(s), " ")
	if !ok || s == "" {
		v.WrongType(v.what + " is a text")
		return "", false
	}
	return s, true
}

// IsList reports whether the value is a sequence, empty or not. It notes nothing.
func (v Value) IsList() bool {
	_, ok := v.node.(*ast.SequenceNode)
	return ok
}

// List reads a sequence that is not empty.
func (v Value) List() []Value {
	seq, ok := v.node.(*ast.SequenceNode)
	if !ok {
		v.WrongType(v.what + " is a list")
		return nil
	}
	if len(seq.Values) == 0 {
		v.Wrong("%s is an empty list; leave it out or fill it", v.what)
	}
	out := make([]Value, len(seq.Values))
	for i, n := range seq.Values {
		line, col := position(n)
		if _, empty := n.(*ast.NullNode); empty || n == nil {
			line, col = v.line, v.col
		}
		out[i] = Value{file: v.file, node: n, what: "an entry of " + v.what, line: line, col: col}
	}
	return out
}

// position is where a node begins. A block mapping's own token is its first colon.
func position(n ast.Node) (line, col int) {
	if n == nil {
		return 1, 1
	}
	switch m := n.(type) {
	case *ast.MappingNode:
		if !m.IsFlowStyle && len(m.Values) > 0 {
			return position(m.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return position(m.Key)
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line, t.Position.Column
	}
	return 1, 1
}
