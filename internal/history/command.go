package history

import "time"

// A Command is one that the service sent to a dependency, and what came of it, as the proxy between
// them saw it. The harness's own canaries are none. It holds no value and no password.
//
// The commands of a transaction have the replies that EXEC brought, and its time.
type Command struct {
	Arm      string
	Instance string        // whose path it took
	Conn     uint64        // its connection; they are counted on each path, from 1
	Opened   time.Duration // when the proxy accepted that connection, on the run's clock
	Name     string        // in capitals, with its subcommand: "GET", "CLIENT SETINFO"; UnknownName where nobody knows it
	Key      string        // the first, at most 128 bytes of it; empty: it has none, or none whose place is known
	TTL      time.Duration // that it sets for its key; 0: none that can be seen, as in a script
	Sent     time.Duration // when its last byte had come to the proxy, on the run's clock
	Answered time.Duration // when the last byte of its reply had; 0: none came. What a fault delays comes later at the service
	Reply    Reply
	Error    string // of ReplyError, the first word: "READONLY", or UnknownCommand; of NotFollowed, why
	Found    bool   // something was there: a value, or several of which the first is not nil
	Asked    int    // bytes of the command
	Bytes    int    // of its reply; 0 for a command of a transaction
}

// UnknownName stands for a command that is neither Redis's nor, by the form of its name, a module's: it
// could be anything, a password too.
const UnknownName = "UNKNOWN"

// UnknownCommand is the Error of a command that Redis does not know.
const UnknownCommand = "unknown command"

// Reply is the class of a reply.
type Reply string

const (
	ReplyOK      Reply = "ok"      // a line such as OK or PONG
	ReplyValue   Reply = "value"   // a text or another number than an integer
	ReplyNil     Reply = "nil"     // there is none
	ReplyInteger Reply = "integer" // also true and false
	ReplyArray   Reply = "array"   // several values
	ReplyError   Reply = "error"
	ReplyNone    Reply = "none"      // the connection ended before it came
	Discarded    Reply = "discarded" // its transaction was not executed
	Unseen       Reply = "unseen"    // it came when the connection could not be followed any more
	// NotFollowed is no command's: from here on this connection could not be followed. Name is the
	// command that was why, where it was one.
	NotFollowed Reply = "not followed"
)

// OK reports that it was answered, and not with an error.
func (c *Command) OK() bool {
	switch c.Reply {
	case ReplyOK, ReplyValue, ReplyNil, ReplyInteger, ReplyArray:
		return true
	}
	return false
}

// At is an instant on the clock.
func (c *Clock) At(t time.Time) time.Duration { return t.Sub(c.epoch) }
