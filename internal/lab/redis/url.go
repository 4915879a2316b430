package redis

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/redact"
)

// parse reads a redis:// URL. No error shows what may be a password.
func parse(text string) (*redis.Options, error) {
	u, err := url.Parse(text)
	switch {
	case err == nil && u.Scheme == "rediss":
		return nil, errors.New("redis: a rediss:// URL cannot be used: the certificate would not fit the proxy's address; give a redis:// URL")
	case err != nil && strings.HasPrefix(text, "redis://"):
		return nil, errors.New("redis: the URL cannot be read; write redis://[user:password@]host:port[/database]")
	case err != nil || u.Scheme != "redis":
		return nil, errors.New(`redis: write "embedded", "server", "container" or redis://[user:password@]host:port[/database]`)
	}
	o, err := redis.ParseURL(text)
	if err != nil {
		return nil, fmt.Errorf("redis: %s cannot be read; write redis://[user:password@]host:port[/database]", redact.URL(text))
	}
	return o, nil
}

// openURL connects to somebody's Redis. Nobody's data is at risk: the database must be
// empty now, and no other is ever written or flushed.
func openURL(ctx context.Context, text string) (*Store, error) {
	o, err := parse(text)
	if err != nil {
		return nil, err
	}
	if err := dial(ctx, o.Addr); err != nil {
		return nil, fmt.Errorf("reach %s: %w", redact.URL(text), err)
	}
	s := &Store{addr: o.Addr, username: o.Username, password: o.Password, db: o.DB}
	s.connect()
	n, err := s.client.DBSize(ctx).Result()
	if err == nil {
		s.version, err = infoVersion(ctx, s)
	}
	if err != nil {
		s.client.Close()
		return nil, fmt.Errorf("look into database %d of %s: %w", s.db, redact.URL(text), err)
	}
	if n > 0 {
		s.client.Close()
		return nil, fmt.Errorf("database %d of %s holds %d keys, and each round would flush them: "+
			"give the number of an empty database at the URL's end (redis://host:port/7)", s.db, redact.URL(text), n)
	}
	return s, nil
}
