// Command health is the health check of a container without a shell. It exits 0
// when what stands at a URL serves, and 1 otherwise, with the reason.
//
// redis-cli cannot be used for that: "redis-cli ping" exits 0 also when Redis
// answers LOADING or NOAUTH. Only PONG is health here.
//
//	health redis://:password@127.0.0.1:6379
//	health http://127.0.0.1:4000/health
//
// Without an argument it reads the URL from HEALTH_URL, so that a password is
// in no list of arguments.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/trektribe/bench/internal/redact"
	"github.com/trektribe/bench/internal/resp"
)

// within bounds the whole check.
const within = 2 * time.Second

func main() {
	at := os.Getenv("HEALTH_URL")
	if len(os.Args) > 1 {
		at = os.Args[1]
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := check(ctx, at); err != nil {
		fmt.Fprintf(os.Stderr, "%s is not healthy: %v\n", redact.URL(at), err)
		os.Exit(1)
	}
}

// check asks what stands at the URL, once.
func check(ctx context.Context, at string) error {
	u, err := url.Parse(at)
	if err != nil {
		return fmt.Errorf("not a URL")
	}
	switch u.Scheme {
	case "redis":
		return ping(ctx, u)
	case "http":
		return get(ctx, at)
	}
	return fmt.Errorf("want redis:// or http://")
}

func ping(ctx context.Context, u *url.URL) error {
	c, err := resp.Dial(ctx, u.Host, within)
	if err != nil {
		return err
	}
	defer c.Close()
	c.Within(within)
	if password, ok := u.User.Password(); ok {
		if _, err := c.Ask("AUTH", password); err != nil {
			return err
		}
	}
	answer, err := c.Ask("PING")
	if err == nil && answer != "+PONG" {
		err = fmt.Errorf("it answers %.40q, not PONG", answer)
	}
	return err
}

func get(ctx context.Context, at string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return err
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	a.Body.Close()
	if a.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", a.Status)
	}
	return nil
}
