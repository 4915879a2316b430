package command

import (
	"strings"
	"time"
)

// Expires says which argument of a command is a time to live of its key. The zero Expires: none is.
type Expires struct {
	At      int           // the argument; 0: it follows an option
	Unit    time.Duration // of that argument
	Instant bool          // that argument is an instant: so long after 1970
	Options int           // the first argument that may be an option, such as EX; 0: the command has none
}

// Option is what a word of a command's options says of the argument behind it: its unit, and whether
// it is an instant. False: no time to live stands there.
func Option(word string) (e Expires, ok bool) {
	switch strings.ToUpper(word) {
	case "EX":
		return Expires{Unit: time.Second}, true
	case "PX":
		return Expires{Unit: time.Millisecond}, true
	case "EXAT":
		return Expires{Unit: time.Second, Instant: true}, true
	case "PXAT":
		return Expires{Unit: time.Millisecond, Instant: true}, true
	}
	return Expires{}, false
}

// expires are the commands that set a time to live of a whole key. No value stands where it is looked for.
var expires = map[string]Expires{
	"SET":       {Options: 3},
	"GETEX":     {Options: 2},
	"SETEX":     {At: 2, Unit: time.Second},
	"PSETEX":    {At: 2, Unit: time.Millisecond},
	"RESTORE":   {At: 2, Unit: time.Millisecond},
	"EXPIRE":    {At: 2, Unit: time.Second},
	"PEXPIRE":   {At: 2, Unit: time.Millisecond},
	"EXPIREAT":  {At: 2, Unit: time.Second, Instant: true},
	"PEXPIREAT": {At: 2, Unit: time.Millisecond, Instant: true},
}
