package proxy

import (
	"math"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/command"
	"github.com/trektribe/bench/internal/history"
)

const (
	// longestKey is how much of a key is kept.
	longestKey = 128
	// longestWord is how much is kept of an argument that is no key: a number, or a word of Redis's.
	longestWord = 20
)

// A glimpse is what is kept of a command's arguments: its first key, a word of its name, and the time to live that it
// sets. No other argument is ever copied, so values and passwords are not.
type glimpse struct {
	keyAt  int // the argument that is the first key; 0: none is, or it is not known yet
	key    [longestKey]byte
	keyLen int

	text    [longestWord]byte // of the argument that is read
	textLen int               // its bytes, also those that were cut

	part   [longestWord]byte // of the name
	ttl    int64             // the number as it was sent
	unit   command.Expires   // of it
	behind command.Expires   // of the argument behind an option
}

// wants reports that the argument that is read is a word or number that is kept.
func (r *request) wants() bool {
	x := &r.cmd.Expires
	switch {
	case r.arg == r.cmd.Keys.Count, r.arg == x.At, r.arg == 1 && r.cmd.Parted:
		return true
	}
	return x.Options > 0 && r.arg >= x.Options
}

// look keeps what is wanted of a part of an argument, which is not the name.
func (r *request) look(b []byte) {
	switch {
	case r.arg == r.keyAt:
		r.keyLen += copy(r.key[r.keyLen:], b)
	case r.wants():
		if r.textLen < longestWord {
			copy(r.text[r.textLen:], b)
		}
		r.textLen += len(b)
	}
}

// looked reads the argument that has come.
func (r *request) looked() {
	if r.arg == r.keyAt || !r.wants() {
		return
	}
	text := r.text[:min(r.textLen, longestWord)]
	if r.textLen > longestWord {
		text = nil
	}
	switch x := &r.cmd.Expires; {
	case r.arg == r.cmd.Keys.Count:
		if n, ok := digits(text); ok && n > 0 && r.keyAt == 0 {
			r.keyAt = r.arg + 1
		}
	case r.arg == 1 && r.cmd.Parted:
		copy(r.part[:], text)
	case r.arg == x.At:
		r.expires(text, *x)
	case r.behind.Unit > 0:
		r.expires(text, r.behind)
		r.behind = command.Expires{}
	default:
		if 2 <= len(text) && len(text) <= 4 {
			r.behind, _ = command.Option(string(text))
		}
	}
	r.textLen = 0
}

func (r *request) expires(text []byte, unit command.Expires) {
	if n, ok := digits(text); ok && n > 0 && n <= math.MaxInt64/int64(unit.Unit) {
		r.ttl, r.unit = n, unit
	}
}

// digits reads a number without a sign.
func digits(text []byte) (n int64, ok bool) {
	for _, c := range text {
		if c < '0' || c > '9' || n > math.MaxInt64/10-1 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(text) > 0
}

// timeToLive is what the command sets, when it came then; 0: none.
func (r *request) timeToLive(came time.Time) time.Duration {
	d := time.Duration(r.ttl) * r.unit.Unit
	if r.unit.Instant {
		d = max(0, d-time.Duration(came.UnixNano()))
	}
	return d
}

// fullName is the command's, in capitals, with its second word. What could be anything is not kept.
func (r *request) fullName() string {
	if r.cmd.Name == "" {
		name := strings.ToUpper(string(r.name[:min(r.named, len(r.name))]))
		module, does, dotted := strings.Cut(name, ".")
		if r.named > len(r.name) || !dotted || !plain(module) || !plain(does) {
			return history.UnknownName
		}
		return name
	}
	if r.part[0] == 0 {
		return r.cmd.Name
	}
	part := strings.ToUpper(strings.TrimRight(string(r.part[:]), "\x00"))
	if !plain(strings.ReplaceAll(part, "-", "")) {
		return r.cmd.Name
	}
	return r.cmd.Name + " " + part
}

// plain reports a word of capitals.
func plain(word string) bool {
	return word != "" && strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
