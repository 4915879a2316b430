// Package redis is the Redis of one arm, in its kinds: embedded, a redis-server,
// one in a container, or somebody's by its URL. What a Spec says of it goes in; a store comes out
// that can be emptied, hurt, mended and probed. Somebody's is never hurt, and of
// it only the one database that was empty is written to. It knows no service.
package redis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/lab/compose"
	"github.com/trektribe/bench/internal/lab/dependency"
	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/redact"
)

const (
	// readyWithin is how long a Redis that the lab starts may take to answer; it needs 20 ms.
	readyWithin = 10 * time.Second
	// callWithin bounds one command of the lab's own; flushing a large database takes longest.
	callWithin = 5 * time.Second
	// takesEffect is how long a fault may take until it is met.
	takesEffect = 2 * time.Second
	// lastWrites is how long the connections of the last round may take to go away.
	lastWrites = time.Second
)

// Info says which Redis an arm has.
type Info struct{ Kind, Version string } // Kind: "embedded", "server", "container", "compose", "sentinel", "url"

// Options say how to have a Redis of the lab's own.
type Options struct {
	Name  string   // "hardened-redis": names it in errors
	Log   string   // the file that its output is added to
	Dir   string   // private to it; it need not be there yet
	Self  []string // how to start this program, for its word redis
	Env   []string // all of its environment
	Lease *process.Lease
	Ports *process.Ports

	Project  *compose.Project  // of a compose file that describes it; nil: there is none
	Password string            // empty: a new one
	Primary  func(name string) // told who the primary is, at first and when that changes, of several servers; nil: nobody is
}

// A Redis is one arm's.
type Redis interface {
	dependency.Dependency
	Info() Info
}

// Name is a Spec's Redis as it may be shown.
func Name(spec string) string {
	if k := find(spec); k != nil {
		return k.name
	}
	return redact.URL(spec)
}

// Check says why a Spec's Redis cannot be opened, before anybody is asked.
func Check(spec string) error {
	k := find(spec)
	if k == nil {
		_, err := parse(spec)
		return err
	}
	if k.missing != nil {
		return k.missing()
	}
	return nil
}

// Open opens a Spec's Redis: one of the lab's own, or, at a URL, somebody's.
func Open(ctx context.Context, spec string, o Options) (Redis, error) {
	var r Redis
	var err error
	switch k := find(spec); {
	case k == nil:
		r, err = openURL(ctx, spec)
	case k.several != nil:
		r, err = openEnsemble(ctx, k, o)
	default:
		r, err = openOwn(ctx, k, o)
	}
	if err != nil { // r is not nil, but what it holds is
		return nil, err
	}
	return r, nil
}

// A Store is one arm's Redis. Hurt and mended by one goroutine at a time, it may be probed by others.
type Store struct {
	kind     *kind // nil: somebody's: only its one database is ours, and only because it was empty
	version  string
	addr     string // host:port, upstream of the proxies
	username string
	password string
	db       int
	client   *redis.Client

	// Of the lab's own.
	lease   *process.Lease
	command process.Command // what it is started from
	port    int             // of addr
	dir     string          // where it saves its data when told to
	logs    bool            // it has an append-only file, and is started from it
	durable *durable        // its append-only file since the segment began; nil: it has none
	volume  bool            // what it acknowledges since the segment began is to be on its volume
	role    string          // settings of what it is among several, when it is started again
	word    string          // what reloaded or replayed has left in it
	left    canary.Meeting  // what flushed or recreated has

	mu      sync.Mutex
	process *process.Process // nil: somebody's
	hold    *hold            // of a fault; nil: none
}

var _ Redis = (*Store)(nil)

// Info says which Redis it is.
func (s *Store) Info() Info {
	if s.kind == nil {
		return Info{Kind: "url", Version: s.version}
	}
	return Info{Kind: s.kind.name, Version: s.version}
}

// Addr is where it is reached.
func (s *Store) Addr() string { return s.addr }

// Env is what an instance is given: this store, as reached at addr.
func (s *Store) Env(addr string) dependency.Variable {
	u := url.URL{Scheme: "redis", Host: addr, Path: "/" + strconv.Itoa(s.db)}
	if s.password != "" {
		u.User = url.UserPassword(s.username, s.password)
	}
	return dependency.Variable{Name: "REDIS_URL", Value: u.String(), Secret: s.password}
}

// Died says that its process has exited though nobody stopped it.
func (s *Store) Died() error { return s.running().Died() }

// hush keeps the library from writing lines of its own into the progress: what matters
// of them comes back as errors.
var hush = sync.OnceFunc(logging.Disable)

// connect prepares the lab's own client: one connection, straight to Redis, no retries.
func (s *Store) connect() {
	hush()
	s.client = redis.NewClient(&redis.Options{
		Addr: s.addr, Username: s.username, Password: s.password, DB: s.db,
		PoolSize: 1, MaxRetries: -1, DialerRetries: 1, DialTimeout: callWithin, ReadTimeout: callWithin, WriteTimeout: callWithin,
		ContextTimeoutEnabled: true, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}

// dial looks whether anybody listens at addr. It goes before the client's first command, as
// go-redis writes each failed dial to the standard logger.
func dial(ctx context.Context, addr string) error {
	d := net.Dialer{Timeout: callWithin}
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return c.Close()
}

// Renew empties the store. In a Redis of the lab's own it first waits until every connection
// of the last round is gone: a write that still lies in one would land after the flush.
func (s *Store) Renew(ctx context.Context) error {
	if s.kind == nil {
		if err := s.client.FlushDB(ctx).Err(); err != nil {
			return fmt.Errorf("flush database %d of redis: %w", s.db, err)
		}
		return nil
	}
	if err := s.running().Died(); err != nil {
		return err
	}
	if err := s.quiet(ctx); err != nil {
		return err
	}
	if err := s.persistNoMore(ctx); err != nil {
		return err
	}
	s.volume = false
	if err := s.client.FlushAll(ctx).Err(); err != nil {
		return fmt.Errorf("flush redis: %w", err)
	}
	if err := s.client.ScriptFlush(ctx).Err(); err != nil {
		return fmt.Errorf("flush redis' scripts: %w", err)
	}
	if s.kind.renew != nil {
		return s.kind.renew(ctx, s)
	}
	return nil
}

// quiet waits until the lab's own connection is the only one.
func (s *Store) quiet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lastWrites)
	defer cancel()
	for wait := time.Millisecond; ; wait = min(wait*2, 20*time.Millisecond) {
		text, err := s.client.Info(ctx, "clients").Result()
		if err != nil {
			return fmt.Errorf("ask redis for its clients: %w", err)
		}
		n := field(text, "connected_clients")
		if n == "1" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("redis has %s connections, and not the lab's alone, though every instance was stopped: %w", n, ctx.Err())
		case <-time.After(wait):
		}
	}
}

// Close leaves a foreign database as empty as it was found, and kills an own Redis: it keeps nothing.
func (s *Store) Close(ctx context.Context) error {
	var errs []error
	if s.kind == nil {
		errs = append(errs, s.Renew(ctx))
	}
	s.drop()
	return errors.Join(append(errs, s.client.Close(), s.running().Kill(), s.durable.end())...)
}

// field is one value of an INFO answer; "unknown" where it has none.
func field(info, name string) string {
	for line := range strings.Lines(info) {
		if k, v, _ := strings.Cut(strings.TrimSpace(line), ":"); k == name {
			return v
		}
	}
	return "unknown"
}
