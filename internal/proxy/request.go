package proxy

import (
	"bytes"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/command"
	"github.com/trektribe/bench/internal/fault"
)

const (
	// longestInline is Redis's own bound (PROTO_INLINE_MAX_SIZE).
	longestInline = 64 << 10
	// keysWithin is in how many bytes of a command its keys are looked at: what it
	// is cannot be known later, and until it is known no byte of it may be passed on.
	keysWithin = 1 << 20
)

// A verdict says whether a command is among those that a fault chooses.
type verdict int

const (
	undecided verdict = iota
	chosen
	spared
)

// A request reads what a client sends, one command after another: arrays of bulk
// strings and inline commands, in whatever pieces they come. It keeps the name of
// a command, and where it is watched what glimpse keeps; keys are compared as they
// pass. The zero request is ready for the first command.
type request struct {
	plan    *plan // in effect when its first byte came: that one judges it
	own     bool  // a canary's
	watched bool  // somebody is told of it
	verdict verdict

	begun  bool
	state  requestState
	header number
	args   int // in all; of an inline command, how many have come
	arg    int // which is read
	bulk   int64
	size   int64 // bytes so far

	name  [fault.LongestCommand]byte // as it is spelt, cut
	upper [fault.LongestCommand]byte // in capitals
	named int                        // its bytes, also those that were cut
	word  [8]byte                    // the argument after it, cut
	cmd   command.Command

	first, last, step int // where keys stand; last below first: nowhere
	count             int // the number that says where
	match             int // bytes of the prefix that this key has; -1: it has another

	glimpse
}

type requestState int

const (
	atStart requestState = iota
	inInline
	inCount  // "*3"
	atLength // the "$" of an argument
	inLength
	inArgument
)

// fresh reports that a new command comes next.
func (r *request) fresh() bool { return !r.begun }

// next reads on to the end of the command, or of b, and says how many bytes it
// used. A command without a name, such as an empty line, has no reply.
func (r *request) next(b []byte, pl *plan, own bool) (int, mark) {
	if !r.begun && len(b) > 0 {
		*r = request{begun: true, plan: pl, own: own, watched: r.watched, step: 1}
		if pl.choice == nil {
			r.verdict = spared
		}
	}
	for i := 0; i < len(b); {
		switch r.state {
		case atStart:
			if r.state = inInline; b[i] == '*' {
				r.state = inCount
				i++
			}
		case inInline:
			end := bytes.IndexByte(b[i:], '\n')
			line := b[i:]
			if end >= 0 {
				line = b[i : i+end]
			}
			r.size += int64(len(line))
			if r.size > longestInline || !r.inline(line) {
				return i, lost
			}
			if i += len(line); end >= 0 {
				if r.bulk > 0 {
					r.argumentEnds()
				}
				return i + 1, r.end()
			}
		case inCount:
			m := r.header.next(b[i])
			i++
			switch {
			case m == lost:
				return i, lost
			case m == whole && (r.header.negative || r.header.value == 0):
				return i, r.end()
			case m == whole:
				r.args, r.state = int(r.header.value), atLength
			}
		case atLength:
			if b[i] != '$' {
				return i, lost
			}
			i++
			r.header, r.state = number{}, inLength
		case inLength:
			m := r.header.next(b[i])
			i++
			if m == lost || r.header.negative {
				return i, lost
			}
			if m == whole {
				r.bulk, r.state = r.header.value+2, inArgument
			}
		case inArgument:
			n := int(min(r.bulk, int64(len(b)-i)))
			if text := r.bulk - 2; text > 0 {
				r.argument(b[i : i+int(min(text, int64(n)))])
			}
			i += n
			if r.size += int64(n); r.size > keysWithin && r.verdict == undecided {
				r.verdict = spared
			}
			if r.bulk -= int64(n); r.bulk > 0 {
				break
			}
			r.argumentEnds()
			if r.state = atLength; r.arg == r.args {
				return i, r.end()
			}
		}
	}
	return len(b), within
}

