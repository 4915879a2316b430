package proxy

import "bytes"

// A mark says how far a parser came with the bytes it was given.
type mark int

const (
	within mark = iota // what it reads goes on; all bytes are used up
	whole              // it is complete
	lost               // this is no RESP
)

// longestBulk bounds the lengths and counts that are believed; Redis takes 512 MB.
const longestBulk = 1 << 32

// A number reads the rest of a header line, "123\r\n", in whatever pieces it comes.
type number struct {
	value    int64
	digits   int
	negative bool
	cr       bool
}

// next takes one byte.
func (n *number) next(b byte) mark {
	switch {
	case b == '\n' && n.cr && n.digits > 0:
		return whole
	case n.cr:
		return lost
	case b == '\r':
		n.cr = true
	case b == '-' && n.digits == 0 && !n.negative:
		n.negative = true
	case b >= '0' && b <= '9' && n.digits < 19 && n.value < longestBulk:
		n.value = n.value*10 + int64(b-'0')
		n.digits++
	default:
		return lost
	}
	return within
}

// A reply reads what Redis sends, one value after another, RESP2 and RESP3: all
// types, nested, with attributes, in whatever pieces it comes. It keeps no bytes
// but the first word of a push or an error. The zero reply is ready for the first
// value.
//
// Nesting needs no stack: how many values are still to come is one number,
// which a scalar lowers by one and the header of n values raises by n - 1.
type reply struct {
	top    byte  // the type of the value, past its attributes; 0: it is not known yet
	values int64 // still to come of it; 0: nothing has come
	state  replyState
	kind   byte // of the header that is read
	header number
	bulk   int64 // bytes still to come, the line end too
	word   [16]byte
	said   int // bytes of word; -1: it is complete

	elements
}

type replyState int

const (
	atType replyState = iota // the first byte of a value
	inText                   // a line of text
	inHeader
	inBulk
)

// mostValues bounds how many values a reply may announce.
const mostValues = 1 << 40

// fresh reports that a new value comes next.
func (r *reply) fresh() bool { return r.values == 0 }

// next reads on to the end of the value, or of b, and says how many bytes it used.
func (r *reply) next(b []byte) (int, mark) {
	if r.values == 0 && len(b) > 0 {
		*r = reply{values: 1, elements: elements{collect: r.collect, parts: r.parts[:0]}}
	}
	for i := 0; i < len(b); {
		switch r.state {
		case atType:
			r.kind = b[i]
			i++
			if r.values == 1 && r.top == 0 && r.kind != '|' {
				r.top = r.kind
			} else if r.inside && r.values == r.left && r.kind != '|' {
				r.element()
			}
			switch r.kind {
			case '+', '-', ':', '_', '#', ',', '(':
				r.state = inText
			case '$', '!', '=', '*', '~', '%', '>', '|':
				r.state, r.header = inHeader, number{}
			default:
				return i, lost
			}
		case inText:
			end := bytes.IndexByte(b[i:], '\n')
			if end < 0 {
				r.hear(b[i:])
				return len(b), within
			}
			r.hear(b[i : i+end])
			i += end + 1
			r.scalar()
		case inHeader:
			m := r.header.next(b[i])
			i++
			if m == lost || m == whole && !r.open() {
				return i, lost
			}
		case inBulk:
			n := int(min(r.bulk, int64(len(b)-i)))
			if text := r.bulk - 2; text > 0 {
				r.hear(b[i : i+int(min(text, int64(n)))])
			}
			for j, end := range []byte("\r\n") { // where they fall into this piece
				if at := r.bulk - 2 + int64(j); at >= 0 && at < int64(n) && b[i+int(at)] != end {
					return i, lost
				}
			}
			i += n
			if r.bulk -= int64(n); r.bulk == 0 {
				r.scalar()
			}
		}
		if r.values == 0 {
			return i, whole
		}
	}
	return len(b), within
}

// open begins what a header has announced.
func (r *reply) open() bool {
	n := r.header.value
	if r.header.negative { // null, as RESP2 has it
		r.nil()
		r.scalar()
		return n == 1 && (r.kind == '$' || r.kind == '*')
	}
	r.state = atType
	switch r.kind {
	case '$', '!', '=':
		r.state, r.bulk = inBulk, n+2
		return true
	case '|':
		r.values += 2 * n // and then the value itself
	case '%':
		r.values += 2*n - 1
	default:
		r.values += n - 1
	}
	if r.kind == r.top && !r.inside {
		r.inside, r.left = true, r.values
	}
	return r.values < mostValues
}

// scalar ends one value that has none inside.
func (r *reply) scalar() {
	r.values--
	r.state = atType
	if r.said > 0 {
		r.said = -1
	}
	if r.wrong {
		r.elementFailed()
	}
}

// hear keeps the first word of a push or an error.
func (r *reply) hear(b []byte) {
	if r.said < 0 || r.top != '>' && r.top != '-' && r.top != '!' && !r.wrong {
		return
	}
	r.said += copy(r.word[r.said:], b)
}

// confirms reports a push that answers a command: a subscription, or its end.
func (r *reply) confirms() bool {
	if r.top != '>' {
		return false
	}
	for _, w := range []string{"subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe", "sunsubscribe"} {
		if string(bytes.TrimRight(r.word[:], "\r\x00")) == w {
			return true
		}
	}
	return false
}
