package run

import (
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
)

// What the wire shows to be wrong with the setting up is told once, with what to do.
func TestTheWireTellsWhatIsSetUpWrong(t *testing.T) {
	arms := []lab.Arm{{Name: "a"}, {Name: "b"}}
	get := history.Command{Arm: "a", Name: "GET", Reply: history.ReplyValue}
	for name, row := range map[string]struct {
		seen []history.Command
		want []string
	}{
		"all is well":                {[]history.Command{get, {Arm: "b", Name: "SET", Reply: history.ReplyError, Error: "READONLY"}}, nil},
		"one arm uses another Redis": {[]history.Command{get}, []string{"the service (b) said nothing to the Redis of its REDIS_URL"}},
		"TLS":                        {[]history.Command{get, {Arm: "b", Reply: history.NotFollowed, Error: "TLS"}}, []string{"the service (b) speaks TLS to Redis"}},
		"commands that are missing": {[]history.Command{get, {Arm: "b", Name: "JSON.GET", Reply: history.ReplyError, Error: history.UnknownCommand}, {Arm: "b", Name: "BITFIELD", Reply: history.ReplyError, Error: history.UnknownCommand}},
			[]string{"this Redis (embedded) does not know: BITFIELD, JSON.GET"}},
	} {
		s := newWireSeen()
		for _, c := range row.seen {
			s.see(&c)
			s.see(&c)
		}
		got := s.warnings(arms, "embedded")
		if len(got) != len(row.want) {
			t.Errorf("%s: warnings %q, want %q", name, got, row.want)
			continue
		}
		for i, want := range row.want {
			if !strings.Contains(got[i], want) {
				t.Errorf("%s: warned of %q, want %q", name, got[i], want)
			}
		}
	}
}
