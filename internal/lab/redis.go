package lab

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/redact"
)

// dumpName is the file in its private directory in which a redis-server saves its data when a fault has it do so.
const dumpName = "dump.rdb"

// Info says which Redis an arm has.
type Info struct{ Kind, Version string } // Kind: "embedded", "server", "url"

// checkRedis refuses a kind of Redis that cannot be opened.
func (s Spec) checkRedis(ctx context.Context) error {
	switch s.Redis {
	case "", "embedded":
		return nil
	case "server":
		if _, err := exec.LookPath("redis-server"); err != nil {
			return errors.New("redis-server is not on PATH: install it (apt-get install redis-server, brew install redis), or set redis to embedded")
		}
		return nil
	}
	if _, err := parseRedis(s.Redis); err != nil {
		return err
	}
	if len(s.Arms) > 1 {
		return errors.New("a Redis of your own serves one arm, since its databases share publish/subscribe and the processor: " +
			"run the arms one by one (--arms hardened), or use --redis embedded or server")
	}
	return checkHost(ctx, s.Redis, s.AllowHosts)
}

// parseRedis reads a redis:// URL. No error shows what may be a password.
func parseRedis(text string) (*redis.Options, error) {
	u, err := url.Parse(text)
	switch {
	case err == nil && u.Scheme == "rediss":
		return nil, errors.New("redis: a rediss:// URL cannot be used: the certificate would not fit the proxy's address; give a redis:// URL")
	case err != nil && strings.HasPrefix(text, "redis://"):
		return nil, errors.New("redis: the URL cannot be read; write redis://[user:password@]host:port[/database]")
	case err != nil || u.Scheme != "redis":
		return nil, errors.New(`redis: write "embedded", "server" or redis://[user:password@]host:port[/database]`)
	}
	o, err := redis.ParseURL(text)
	if err != nil {
		return nil, fmt.Errorf("redis: %s cannot be read; write redis://[user:password@]host:port[/database]", redact.URL(text))
	}
	return o, nil
}

// redisName is the Spec's Redis as it may be shown.
func redisName(spec string) string {
	switch spec {
	case "":
		return "embedded"
	case "embedded", "server":
		return spec
	}
	return redact.URL(spec)
}

// openStore opens the Redis of one arm.
func (l *Lab) openStore(ctx context.Context, arm string) (*store, error) {
	switch l.spec.Redis {
	case "", "embedded":
		return l.openOwn(ctx, "embedded", func(port int, password string) (process.Command, error) {
			argv := append(l.spec.Self[:len(l.spec.Self):len(l.spec.Self)], "redis", "--port", strconv.Itoa(port))
			return process.Command{Name: arm + "-redis", Argv: argv, Told: true, Log: l.logOf(arm + "-redis"),
				Env: append(cleanEnviron(), PasswordEnv+"="+password, controlEnv+"=stdin")}, nil
		})
	case "server":
		dir := filepath.Join(l.tmp, arm, "redis")
		s, err := l.openOwn(ctx, "server", func(port int, password string) (process.Command, error) {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return process.Command{}, err
			}
			// On stdin, so that the password is in no argument list and in no file.
			conf := fmt.Sprintf("bind 127.0.0.1\nport %d\nrequirepass %s\ndir %q\ndbfilename %s\nsave \"\"\nappendonly no\ndaemonize no\n", port, password, dir, dumpName)
			return process.Command{Name: arm + "-redis", Argv: []string{"redis-server", "-"}, Env: cleanEnviron(), Stdin: conf, Log: l.logOf(arm + "-redis")}, nil
		})
		if err == nil {
			s.dump = filepath.Join(dir, dumpName)
		}
		return s, err
	default:
		return l.openForeign(ctx)
	}
}

// openOwn starts a Redis on a port of its own.
func (l *Lab) openOwn(ctx context.Context, kind string, prepare func(port int, password string) (process.Command, error)) (s *store, err error) {
	err = l.ports.OnNewPort(func(port int, again func() bool) (taken bool, err error) {
		s = &store{info: Info{Kind: kind}, addr: process.Loopback(port), port: port, password: rand.Text()}
		if s.command, err = prepare(port, s.password); err != nil {
			return false, err
		}
		s.command.Hidden = []string{s.password}
		s.connect()
		if err = l.startStore(ctx, s); err == nil {
			err = s.version(ctx)
		}
		if err == nil {
			return false, nil
		}
		taken = s.running().PortTaken(port) && again()
		return taken, errors.Join(err, s.close(ctx))
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// openForeign connects to somebody's Redis. Nobody's data is at risk: the database must be
// empty now, and no other is ever written or flushed.
func (l *Lab) openForeign(ctx context.Context) (*store, error) {
	o, err := parseRedis(l.spec.Redis)
	if err != nil {
		return nil, err
	}
	if err := dial(ctx, o.Addr); err != nil {
		return nil, fmt.Errorf("reach %s: %w", redact.URL(l.spec.Redis), err)
	}
	s := &store{info: Info{Kind: "url"}, addr: o.Addr, username: o.Username, password: o.Password, db: o.DB, foreign: true}
	s.connect()
	n, err := s.client.DBSize(ctx).Result()
	if err == nil {
		err = s.version(ctx)
	}
	if err != nil {
		s.client.Close()
		return nil, fmt.Errorf("look into database %d of %s: %w", s.db, redact.URL(l.spec.Redis), err)
	}
	if n > 0 {
		s.client.Close()
		return nil, fmt.Errorf("database %d of %s holds %d keys, and each round would flush them: "+
			"give the number of an empty database at the URL's end (redis://host:port/7)", s.db, redact.URL(l.spec.Redis), n)
	}
	return s, nil
}
