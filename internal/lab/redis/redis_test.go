package redis_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/lab/redis"
	"github.com/trektribe/bench/internal/machinetest"
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
