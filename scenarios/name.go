package scenarios

import (
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
)

// name is a field's text that other places refer to. extra: the characters allowed beside letters
// and digits. missing: what the field is for; empty: the field is optional.
func name(t strictyaml.Table, key, missing, extra string) string {
	s := t.Text(key, missing)
	if s == "" {
		return ""
	}
	if !plain(s, extra) {
		t.At(key).Wrong("%s %s: want a letter, then letters, digits%s, 64 at most", key, near.Quote(s), also(extra))
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
