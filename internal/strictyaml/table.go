package strictyaml

import (
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"github.com/trektribe/bench/internal/near"
)

// A Table is a mapping whose keys are known. The zero Table has no fields.
type Table struct {
	file      *File
	what      string // "a phase"
	line, col int
	fields    map[string]Value
}

// Table reads the value as a mapping with no other keys than these. The table holds
// what could be read, also where ok is false.
func (v Value) Table(what string, keys []string) (t Table, ok bool) {
	t = Table{file: v.file, what: what, line: v.line, col: v.col, fields: map[string]Value{}}
	entries, ok := v.Entries(what)
	for _, e := range entries {
		switch {
		case !slices.Contains(keys, e.Key):
			e.WrongKey("unknown key %s of %s%s", near.Quote(e.Key), what, v.file.keyHint(e.Key, keys))
		case e.node != nil:
			t.fields[e.Key] = e
		}
	}
	return t, ok
}

// keyHint ends a message about an unknown key: its new name if it had another once, else the nearest.
func (f *File) keyHint(key string, keys []string) string {
	if name := f.form.Renamed[key]; slices.Contains(keys, name) {
		return " (it is called " + name + " now)"
	}
	return near.Hint(key, keys)
}

// Entries reads a mapping with any keys, each once.
func (v Value) Entries(what string) ([]Value, bool) {
	var pairs []*ast.MappingValueNode
	switch m := v.node.(type) {
	case *ast.MappingNode:
		pairs = m.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{m}
	default:
		v.WrongType(what + " is a mapping, such as {key: value}")
		return nil, false
	}
	var out []Value
	seen := map[string]int{}
	for _, p := range pairs {
		line, col := position(p.Key)
		key, ok := scalar(p.Key)
		if !ok {
			v.file.wrong(line, col, "a key of %s must be a plain word", what)
			continue
		}
		e := Value{file: v.file, node: p.Value, Key: key, keyLine: line, keyCol: col, what: key}
		e.line, e.col = position(p.Value)
		if _, empty := p.Value.(*ast.NullNode); empty || p.Value == nil {
			e.line, e.col = line, col
		}
		if at, twice := seen[key]; twice {
			e.WrongKey("%s is given twice, first in line %d", near.Quote(key), at)
			continue
		}
		seen[key] = line
		out = append(out, e)
	}
	return out, true
}

// Wrong notes a mistake at the table's beginning.
func (t Table) Wrong(format string, args ...any) { t.file.wrong(t.line, t.col, format, args...) }

// Missing notes that a required key is not there; an empty why means that it is optional.
func (t Table) Missing(key, why string) {
	if why != "" {
		t.Wrong("%s has no %s: %s", t.what, key, why)
	}
}

// Get is a field; false: it is missing.
func (t Table) Get(key string) (Value, bool) {
	v, ok := t.fields[key]
	return v, ok
}

// Has reports whether the field is there.
func (t Table) Has(key string) bool {
	_, ok := t.fields[key]
	return ok
}

// At is a field, or the table's beginning where the field is missing: the place to note a mistake.
func (t Table) At(key string) Value {
	if v, ok := t.fields[key]; ok {
		return v
	}
	return Value{file: t.file, what: key, line: t.line, col: t.col, keyLine: t.line, keyCol: t.col}
}

// Put replaces a field, or adds it.
func (t *Table) Put(key string, v Value) {
	if t.fields == nil {
		t.fields = map[string]Value{}
	}
	t.fields[key] = v
}

// Text is a field's text. missing: it must be there, and what it is for.
func (t Table) Text(key, missing string) string {
	v, ok := t.fields[key]
	if !ok {
		t.Missing(key, missing)
		return ""
	}
	s, _ := v.Text()
	return s
}

// List are the entries of a field. missing: it must be there, and what it is for.
func (t Table) List(key, missing string) []Value {
	v, ok := t.fields[key]
	if !ok {
		t.Missing(key, missing)
		return nil
	}
	return v.List()
}

// Whole is a field's whole number from lo to hi, or def where the field is missing; -1: wrong.
func (t Table) Whole(key string, lo, hi, def int) int {
	v, ok := t.fields[key]
	if !ok {
		return def
	}
	s, ok := v.Scalar()
	n, err := strconv.Atoi(s)
	if !ok || err != nil || n < lo || n > hi {
		v.WrongType(key + " is a whole number from " + strconv.Itoa(lo) + " to " + strconv.Itoa(hi))
		return -1
	}
	return n
}
