package scenarios

import (
	"slices"

	"github.com/goccy/go-yaml/ast"
)

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

// A table is a mapping whose keys are known.
type table struct {
	r         *reader
	what      string // "a phase"
	line, col int
	fields    map[string]value
}

// table reads n as a mapping with no other keys than these.
func (r *reader) table(v value, what string, keys []string) (table, bool) {
	t := table{r: r, what: what, line: v.line, col: v.col, fields: map[string]value{}}
	entries, ok := r.entries(v, what)
	for _, e := range entries {
		switch {
		case !slices.Contains(keys, e.key):
			r.wrong(e.keyLine, e.keyCol, "unknown key %s of %s%s", quote(e.key), what, keyHint(e.key, keys))
		case e.node != nil:
			t.fields[e.key] = e
		}
	}
	return t, ok
}

// entries reads a mapping with any keys, each once.
func (r *reader) entries(v value, what string) ([]value, bool) {
	var pairs []*ast.MappingValueNode
	switch m := v.node.(type) {
	case *ast.MappingNode:
		pairs = m.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{m}
	default:
		r.wrongType(v, what+" is a mapping, such as {key: value}")
		return nil, false
	}
	var out []value
	seen := map[string]int{}
	for _, p := range pairs {
		line, col := position(p.Key)
		key, ok := scalar(p.Key)
		if !ok {
			r.wrong(line, col, "a key of %s must be a plain word", what)
			continue
		}
		e := value{node: p.Value, key: key, keyLine: line, keyCol: col, what: key}
		e.line, e.col = position(p.Value)
		if _, empty := p.Value.(*ast.NullNode); empty || p.Value == nil {
			e.line, e.col = line, col
		}
		if at, twice := seen[key]; twice {
			r.wrong(line, col, "%s is given twice, first in line %d", quote(key), at)
			continue
		}
		seen[key] = line
		out = append(out, e)
	}
	return out, true
}

// renamed are keys by the names that they had before.
var renamed = map[string]string{"patience": "timeout"}

// keyHint ends a message about an unknown key: its new name if it is one of the old ones, else the nearest.
func keyHint(key string, keys []string) string {
	if name := renamed[key]; slices.Contains(keys, name) {
		return " (it is called " + name + " now)"
	}
	return hint(key, keys)
}
