package contract

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// content is what one body says, for any request.
type content struct {
	ok      bool   // it has its shape; the key is not checked yet
	key     string // the key that it is about; empty: it does not say
	source  string
	said    bool // there is a word for a source, known or not
	version int64
	items   []Listed
	kept    string // lines of the items; history.NothingListed: there is none
}

// size is about how many bytes the content takes.
func (c content) size() int { return 40*len(c.items) + len(c.kept) }

// parse reads a body. items: the ids and versions of a list's items are wanted.
func (s Spoken) parse(body []byte, items bool) content {
	if !json.Valid(body) {
		return content{}
	}
	c := content{ok: true}
	c.source, c.said = s.origin(false, body, nil)
	switch {
	case s.Items != "":
		list := s.Items.In(body)
		c.kept, c.ok = s.fits(list)
		c.key = keyOf(s.Owner.In(body))
		c.ok = c.ok && (c.key != "" || s.Owner == "" || s.Owner.Optional())
		if items && s.ID != "" && s.Version != "" && !s.row.keeps {
			c.items = s.listed(list)
		}
	case s.Item != "":
		c.ok = s.item(s.Item.In(body), &c)
	}
	return c
}

// item reads the one object that an answer is about; false: it does not have its shape.
func (s Spoken) item(item json.RawMessage, c *content) bool {
	if !bytes.HasPrefix(item, []byte("{")) || bytes.Equal(bytes.TrimSpace(item[1:]), []byte("}")) {
		return false
	}
	if s.ID != "" {
		if c.key = keyOf(s.ID.In(item)); c.key == "" && !s.ID.Optional() {
			return false
		}
	}
	if s.Version == "" || s.Version.Header() != "" {
		return true
	}
	version, said, ok := versionOf(s.Version.In(item))
	c.version = version
	return ok && (said || s.Version.Optional())
}

// listed are the items with an id and a version. Other items are allowed.
func (s Spoken) listed(list json.RawMessage) (out []Listed) {
	var elements []json.RawMessage
	_ = json.Unmarshal(list, &elements) // what is no list has none
	for _, e := range elements {
		key := keyOf(s.ID.In(e))
		if version, said, ok := versionOf(s.Version.In(e)); key != "" && said && ok {
			out = append(out, Listed{key, version})
		}
	}
	return out
}

// keyOf is the text of an id, which some services write as a number. It is empty for
// an id that is missing or null.
func keyOf(id json.RawMessage) string {
	if key := strings.Trim(string(id), `"`); key != "null" {
		return key
	}
	return ""
}

// versionOf is the version that stands in a body. said: there is one; ok: it is none, or a right one.
func versionOf(value json.RawMessage) (version int64, said, ok bool) {
	text := plain(value)
	if text == "" {
		return 0, false, len(value) == 0 || string(value) == "null" || string(value) == `""`
	}
	version, ok = versionText(text)
	return version, true, ok
}

// versionText reads a version: a whole number from 1 on, or a time (RFC 3339).
func versionText(text string) (int64, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, n >= 1
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	return max(1, at.UnixMicro()), err == nil
}

// ofTag is the version in a header, which may be an ETag.
func ofTag(text string) (version int64, said, ok bool) {
	text = strings.Trim(strings.TrimPrefix(text, "W/"), `"`)
	if text == "" {
		return 0, false, true
	}
	version, ok = versionText(text)
	return version, true, ok
}

// mostKept bounds what is kept of an answer, in bytes: some 6,000 sessions of one user. The
// contract wants no longer ones.
const mostKept = 256 << 10

// fits reports whether a JSON value is a list of the shape, and says what is kept of it.
func (s Spoken) fits(value json.RawMessage) (kept string, ok bool) {
	rest, ok := bytes.CutPrefix(value, []byte("["))
	some := !bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte("]"))
	switch {
	case !ok || !some && !s.Empty:
		return "", false
	case !s.row.keeps && s.Most == 0:
		return "", true
	case !some && s.row.keeps:
		return history.NothingListed, true
	}
	var elements []json.RawMessage
	if json.Unmarshal(value, &elements) != nil || s.Most > 0 && len(elements) > s.Most {
		return "", false
	}
	if !s.row.keeps {
		return "", true
	}
	lines := make([]string, len(elements))
	for i, e := range elements {
		if lines[i], ok = s.lineOf(e); !ok {
			return "", false
		}
	}
	if kept = strings.Join(lines, "\n"); len(kept) > mostKept {
		return "", false
	}
	return kept, true
}

// lineOf is what the history keeps of an item: its id, and its score where it has one. It
// is without a line end or a second equals sign, and not what stands for an empty list.
func (s Spoken) lineOf(item json.RawMessage) (string, bool) {
	id := IDText(s.ID.In(item))
	ok := id != "" && id != history.NothingListed && !strings.ContainsAny(id, "\n=")
	if s.Score == "" {
		return id, ok
	}
	var score json.Number // some services write numbers as texts: this takes both
	err := json.Unmarshal(s.Score.In(item), &score)
	n, whole := score.Int64()
	return id + "=" + strconv.FormatInt(n, 10), ok && err == nil && whole == nil
}

// IDText is the text of an id, which is a text or a number. It is empty for anything else.
func IDText(id json.RawMessage) (text string) {
	if json.Unmarshal(id, &text) == nil {
		return text
	}
	var n json.Number
	_ = json.Unmarshal(id, &n) // what is no number is empty
	return n.String()
}

// RefOf is the identifier that the body of a scenario's request names; empty: none is
// wanted, or it names none.
func (s Spoken) RefOf(body []byte) string {
	if s.row.ref == "" {
		return ""
	}
	return IDText(Place(s.row.ref).In(body))
}

// origin is the source that the header or the body says, as isHeader has it; said: there is
// a word for one, known or not.
func (a Answer) origin(isHeader bool, body json.RawMessage, header http.Header) (source string, said bool) {
	for _, p := range a.Source {
		if (p.Header() != "") != isHeader {
			continue
		}
		word := p.words(body, header)
		said = said || word != ""
		if source = a.source(word); source != "" {
			break
		}
	}
	return source, said
}

// None is the word of Sources for an answer that says no source at all.
const None = "none"

// source is the source that a word of the service means; empty: it is not known. A word
// that ends in * is a beginning.
func (a Answer) source(word string) string {
	if len(a.Sources) == 0 || word == "" {
		return known(word)
	}
	word = strings.ToLower(strings.TrimSpace(word))
	if means, ok := a.Sources[word]; ok {
		return means
	}
	longest := ""
	for start := range a.Sources {
		if begin, ok := strings.CutSuffix(start, "*"); ok && strings.HasPrefix(word, begin) && len(start) > len(longest) {
			longest = start
		}
	}
	return a.Sources[longest]
}

// Sources are the sources of the history's vocabulary.
var Sources = []string{"redis", "memory", "database", "ai", "cache"}

// known is s if it is one of Sources, else empty.
func known(s string) string {
	for _, one := range Sources {
		if s == one {
			return s
		}
	}
	return ""
}

// IsVersion reports whether a JSON value can be a version.
func IsVersion(value json.RawMessage) bool {
	_, said, ok := versionOf(value)
	return said && ok
}
