// Package strictyaml reads a YAML file whose keys are all known: text in, and out
// come tables and values that know their place in the file.
//
// It notes every mistake with line and column, and goes on after each. Anchors,
// aliases and tags are mistakes. It knows no scenario and opens no file.
package strictyaml

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// A Form is what a file must be: one mapping.
type Form struct {
	What    string            // "scenario", for messages
	Keys    []string          // that the mapping may have
	Renamed map[string]string // keys that had another name once, in any mapping: old name to new
}

// A File is one file that is being read. It collects the mistakes in it.
type File struct {
	name     string
	form     Form
	lines    []string
	mistakes Mistakes
}

// Read parses text as a file of the form; name is the file's in messages. ok is false
// where there is no such mapping; the file's mistakes then say why.
func Read(name string, text []byte, form Form) (f *File, root Table, ok bool) {
	f = &File{name: name, form: form}
	node := f.parse(text)
	if node == nil {
		return f, Table{}, false
	}
	v := Value{file: f, node: node, what: "the file"}
	v.line, v.col = position(node)
	root, ok = v.Table("a "+form.What, form.Keys)
	return f, root, ok
}

// parse returns the one node that the file is; nil: it is not that, and why is noted.
func (f *File) parse(text []byte) ast.Node {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !f.withinLimits(text) {
		return nil
	}
	f.lines = strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text)), "\n")
	tokens := lexer.Tokenize(string(text))
	if !f.shallow(tokens) {
		return nil
	}
	tree, err := parseTokens(tokens)
	if err != nil {
		f.notYAML(err)
		return nil
	}
	var docs []*ast.DocumentNode
	for _, d := range tree.Docs {
		if d.Body != nil {
			docs = append(docs, d)
		}
	}
	switch {
	case len(docs) == 0:
		f.wrong(1, 1, "the file is empty; a %s has: %s", f.form.What, strings.Join(f.form.Keys, ", "))
		return nil
	case len(docs) > 1:
		line, col := position(docs[1].Body)
		f.wrong(line, col, "a second document: a file holds one %s", f.form.What)
		return nil
	}
	return docs[0].Body
}

// parseTokens is the library's parser. What a file says must never end the
// process, so a panic in there is an error of the file like any other.
func parseTokens(tokens token.Tokens) (f *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			f, err = nil, fmt.Errorf("the parser cannot make sense of it")
		}
	}()
	// Duplicate keys are our own mistake to report, so that it is not the only one.
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

// notYAML notes the parser's error, at the place that it names.
func (f *File) notYAML(err error) {
	line, col := 1, 1
	msg := err.Error()
	if y := yaml.Error(nil); errors.As(err, &y) {
		msg = y.GetMessage()
		if t := y.GetToken(); t != nil {
			line, col = t.Position.Line, t.Position.Column
		}
	}
	if strings.Contains(msg, "\t") || strings.Contains(msg, "tab character") {
		msg = "a tab cannot indent or separate: use spaces"
	}
	f.wrong(line, col, "not YAML: %s", msg)
}

// wrong notes a mistake.
func (f *File) wrong(line, col int, format string, args ...any) {
	f.mistakes = append(f.mistakes, Mistake{f.name, max(line, 1), max(col, 1), fmt.Sprintf(format, args...)})
}

// Count is the number of mistakes so far.
func (f *File) Count() int { return len(f.mistakes) }

// Again runs read, which reads parts of the file once more. Of the mistakes that it
// notes, those that are new are kept, each with prefix before its message.
func (f *File) Again(prefix string, read func()) {
	before := f.mistakes
	f.mistakes = nil
	read()
	kept := slices.Clone(before)
	for _, m := range f.mistakes {
		if !slices.Contains(before, m) {
			m.Msg = prefix + m.Msg
			kept = append(kept, m)
		}
	}
	f.mistakes = kept
}

// Err is Mistakes, in the order of their places; nil: there is none.
func (f *File) Err() error {
	if len(f.mistakes) == 0 {
		return nil
	}
	sorted := slices.Clone(f.mistakes)
	slices.SortStableFunc(sorted, func(a, b Mistake) int { return cmp.Or(a.Line-b.Line, a.Col-b.Col) })
	return sorted
}

// A Mistake is one thing wrong in a file.
type Mistake struct {
	File      string
	Line, Col int // 1-based; columns count runes
	Msg       string
}

func (m Mistake) String() string { return fmt.Sprintf("%s:%d:%d: %s", m.File, m.Line, m.Col, m.Msg) }

// Mistakes is every Mistake of a file. It is an error.
type Mistakes []Mistake

// Error is one line for each mistake: file:line:col: message.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, one := range m {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// Decode reads a file of somebody else's form, whatever keys it has, into a value. It has the
// limits of every file.
func Decode(name string, text []byte, into any) error {
	f := &File{name: name, form: Form{What: "YAML file"}}
	if !f.withinLimits(text) {
		return f.Err()
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		f.notYAML(err)
		return f.Err()
	}
	return nil
}