// inline reads a part of a line of words. A control character is in none.
func (r *request) inline(line []byte) bool {
	for i, c := range line {
		switch {
		case c == ' ' || c == '\t' || c == '\r':
			if r.bulk > 0 { // bytes of the word
				r.argumentEnds()
				r.bulk = 0
			}
		case c < ' ':
			return false
		default:
			if r.bulk++; r.bulk == 1 {
				r.args++
			}
			r.argument(line[i : i+1])
		}
	}
	return true
}

func (r *request) end() mark {
	r.begun = false
	if r.verdict == undecided {
		r.verdict = spared
	}
	return whole
}

// argument reads a part of an argument.
func (r *request) argument(b []byte) {
	switch {
	case r.arg == 0:
		if r.named < fault.LongestCommand {
			copy(r.name[r.named:], b)
		}
		r.named += len(b)
		return
	case r.arg == 1 && r.cmd.Follow == command.Client:
		if have := bytes.IndexByte(r.word[:], 0); have >= 0 {
			copy(r.word[have:], b)
		}
	}
	if r.watched {
		r.look(b)
	}
	if r.verdict != undecided {
		return
	}
	if r.arg == r.cmd.Keys.Count {
		for _, c := range b {
			if c >= '0' && c <= '9' && r.count < 1<<20 {
				r.count = r.count*10 + int(c-'0')
			}
		}
	}
	if prefix := r.plan.choice.prefix; r.isKey() && r.match >= 0 && r.match < len(prefix) {
		n := min(len(b), len(prefix)-r.match)
		if !bytes.Equal(b[:n], prefix[r.match:r.match+n]) {
			r.match = -1
		} else {
			r.match += n
		}
	}
}

// argumentEnds judges what has come.
func (r *request) argumentEnds() {
	if r.watched && r.arg > 0 {
		r.looked()
	}
	switch {
	case r.arg == 0:
		r.nameEnds()
	case r.verdict == undecided:
		switch {
		case r.isKey() && r.match == len(r.plan.choice.prefix):
			r.verdict = chosen
		case r.arg == r.cmd.Keys.Count:
			r.first, r.last = r.arg+1, r.arg+r.count
		case r.arg >= r.last && r.arg >= r.cmd.Keys.Count:
			r.verdict = spared
		}
	}
	r.match = 0
	r.arg++
}

// nameEnds looks the command up, and decides what its name decides.
func (r *request) nameEnds() {
	if r.named > fault.LongestCommand {
		r.verdict = spared
		return
	}
	name := r.upper[:r.named]
	for i, c := range r.name[:r.named] {
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		name[i] = c
	}
	cmd, known := command.FindUpper(name)
	r.cmd, r.keyAt = cmd, cmd.Keys.First
	if !known {
		r.keyAt = 1 // as it is with commands of modules
	}
	if r.verdict != undecided {
		return
	}
	c := r.plan.choice
	switch {
	case r.own: // the canary's two spellings, whatever the fault chooses
		r.verdict = spared
		if string(r.name[:r.named]) == canary.Command {
			r.verdict = chosen
		}
		return
	case !c.takes(name, cmd):
		r.verdict = spared
		return
	case len(c.prefix) == 0:
		r.verdict = chosen
		return
	case !known && c.names != nil: // a module's, which somebody named
		r.cmd.Keys = command.Keys{First: 1, Last: 1, Step: 1}
	}
	k := r.cmd.Keys
	if r.first, r.last = k.First, k.Last; k.Step > 0 {
		r.step = k.Step
	}
	if k.Last < 0 {
		r.last = r.args + k.Last
		if r.state == inInline {
			r.last = longestInline
		}
	}
	if k == (command.Keys{}) {
		r.verdict = spared
	}
}

// isKey reports that the argument that is read is a key.
func (r *request) isKey() bool {
	return r.first > 0 && r.arg >= r.first && r.arg <= r.last && (r.arg-r.first)%r.step == 0
}
