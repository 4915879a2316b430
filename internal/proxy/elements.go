package proxy

import "github.com/trektribe/bench/internal/history"

// elements are what a reply keeps of the values that it is made of: those right inside it, not inside one of them.
type elements struct {
	inside   bool  // the reply is made of several, and its header has been read
	left     int64 // of them, that have not begun
	begun    int64
	null     bool // the reply is nil
	firstNil bool // the first of them is

	collect bool   // what each is, as EXEC's are
	parts   []part // what each is
	wrong   bool   // the one that is read is an error
}

// A part is what one value of several is.
type part struct {
	reply history.Reply
	found bool
	err   string // first word of an error
}

// element begins one, whose type has just come.
func (r *reply) element() {
	r.left--
	r.begun++
	if r.begun == 1 {
		r.firstNil = r.kind == '_'
	}
	if !r.collect || len(r.parts) == mostSeen {
		return
	}
	class := classOf(r.kind)
	r.parts = append(r.parts, part{reply: class, found: class == history.ReplyValue || class == history.ReplyArray})
	if class == history.ReplyError {
		r.wrong, r.said, r.word = true, 0, [16]byte{}
	}
}

// elementFailed ends one that is an error.
func (r *reply) elementFailed() {
	r.parts[len(r.parts)-1].err = firstWord(r.word[:])
	r.wrong, r.said = false, 0
}

// nil notes that what is read is nil: the reply, or one of its elements.
func (r *reply) nil() {
	switch {
	case r.kind == r.top && !r.inside:
		r.null = true
	case r.inside && r.values == r.left+1:
		r.firstNil = r.firstNil || r.begun == 1
		if r.collect && r.begun == int64(len(r.parts)) {
			r.parts[r.begun-1] = part{reply: history.ReplyNil}
		}
	}
}

// class is that of the reply, which has come whole, and whether something was there.
func (r *reply) class() (c history.Reply, found bool) {
	if r.null {
		return history.ReplyNil, false
	}
	c = classOf(r.top)
	switch c {
	case history.ReplyValue:
		found = true
	case history.ReplyArray:
		found = r.begun > 0 && !r.firstNil
	}
	return c, found
}

// classOf is the class of values of a type that are not nil.
func classOf(kind byte) history.Reply {
	switch kind {
	case '+':
		return history.ReplyOK
	case '-', '!':
		return history.ReplyError
	case ':', '#':
		return history.ReplyInteger
	case '_':
		return history.ReplyNil
	case '*', '~', '%':
		return history.ReplyArray
	}
	return history.ReplyValue
}
