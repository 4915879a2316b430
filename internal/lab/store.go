package lab

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

	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/resp"
)

const (
	// redisReady is how long a Redis that the lab starts may take to answer; it needs 20 ms.
	redisReady = 10 * time.Second
	// redisCall bounds one command of the lab's own; flushing a large database takes longest.
	redisCall = 5 * time.Second
	// lastWrites is how long the connections of the last round may take to go away.
	lastWrites = time.Second
)

// A store is one arm's Redis.
type store struct {
	info     Info
	addr     string // host:port, upstream of the proxies
	username string
	password string
	db       int
	foreign  bool            // somebody's: only its one database is ours, and only because it was empty
	command  process.Command // what it is started from; empty where foreign
	port     int             // of addr; 0 where foreign
	client   *redis.Client
	dump     string // where it saves its data when told to; empty where it cannot
	word     string // what reloaded has left in it; under the lab's applying, and read when its trial ends

	mu      sync.Mutex
	process *process.Process // nil where foreign
	hold    *hold            // of a fault; nil: none
}

func (s *store) running() *process.Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process
}

// startStore starts s, at first or again, and waits until it answers.
func (l *Lab) startStore(ctx context.Context, s *store) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p, err := l.lease.Start(s.command, nil)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.process = p
	s.mu.Unlock()
	return s.ready(ctx)
}

// startStoreAgain starts a Redis that a fault has ended, where it was: the proxies know its address.
func (l *Lab) startStoreAgain(ctx context.Context, s *store) error {
	err := process.OnItsPort(ctx, s.port, func(again func() bool) (taken bool, err error) {
		err = l.startStore(ctx, s)
		return err != nil && s.running().PortTaken(s.port) && again(), err
	})
	if err != nil {
		return err
	}
	return s.forget()
}

// revive undoes what faults do to a Redis that is still there, and waits until it answers.
func (s *store) revive(ctx context.Context) error {
	if s.command.Told {
		if err := s.running().Tell(""); err != nil {
			return err
		}
		return s.ready(ctx)
	}
	if err := s.endScript(ctx); err != nil {
		return err
	}
	if err := s.letGo(ctx); err != nil {
		return err
	}
	return s.ready(ctx)
}

// endScript ends a script that blocks Redis. That there is none is no error. Until a script has been at it for
// lua-time-limit, this is answered only when it has ended by itself.
func (s *store) endScript(ctx context.Context) error {
	var w *wire
	if h := s.held(); h != nil { // a new one may not be let in
		w = h.back
		w.Within(redisReady)
	} else {
		var err error
		if w, err = s.openWire(ctx, redisReady); err != nil {
			return err
		}
		defer w.close()
	}
	var refused resp.Answered
	if _, err := w.Ask("SCRIPT", "KILL"); err != nil && !errors.As(err, &refused) {
		return err
	}
	return nil
}

// hush keeps the library from writing lines of its own into the progress: what matters
// of them comes back as errors.
var hush = sync.OnceFunc(logging.Disable)

// connect prepares the lab's own client: one connection, straight to Redis, no retries.
func (s *store) connect() {
	hush()
	s.client = redis.NewClient(&redis.Options{
		Addr: s.addr, Username: s.username, Password: s.password, DB: s.db,
		PoolSize: 1, MaxRetries: -1, DialerRetries: 1, DialTimeout: redisCall, ReadTimeout: redisCall, WriteTimeout: redisCall,
		ContextTimeoutEnabled: true, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}

// ready waits until the child answers. The password proves that it is ours that answers.
func (s *store) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, redisReady)
	defer cancel()
	p := s.running()
	var last error
	for wait := 2 * time.Millisecond; ; wait = min(wait*3/2, 50*time.Millisecond) {
		if last = dial(ctx, s.addr); last == nil {
			last = s.client.Ping(ctx).Err()
		}
		if last == nil {
			return nil
		}
		select {
		case <-p.Done():
			return fmt.Errorf("%s ended before it was ready (%v)%s", p.Name, p.State(), p.Tail())
		case <-ctx.Done():
			return fmt.Errorf("%s did not get ready: %w; last: %v%s", p.Name, ctx.Err(), last, p.Tail())
		case <-time.After(wait):
		}
	}
}

// dial looks whether anybody listens at addr. It goes before the client's first command, as
// go-redis writes each failed dial to the standard logger.
func dial(ctx context.Context, addr string) error {
	d := net.Dialer{Timeout: redisCall}
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return c.Close()
}

// version asks Redis which one it is; miniredis cannot say, but is built into this program.
func (s *store) version(ctx context.Context) error {
	if s.info.Kind == "embedded" {
		s.info.Version = embeddedVersion()
		return nil
	}
	text, err := s.client.Info(ctx, "server").Result()
	var answer redis.Error
	if err != nil && !errors.As(err, &answer) { // one that cannot say is still a Redis
		return fmt.Errorf("ask redis for its version: %w", err)
	}
	if s.info.Version = field(text, "redis_version"); s.info.Version != "unknown" {
		s.info.Version = "redis " + s.info.Version
	}
	return nil
}

// flush empties the store. In a Redis of the lab's own it first waits until every connection
// of the last round is gone: a write that still lies in one would land after the flush.
func (s *store) flush(ctx context.Context) error {
	if s.foreign {
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
	if err := s.client.FlushAll(ctx).Err(); err != nil {
		return fmt.Errorf("flush redis: %w", err)
	}
	if err := s.client.ScriptFlush(ctx).Err(); err != nil {
		return fmt.Errorf("flush redis' scripts: %w", err)
	}
	return nil
}

// quiet waits until the lab's own connection is the only one.
func (s *store) quiet(ctx context.Context) error {
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

// url is what an instance is given: this store, through the proxy at addr.
func (s *store) url(addr string) string {
	u := url.URL{Scheme: "redis", Host: addr, Path: "/" + strconv.Itoa(s.db)}
	if s.password != "" {
		u.User = url.UserPassword(s.username, s.password)
	}
	return u.String()
}

// close leaves a foreign database as empty as it was found, and kills an own Redis: it keeps nothing.
func (s *store) close(ctx context.Context) error {
	var errs []error
	if s.foreign {
		errs = append(errs, s.flush(ctx))
	}
	s.drop()
	return errors.Join(append(errs, s.client.Close(), s.running().Kill())...)
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
