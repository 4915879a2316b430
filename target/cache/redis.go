package cache

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// A Redis is what a policy asks of Redis. Safe for concurrent use.
type Redis interface {
	// Connect proves on a new connection that Redis answers. A Redis that gave
	// up on a lost server forgets that and starts afresh.
	Connect(ctx context.Context) error
	// Get reads keys in one command; a key that is not there is "".
	Get(ctx context.Context, keys ...string) ([]string, error)
	// Set writes a key that expires after ttl; 0: never.
	Set(ctx context.Context, key, value string, ttl time.Duration) error
	// SetNX writes a key that expires after ttl, and says whether it did: it
	// does not where the key is there.
	SetNX(ctx context.Context, key, value string, ttl time.Duration) (bool, error)
	// Delete deletes a key; one that is not there is no error.
	Delete(ctx context.Context, key string) error
}

// A Client is a Redis over the network.
type Client struct {
	at     Address
	mu     sync.RWMutex
	cur    redis.UniversalClient // replaced by Connect
	closed bool
}

// silence keeps the library from writing lines of its own to stderr, where the
// service logs JSON; what matters of them reaches the service as errors.
var silence = sync.OnceFunc(logging.Disable)

// DefaultClient is a client with the library's default options, as the
// document's code has it: 5 s to dial, to read and to write, three retries,
// five dials each.
func DefaultClient(url string) (*Client, error) {
	at, err := ParseAddress(url)
	if err != nil {
		return nil, err
	}
	return newClient(at), nil
}

// BoundedClient is a client that tries once and answers or fails within about
// command. A new connection costs two round trips instead of four: identity
// and maintenance notifications are off.
func BoundedClient(url string, command time.Duration) (*Client, error) {
	at, err := ParseAddress(url)
	if err != nil {
		return nil, err
	}
	opts := at.opts
	opts.MaxRetries = -1
	opts.DialerRetries = 1
	opts.DialTimeout = command
	opts.ReadTimeout = command
	opts.WriteTimeout = command
	opts.PoolTimeout = command
	opts.ContextTimeoutEnabled = true
	opts.DisableIdentity = true
	opts.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return newClient(at), nil
}

func newClient(at Address) *Client {
	silence()
	return &Client{at: at, cur: at.client()}
}

// Connect pings through a new pool and uses that from now on.
//
// A new pool, because go-redis gives up on its own: once as many dials have
// failed as its pool is large, it fails at once and looks again but once a
// second, which would keep a Redis that is back out of use for that long.
func (c *Client) Connect(ctx context.Context) error {
	fresh := c.at.client()
	// With the default options a read does not end with its context, but with its connection.
	stop := context.AfterFunc(ctx, func() { fresh.Close() })
	defer stop()
	if err := fresh.Ping(ctx).Err(); err != nil {
		fresh.Close()
		if ctx.Err() != nil {
			err = ctx.Err() // rather than that the connection is closed
		}
		return fmt.Errorf("connect to redis at %s: %w", c.at, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		fresh.Close()
		return redis.ErrClosed
	}
	c.cur.Close()
	c.cur = fresh
	return nil
}

func (c *Client) Get(ctx context.Context, keys ...string) ([]string, error) {
	if len(keys) == 1 {
		v, err := c.current().Get(ctx, keys[0]).Result()
		if errors.Is(err, redis.Nil) {
			err = nil
		}
		return []string{v}, err
	}
	vals, err := c.current().MGet(ctx, keys...).Result()
	if err != nil {
		return nil, err
	}
	found := make([]string, len(vals))
	for i, v := range vals {
		found[i], _ = v.(string) // nil: not there
	}
	return found, nil
}

// Set is SETEX where ttl is of whole seconds, as it is in the document, and
// SET PX where it is not; where there is none it is SET.
func (c *Client) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	switch {
	case ttl == 0:
		return c.current().Set(ctx, key, value, 0).Err()
	case ttl%time.Second == 0:
		return c.current().SetEx(ctx, key, value, ttl).Err()
	}
	return c.current().Set(ctx, key, value, max(ttl, time.Millisecond)).Err()
}

// SetNX is SET NX with a time to live.
func (c *Client) SetNX(ctx context.Context, key, value string, ttl time.Duration) (bool, error) {
	return c.current().SetNX(ctx, key, value, max(ttl, time.Millisecond)).Result()
}

func (c *Client) Delete(ctx context.Context, key string) error {
	return c.current().Del(ctx, key).Err()
}

// Options are the options that how long a call can stall follows from, as the
// library has filled them in: durations in seconds, true is 1. Each name is the
// library's own, but for two that it finds out: handshake_round_trips, what a new
// connection costs before its first command, and idle_connections, those of the
// pool that nobody uses now. dialer_retries counts the first dial.
func (c *Client) Options() map[string]float64 {
	cur := c.current()
	one, ok := cur.(*redis.Client)
	if !ok { // a cluster's, which has such a client for each node
		one = redis.NewClient(c.at.opts)
		defer one.Close()
	}
	o, trips := one.Options(), 1 // HELLO
	if one.GetMaintNotificationsManager() != nil {
		trips++ // given up for good by the first server that does not know them
	}
	if !o.DisableIdentity {
		trips++
	}
	return map[string]float64{
		"dial_timeout_seconds":         o.DialTimeout.Seconds(),
		"dialer_retries":               float64(o.DialerRetries),
		"dialer_retry_timeout_seconds": o.DialerRetryTimeout.Seconds(),
		"read_timeout_seconds":         o.ReadTimeout.Seconds(),
		"write_timeout_seconds":        o.WriteTimeout.Seconds(),
		"pool_size":                    float64(o.PoolSize),
		"pool_timeout_seconds":         o.PoolTimeout.Seconds(),
		"max_retries":                  float64(o.MaxRetries),
		"min_retry_backoff_seconds":    o.MinRetryBackoff.Seconds(),
		"max_retry_backoff_seconds":    o.MaxRetryBackoff.Seconds(),
		"context_timeout_enabled":      flag(o.ContextTimeoutEnabled),
		"handshake_round_trips":        float64(trips),
		"idle_connections":             float64(cur.PoolStats().IdleConns),
	}
}

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

// Close ends what is under way; it fails. It may be called more than once.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	return c.cur.Close()
}

func (c *Client) current() redis.UniversalClient {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.cur
}

// Timed calls observe with how long each command of r took, failed or not.
func Timed(r Redis, observe func(time.Duration)) Redis { return timed{r, observe} }

type timed struct {
	Redis
	observe func(time.Duration)
}

func (t timed) Get(ctx context.Context, keys ...string) ([]string, error) {
	defer t.since(time.Now())
	return t.Redis.Get(ctx, keys...)
}

func (t timed) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	defer t.since(time.Now())
	return t.Redis.Set(ctx, key, value, ttl)
}

func (t timed) SetNX(ctx context.Context, key, value string, ttl time.Duration) (bool, error) {
	defer t.since(time.Now())
	return t.Redis.SetNX(ctx, key, value, ttl)
}

func (t timed) Delete(ctx context.Context, key string) error {
	defer t.since(time.Now())
	return t.Redis.Delete(ctx, key)
}

func (t timed) since(began time.Time) { t.observe(time.Since(began)) }
