package fault_test

import (
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
)

func TestArgumentsOfAFault(t *testing.T) {
	for _, test := range []struct {
		f    fault.Fault
		want string
	}{
		{fault.Fault{Kind: "blackhole"}, ""},
		{fault.Fault{Kind: "latency", Delay: 5 * time.Millisecond, Jitter: 2 * time.Millisecond, Shape: "normal", To: time.Second, For: time.Second, Seed: 7},
			"delay 5ms, jitter 2ms, shape normal, to 1s, seed 7"},
		{fault.Fault{Kind: "spikes", Delay: 5 * time.Millisecond, Share: 0.05}, "delay 5ms, share 0.05, seed 0"},
	} {
		if got := test.f.Arguments(); got != test.want {
			t.Errorf("%+v: Arguments() = %q, want %q", test.f, got, test.want)
		}
	}
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	for want, f := range map[string]fault.Fault{
		`unknown fault "gremlins"; there are: latency, `: {Kind: "gremlins"},
		`unknown fault ""`:                  {},
		"killed: takes no delay":            {Kind: "killed", Delay: time.Second},
		"mute: neither commands nor prefix": {Kind: "mute"},
		`no command "GETT"`:                 {Kind: "mute", Commands: []string{"GETT"}},
		"what SUBSCRIBE is answered with":   {Kind: "mute", Commands: []string{"SUBSCRIBE"}},
		"PING has no key":                   {Kind: "mute", Commands: []string{"PING"}, Prefix: "cache:"},
		"error: no answer":                  {Kind: "error", Commands: []string{"reads"}},
		"leave the - out":                   {Kind: "error", Commands: []string{"SUBSCRIBE"}, Answer: "-ERR"},
		"want a word in capitals":           {Kind: "error", Commands: []string{"writes"}, Answer: "no"},
	} {
		if err := f.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Check(%+v) = %v, want an error with %q", f, err, want)
		}
	}
	for _, f := range []fault.Fault{
		{Kind: "error", Commands: []string{"SUBSCRIBE", "JSON.GET"}, Answer: "ERR no"},
		{Kind: "lost", Commands: []string{"writes"}, Prefix: "cache:"},
		{Kind: "late", Prefix: "cache:", Delay: time.Second},
		{Kind: "killed", On: "instance"},
	} {
		if err := f.Check(); err != nil {
			t.Errorf("Check(%+v) = %v", f, err)
		}
	}
}

func TestExplain(t *testing.T) {
	for name, want := range map[string]string{
		"hang": `hang: new connections are accepted and never answered; old ones go on. Waiting connections are served at the end
  done to   the path to redis
  client    an answer at once on old connections, no answer until it ends on new ones; only a request that needs a new connection meets it
  lasts     200ms or more, for its canaries to prove it
  redis     any; not through somebody else's toxiproxy`,
		"slices": `slices: replies come in pieces of at most size, each delay after the one before
  done to   the path to redis
  needs     delay, a duration, such as 50ms; 2ms or more
  needs     size, a number of bytes, such as 100B; above 0B
  client    no answer until it ends; it depends on the size of the replies
  lasts     200ms or more, for its canaries to prove it; or its longest delay and 100ms, where that is more
  redis     any; also through somebody else's toxiproxy`,
		"terminated": `terminated: SIGTERM; started again at the end
  done to   instance
  lasts     200ms or more, for its canaries to prove it`,
		"slowcmd": `slowcmd: one command blocks all others during the fault; needs a redis-server
  done to   redis
  client    no answer until it ends
  lasts     350ms or more, for its canaries to prove it
  redis     --redis server or container or compose`,
	} {
		if got, ok := fault.Explain(name); !ok || got != want {
			t.Errorf("%s is explained as\n%s\nwant\n%s", name, got, want)
		}
	}
	if text, ok := fault.Explain("none"); ok {
		t.Errorf("there is no such kind, and %q", text)
	}
}
