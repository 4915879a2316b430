package redis

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab/dependency"
	"github.com/trektribe/bench/internal/lab/process"
)

// embedded is miniredis, in a process of this program.
var embedded = &kind{
	name: "embedded",
	command: func(o Options, port int, password string) (process.Command, error) {
		argv := append(o.Self[:len(o.Self):len(o.Self)], "redis", "--port", strconv.Itoa(port))
		return process.Command{Argv: argv, Told: true, Env: append(o.Env[:len(o.Env):len(o.Env)], PasswordEnv+"="+password, ControlEnv+"=stdin")}, nil
	},
	mechanisms: func(s *Store) []dependency.Mechanism {
		return []dependency.Mechanism{
			s.failing("busy", "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."),
			s.failing("loading", "LOADING Redis is loading the dataset in memory"),
			s.failing("readonly", "READONLY You can't write against a read only replica."),
			s.failing("noauth", "NOAUTH Authentication required."),
			s.failing("oom", "OOM command not allowed when used memory > 'maxmemory'."),
			{Kind: "maxclients", Hurt: s.fill, Old: s.goesOn},
		}
	},
	version: func(context.Context, *Store) (string, error) { return embeddedVersion(), nil }, // it cannot say, but is built into this program
	revive: func(ctx context.Context, s *Store) error {
		if err := s.running().Tell(""); err != nil {
			return err
		}
		if err := s.await(ctx, "reply"); err != nil {
			return err
		}
		return s.letGo(ctx)
	},
}

const (
	// crowded is what Redis tells a connection that is one too many.
	crowded = "ERR max number of clients reached"
	// forNew goes before an error that the embedded Redis tells new connections alone.
	forNew = "new "
)

// fill has Redis turn new connections away, as one does that has as many clients as it may have.
func (s *Store) fill(ctx context.Context, _ fault.Fault) error {
	if _, err := s.takeHold(ctx); err != nil {
		return err
	}
	if err := s.running().Tell(forNew + crowded); err != nil {
		return err
	}
	return s.await(ctx, crowded)
}

// failing has Redis answer every command with the error.
func (s *Store) failing(kind, answer string) dependency.Mechanism {
	word, _, _ := strings.Cut(answer, " ")
	hurt := func(ctx context.Context, _ fault.Fault) error {
		if err := s.running().Tell(answer); err != nil {
			return err
		}
		return s.await(ctx, word)
	}
	return dependency.Mechanism{Kind: kind, Hurt: hurt, Meets: []string{word}}
}

// await waits until a probe meets the word.
func (s *Store) await(ctx context.Context, word string) error {
	ctx, cancel := context.WithTimeout(ctx, takesEffect)
	defer cancel()
	for wait := time.Millisecond; ; wait = min(wait*2, 20*time.Millisecond) {
		m := s.Probe(ctx, takesEffect)
		if m.Met == word {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("a new connection to it met %v, want %s: %w", m, word, ctx.Err())
		case <-time.After(wait):
		}
	}
}

// PasswordEnv is where `bench redis` finds its password: an argument list can be
// read by every user of the machine, an environment by its owner only.
const PasswordEnv = "BENCH_REDIS_PASSWORD"

// ControlEnv, not empty, has the embedded Redis obey its standard input. Not otherwise: one that
// a person runs in the background of a terminal would be stopped by reading from it.
const ControlEnv = "BENCH_REDIS_CONTROL"

// Serve is the life of the embedded Redis: it serves at addr ("127.0.0.1:6390"; port 0:
// the kernel chooses) until ctx ends, and then returns nil. Keys expire by the clock, as in a real
// Redis. An empty password asks for none. Once it listens it writes one line to ready: "ready ADDR VERSION".
func Serve(ctx context.Context, addr, password string, ready io.Writer) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("serve the embedded redis: %w", err)
	}
	defer l.Close()
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true) // without it no key ever expires
	m.RequireAuth(password)
	none, err := m.Dial() // starts it without a listener of its own
	if err != nil {
		return fmt.Errorf("serve the embedded redis: %w", err)
	}
	none.Close()
	defer m.Close()
	f := &front{server: m.Server()}
	if os.Getenv(ControlEnv) != "" {
		go obey(m, f, os.Stdin)
	}
	go f.accept(l)
	if _, err := fmt.Fprintf(ready, "ready %s %s\n", l.Addr(), embeddedVersion()); err != nil {
		return fmt.Errorf("say that the embedded redis is ready: %w", err)
	}
	<-ctx.Done()
	return nil
}

// obey has m answer every command with the error that was read last, or f every new connection; an empty line: none.
func obey(m *miniredis.Miniredis, f *front, r io.Reader) {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		text := lines.Text()
		if why, ok := strings.CutPrefix(text, forNew); ok {
			f.full.Store(&why)
			continue
		}
		f.full.Store(nil)
		m.SetError(text)
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
