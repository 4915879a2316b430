package redis_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab/dependency"
	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/lab/redis"
	"github.com/trektribe/bench/internal/machinetest"
	"github.com/trektribe/bench/internal/resp"
)

// A line is where Serve says that it is ready.
type line struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *line) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *line) fields() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Fields(l.buf.String())
}

// somebodys serves a Redis that is not the lab's, and says where.
func somebodys(t *testing.T, password string) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var ready line
	end := make(chan error, 1)
	go func() { end <- redis.Serve(ctx, "127.0.0.1:0", password, &ready) }()
	t.Cleanup(func() {
		stop()
		if err := <-end; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	machinetest.Until(t, "Serve is ready", 5*time.Second, func() bool { return len(ready.fields()) > 2 })
	return ready.fields()[1]
}

func TestServe(t *testing.T) {
	addr := somebodys(t, "secret")
	ctx := t.Context()
	stranger := goredis.NewClient(&goredis.Options{Addr: addr, MaxRetries: -1})
	defer stranger.Close()
	if err := stranger.Set(ctx, "k", "v", 0).Err(); err == nil {
		t.Error("it takes commands without the password")
	}
	c := goredis.NewClient(&goredis.Options{Addr: addr, Password: "secret"})
	defer c.Close()
	if err := c.Set(ctx, "k", "v", 20*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	machinetest.Until(t, "the key expires by the clock", 5*time.Second, func() bool { return c.Exists(ctx, "k").Val() == 0 })
	if err := redis.Serve(ctx, addr, "", os.Stderr); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("a second one at the same address: %v", err)
	}
}

// TestMain lets the test binary be its own children.
func TestMain(m *testing.M) {
	var err error
	switch os.Args[1] {
	case "redis":
		err = redis.Serve(context.Background(), "127.0.0.1:"+os.Args[3], os.Getenv(redis.PasswordEnv), os.Stdout)
	case "watchdog":
		err = process.Watchdog(os.Stdin, os.Stdout)
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// launch opens a Redis of the lab's own. primary is told of each new primary; nil: nobody is.
func launch(t *testing.T, kind string, primary func(string)) redis.Redis {
	t.Helper()
	machinetest.Redis(t, kind)
	lease, err := process.Open(os.Args[:1], os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	r, err := redis.Open(t.Context(), kind, redis.Options{
		Name: "redis", Log: filepath.Join(dir, "log"), Dir: filepath.Join(dir, "redis"),
		Self: os.Args[:1], Env: os.Environ(), Lease: lease, Ports: process.NewPorts(), Primary: primary,
	})
	if err != nil {
		t.Fatal(errors.Join(err, lease.Close(context.Background())))
	}
	t.Cleanup(func() {
		if err := errors.Join(r.Close(context.Background()), lease.Close(context.Background())); err != nil {
			t.Error(err)
		}
	})
	return r
}

// own opens one that is a single process, and a client of it.
func own(t *testing.T, kind string) (*redis.Store, *goredis.Client) {
	t.Helper()
	s := launch(t, kind, nil).(*redis.Store)
	o, err := goredis.ParseURL(s.Env(s.Addr()).Value)
	if err != nil {
		t.Fatal(err)
	}
	c := goredis.NewClient(o)
	t.Cleanup(func() { c.Close() })
	return s, c
}

// Each kind keeps the same promises: what is done to it is met, is undone, and leaves it empty for the next round.
func TestEachKindIsHurtMendedAndEmptied(t *testing.T) {
	for _, kind := range []string{"embedded", "server", "container"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s, c := own(t, kind)
			if got := s.Info().Kind; got != kind {
				t.Errorf("it is %s, want %s", got, kind)
			}
			ctx := t.Context()
			for _, m := range s.Mechanisms() {
				k, found := fault.Find(m.Kind)
				if !found {
					t.Fatalf("%q is no kind of fault", m.Kind)
				}
				meets := m.Meets
				if len(meets) == 0 {
					meets = k.New.Canary
				}
				probe := m.Probe
				if probe == nil {
					probe = s.Probe
				}
				if err := c.Set(ctx, "k", "v", 0).Err(); err != nil {
					t.Fatalf("before %s: %v", m.Kind, err)
				}
				if err := m.Hurt(ctx, fault.Fault{Kind: m.Kind, For: 300 * time.Millisecond}); err != nil {
					t.Fatalf("%s: %v", m.Kind, err)
				}
				if m.Found != nil {
					if got, flaw := m.Found(); got.Met != "empty" || flaw != "" {
						t.Errorf("%s found %v: %s", m.Kind, got, flaw)
					}
				} else if got := probe(ctx, fault.ProcessWait); !slices.Contains(meets, got.Met) {
					t.Errorf("%s: a probe met %v, want %v", m.Kind, got, meets)
				}
				for range 2 { // again: nothing is to be mended
					if err := s.Mend(ctx); err != nil {
						t.Fatalf("mend %s: %v", m.Kind, err)
					}
				}
				if got := s.Probe(ctx, 5*time.Second); got.Met != "reply" {
					t.Errorf("after %s a probe met %v", m.Kind, got)
				}
			}
			c.Close()
			if err := s.Renew(ctx); err != nil {
				t.Fatal(err)
			}
			fresh := goredis.NewClient(c.Options())
			defer fresh.Close()
			if n := fresh.DBSize(ctx).Val(); n != 0 {
				t.Errorf("%d keys in a new round", n)
			}
			if err := errors.Join(s.Up(), s.Died()); err != nil {
				t.Error(err)
			}
		})
	}
}

// A script that blocks Redis is ended long before its own end. Until 5 s have passed Redis hears nothing.
func TestASlowCommandIsEndedEarly(t *testing.T) {
	t.Parallel()
	s, c := own(t, "server")
	if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	for _, m := range s.Mechanisms() {
		if m.Kind == "slowcmd" {
			if err := m.Hurt(t.Context(), fault.Fault{Kind: m.Kind, For: time.Minute}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := s.Probe(t.Context(), fault.ProcessWait); got.Met != "silence" {
		t.Errorf("a probe met %v, want silence", got)
	}
	if err := s.Mend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := c.Get(t.Context(), "k").Val(); got != "v" {
		t.Errorf("k = %q, want v: the data is kept", got)
	}
}

// said sends text on a connection of its own, and is what is answered until n lines have come.
func said(t *testing.T, addr, text string, n int) (lines []string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	io.WriteString(c, text)
	for r := bufio.NewReader(c); len(lines) < n; {
		line, err := r.ReadString('\n')
		if err != nil {
			return append(lines, err.Error())
		}
		lines = append(lines, strings.TrimRight(line, "\r\n"))
	}
	return lines
}

// Commands that come inline are answered as a real Redis answers them, alone and among arrays.
func TestInlineCommands(t *testing.T) {
	array := resp.Encode("SET", "k", "a\r\nb")
	for _, row := range []struct {
		text string
		want []string
	}{
		{"PING\r\n", []string{"+PONG"}},
		{"ping\n", []string{"+PONG"}},
		{"\r\n  \r\nPING\r\n", []string{"+PONG"}},
		{"SET k  \"a b\" \r\nGET k\r\n", []string{"+OK", "$3", "a b"}},
		{"SET k 'a \"b'\r\nGET k\r\n", []string{"+OK", "$4", "a \"b"}},
		{`SET k "a\"b"` + "\r\nGET k\r\n", []string{"+OK", "$3", `a"b`}},
		{"SET k \"\"\r\nSTRLEN k\r\n", []string{"+OK", ":0"}},
		{"PING\r\n" + array + "STRLEN k\r\n" + array + "PING\r\n", []string{"+PONG", "+OK", ":4", "+OK", "+PONG"}},
		{"*0\r\nPING\r\n", []string{"+PONG"}},
		{"SET k \"v\r\n", []string{"-ERR Protocol error: unbalanced quotes in request", "EOF"}},
		{"SET k " + strings.Repeat("x", 100<<10) + "\r\n", []string{"-ERR Protocol error: too big inline request", "EOF"}},
		{"SET k " + strings.Repeat("x", 30<<10) + "\r\nSTRLEN k\r\n", []string{"+OK", ":30720"}},
	} {
		for _, kind := range []string{"embedded", "server"} {
			t.Run(kind, func(t *testing.T) {
				addr := ""
				if kind == "embedded" {
					addr = somebodys(t, "")
				} else {
					s, c := own(t, kind) // the same rows hold for a real one
					if err := c.ConfigSet(t.Context(), "requirepass", "").Err(); err != nil {
						t.Fatal(err)
					}
					addr = s.Addr()
				}
				got := said(t, addr, row.text, len(row.want))
				if last := len(got) - 1; row.want[last] == "EOF" && strings.Contains(got[last], "reset") {
					got[last] = "EOF" // what it did not read is lost
				}
				if !slices.Equal(got, row.want) {
					t.Errorf("%.60q is answered %.200q, want %q", row.text, got, row.want)
				}
			})
		}
	}
}

// With as many clients as it may have, a Redis tells a new connection so, before it is asked, and ends it. Old ones go on.
func TestTooManyClients(t *testing.T) {
	for _, kind := range []string{"embedded", "server"} {
		t.Run(kind, func(t *testing.T) {
			s, c := own(t, kind)
			if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(s.Mechanisms(), func(m dependency.Mechanism) bool { return m.Kind == "maxclients" })
			m := s.Mechanisms()[i]
			if err := m.Hurt(t.Context(), fault.Fault{Kind: m.Kind}); err != nil {
				t.Fatal(err)
			}
			if got, want := said(t, s.Addr(), "", 2), []string{"-ERR max number of clients reached", "EOF"}; !slices.Equal(got, want) {
				t.Errorf("a new connection reads %q, want %q", got, want)
			}
			if err := c.Get(t.Context(), "k").Err(); err != nil {
				t.Errorf("an old connection: %v", err)
			}
			if got := m.Old(time.Second); got.Met != "reply" {
				t.Errorf("the fault's own old connection met %v", got)
			}
			if err := s.Mend(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := said(t, s.Addr(), "QUIT\r\n", 1); strings.Contains(got[0], "max number") {
				t.Errorf("afterwards a new connection reads %q", got)
			}
		})
	}
}
