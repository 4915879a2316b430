package strictyaml

import (
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// Limits of a file. The largest file that anybody would write is far below them.
// They stand because the YAML library needs time that grows with the square of
// a line's length, of a run of blank lines and of the number of keys, and a
// stack that grows with the nesting: half a megabyte of "- - -" never ended.
const (
	MostBytes  = 1 << 20
	mostLines  = 5_000
	mostColumn = 2_000
	mostTokens = 20_000
	mostDepth  = 32
)

// withinLimits refuses what would keep the lexer busy for minutes.
func (f *File) withinLimits(text []byte) bool {
	if len(text) > MostBytes {
		f.wrong(1, 1, "the file is larger than 1 MiB: not a %s", f.form.What)
		return false
	}
	line, from := 1, 0
	for i := 0; i <= len(text); {
		if i == len(text) || text[i] == '\n' || text[i] == '\r' {
			if i-from > mostColumn {
				f.wrong(line, 1, "the line is longer than %d bytes", mostColumn)
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
			f.wrong(line, utf8.RuneCount(text[from:i])+1, "not text: byte 0x%02x", text[i])
			return false
		}
		i += n
	}
	if line > mostLines {
		f.wrong(mostLines, 1, "more than %d lines: not a %s", mostLines, f.form.What)
		return false
	}
	return true
}

// shallow refuses what would keep the parser busy, or its stack growing.
func (f *File) shallow(tokens token.Tokens) bool {
	if len(tokens) > mostTokens {
		at := tokens[mostTokens].Position
		f.wrong(at.Line, at.Column, "more than %d words and signs: not a %s", mostTokens, f.form.What)
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
			f.wrong(t.Position.Line, t.Position.Column, "nested more than %d deep", mostDepth)
			return false
		}
	}
	return true
}
