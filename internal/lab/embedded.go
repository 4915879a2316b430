package lab

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/alicebob/miniredis/v2"
)

// PasswordEnv is where `bench redis` finds its password: an argument list can be
// read by every user of the machine, an environment by its owner only.
const PasswordEnv = "BENCH_REDIS_PASSWORD"

// controlEnv, not empty, has the embedded Redis obey its standard input. Not otherwise: one that
// a person runs in the background of a terminal would be stopped by reading from it.
const controlEnv = "BENCH_REDIS_CONTROL"

// ServeRedis is the life of the embedded Redis: it serves at addr ("127.0.0.1:6390"; port 0:
// the kernel chooses) until ctx ends, and then returns nil. Keys expire by the clock, as in a real
// Redis. An empty password asks for none. Once it listens it writes one line to ready: "ready ADDR VERSION".
func ServeRedis(ctx context.Context, addr, password string, ready io.Writer) error {
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true) // without it no key ever expires
	m.RequireAuth(password)
	if err := m.StartAddr(addr); err != nil {
		return fmt.Errorf("serve the embedded redis: %w", err)
	}
	defer m.Close()
	if os.Getenv(controlEnv) != "" {
		go obey(m, os.Stdin)
	}
	if _, err := fmt.Fprintf(ready, "ready %s %s\n", m.Addr(), embeddedVersion()); err != nil {
		return fmt.Errorf("say that the embedded redis is ready: %w", err)
	}
	<-ctx.Done()
	return nil
}

// obey has m answer every command with the error that was read last; an empty line: none.
func obey(m *miniredis.Miniredis, r io.Reader) {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		m.SetError(lines.Text())
	}
}

// embeddedVersion is what is built into this program: "miniredis v2.40.0".
func embeddedVersion() string {
	if b, ok := debug.ReadBuildInfo(); ok {
		for _, d := range b.Deps {
			if strings.HasPrefix(d.Path, "github.com/alicebob/miniredis/") {
				return "miniredis " + d.Version
			}
		}
	}
	return "miniredis"
}
