package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of a file. The largest scenario anybody would write is far below them.
// They stand because the YAML library needs time that grows with the square of
// a line's length, of a run of blank lines and of the number of keys, and a
// stack that grows with the nesting: half a megabyte of "- - -" never ended.
const (
	mostBytes  = 1 << 20
	mostLines  = 5_000
	mostColumn = 2_000
	mostTokens = 20_000
	mostDepth  = 32
)

// A reader walks the tree of one file and collects every mistake in it.
type reader struct {
	file     string
	lines    []string
	groups   []string // names that no scenario may have
	profile  profile  // what is read in place of what the scenario says
	mistakes Mistakes
}

// wrong notes a mistake.
func (r *reader) wrong(line, col int, format string, args ...any) {
	r.mistakes = append(r.mistakes, Mistake{r.file, max(line, 1), max(col, 1), fmt.Sprintf(format, args...)})
}

// open parses text into the one node that the file is; nil: it is not that, and why is noted.
func (r *reader) open(text []byte) ast.Node {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !r.tame(text) {
		return nil
	}
	r.lines = strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text)), "\n")
	tokens := lexer.Tokenize(string(text))
	if !r.shallow(tokens) {
		return nil
	}
	f, err := parseTokens(tokens)
	if err != nil {
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
		r.wrong(line, col, "not YAML: %s", msg)
		return nil
	}
	var docs []*ast.DocumentNode
	for _, d := range f.Docs {
		if d.Body != nil {
			docs = append(docs, d)
		}
	}
	switch {
	case len(docs) == 0:
		r.wrong(1, 1, "the file is empty; a scenario has: %s", strings.Join(scenarioKeys, ", "))
		return nil
	case len(docs) > 1:
		line, col := position(docs[1].Body)
		r.wrong(line, col, "a second document: a file holds one scenario")
		return nil
	}
	return docs[0].Body
}

// tame refuses what would keep the lexer busy for minutes.
func (r *reader) tame(text []byte) bool {
	if len(text) > mostBytes {
		r.wrong(1, 1, "the file is larger than 1 MiB: not a scenario")
		return false
	}
	line, from := 1, 0
	for i := 0; i <= len(text); {
		if i == len(text) || text[i] == '\n' || text[i] == '\r' {
			if i-from > mostColumn {
				r.wrong(line, 1, "the line is longer than %d bytes", mostColumn)
				return false
			}
			if i < len(text) && !(text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n') {
				line++
			}
			i++
			from = i
			continue
		}
		c, n := utf8.DecodeRune(text[i:])
		if c == utf8.RuneError && n == 1 || c < ' ' && c != '\t' || c == 0x7f {
			r.wrong(line, utf8.RuneCount(text[from:i])+1, "not text: byte 0x%02x", text[i])
			return false
		}
		i += n
	}
	if line > mostLines {
		r.wrong(mostLines, 1, "more than %d lines: not a scenario", mostLines)
		return false
	}
	return true
}

// shallow refuses what would keep the parser busy, or its stack growing.
func (r *reader) shallow(tokens token.Tokens) bool {
	if len(tokens) > mostTokens {
		at := tokens[mostTokens].Position
		r.wrong(at.Line, at.Column, "more than %d words and signs: not a scenario", mostTokens)
		return false
	}
	flow, dashes, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			dashes, line = 0, t.Position.Line
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.TagType, token.AnchorType:
			dashes++
		}
		if flow > mostDepth || dashes > mostDepth {
			r.wrong(t.Position.Line, t.Position.Column, "nested more than %d deep", mostDepth)
			return false
		}
	}
	return true
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
