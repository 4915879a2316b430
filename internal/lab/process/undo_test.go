package process_test

import (
	"fmt"
	"io"
	"os/signal"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/proxy/remote/toxitest"
	"github.com/trektribe/bench/internal/resp/resptest"
)

// The watchdog gives a toxiproxy up that is gone, and says what to do; what was paid it leaves alone.
func TestWatchdogAtAToxiproxy(t *testing.T) {
	defer signal.Reset() // it ignores what would end this test
	s := toxitest.Start(t)
	s.Proxy("redis", resptest.Listen(t, resptest.Answers("+PONG\r\n")).Addr())
	s.Toxic("redis", "bench-x-upstream", "timeout", "upstream")
	s.Toxic("redis", "foo", "latency", "upstream")
	undo := func(more string) string {
		return fmt.Sprintf(`undo {"url":%q,"proxy":"redis","toxics":["bench-x-upstream"]%s}`+"\n", s.URL, more)
	}
	for _, row := range []struct{ name, lease, want string }{
		{"put back already", undo("") + undo(`,"done":true`), "enabled bench-x-upstream foo"},
		{"to be put back", undo(`,"done":true`) + undo(""), "enabled foo"},
		{"to be put back, and done by somebody", undo(""), "enabled foo"},
	} {
		if err := process.Watchdog(strings.NewReader(row.lease), io.Discard); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		if got := s.State("redis"); got != row.want {
			t.Errorf("%s: the proxy is %s, want %s", row.name, got, row.want)
		}
	}
	s.Kill()
	err := process.Watchdog(strings.NewReader(undo(`,"disabled":true`)), io.Discard)
	for _, want := range []string{"could not be put back", "curl -X DELETE " + s.URL + "/proxies/redis/toxics/bench-x-upstream", `'{"enabled":true}'`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a toxiproxy that is gone: %v, want an error with %q", err, want)
		}
	}
}
