package command_test

import (
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/command"
)

func TestCommandsAreKnownInAnySpelling(t *testing.T) {
	for _, row := range []struct {
		name, access string
		keys         command.Keys
		known        bool
	}{
		{"get", "read", command.Keys{First: 1, Last: 1, Step: 1}, true},
		{"MGet", "read", command.Keys{First: 1, Last: -1, Step: 1}, true},
		{"MSET", "write", command.Keys{First: 1, Last: -1, Step: 2}, true},
		{"EVALSHA", "write", command.Keys{Count: 2}, true},
		{"PING", "", command.Keys{}, true},
		{"JSON.GET", "", command.Keys{}, false},
	} {
		got, known := command.Find(row.name)
		if got.Access != row.access || got.Keys != row.keys || known != row.known {
			t.Errorf("Find(%s) = %+v, %v; want %+v", row.name, got, known, row)
		}
		if upper, _ := command.FindUpper([]byte(strings.ToUpper(row.name))); upper != got {
			t.Errorf("FindUpper(%s) = %+v, want %+v", row.name, upper, got)
		}
	}
}

// What a client says before it can ask anything must pass a fault of all reads or all writes.
func TestHandshakesNeitherReadNorWrite(t *testing.T) {
	for name := range strings.FieldsSeq("HELLO AUTH CLIENT SELECT PING READONLY COMMAND") {
		if c, known := command.Find(name); !known || c.Access != "" || c.Keys != (command.Keys{}) {
			t.Errorf("Find(%s) = %+v, %v; want one without access and keys", name, c, known)
		}
	}
}

func TestNamesAreSortedCapitals(t *testing.T) {
	names := command.Names()
	for i, n := range names {
		if n != strings.ToUpper(n) || i > 0 && n <= names[i-1] {
			t.Errorf("name %q after %q", n, names[max(i-1, 0)])
		}
	}
	if len(names) < 200 {
		t.Errorf("%d names, want those of Redis", len(names))
	}
}
