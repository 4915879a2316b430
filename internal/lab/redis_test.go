package lab_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/machinetest"
)

// A line is where ServeRedis says that it is ready.
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
	go func() { end <- lab.ServeRedis(ctx, "127.0.0.1:0", password, &ready) }()
	t.Cleanup(func() {
		stop()
		if err := <-end; err != nil {
			t.Errorf("ServeRedis: %v", err)
		}
	})
	machinetest.Until(t, "ServeRedis is ready", 5*time.Second, func() bool { return len(ready.fields()) > 2 })
	return ready.fields()[1]
}

func TestServeRedis(t *testing.T) {
	addr := somebodys(t, "secret")
	ctx := t.Context()
	stranger := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1})
	defer stranger.Close()
	if err := stranger.Set(ctx, "k", "v", 0).Err(); err == nil {
		t.Error("it takes commands without the password")
	}
	c := redis.NewClient(&redis.Options{Addr: addr, Password: "secret"})
	defer c.Close()
	if err := c.Set(ctx, "k", "v", 20*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	machinetest.Until(t, "the key expires by the clock", 5*time.Second, func() bool { return c.Exists(ctx, "k").Val() == 0 })
	if err := lab.ServeRedis(ctx, addr, "", os.Stderr); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("a second one at the same address: %v", err)
	}
}

func TestForeignRedisKeepsItsData(t *testing.T) {
	addr := somebodys(t, "hunter2")
	ctx := t.Context()
	theirs := redis.NewClient(&redis.Options{Addr: addr, Password: "hunter2"})
	defer theirs.Close()
	if err := theirs.Set(ctx, "payroll", "1", 0).Err(); err != nil {
		t.Fatal(err)
	}

	s := spec(t)
	s.Redis = "redis://:hunter2@" + addr
	if _, err := lab.Open(ctx, s); err == nil || !strings.Contains(err.Error(), "holds 1 keys") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("Open on a database in use: %v", err)
	}

	s.Redis += "/7"
	ours := redis.NewClient(&redis.Options{Addr: addr, Password: "hunter2", DB: 7})
	defer ours.Close()
	t.Run("used", func(t *testing.T) {
		w := open(t, s)
		for range 2 {
			w.fresh(t, nil)
			if got := ours.Get(ctx, "starts").Val(); got != "1" {
				t.Errorf("starts = %q, want 1", got)
			}
		}
		noSecret(t, s.Dir, "hunter2")
	})
	if got := theirs.Get(ctx, "payroll").Val(); got != "1" {
		t.Error("the other database was flushed")
	}
	if n := ours.DBSize(ctx).Val(); n != 0 {
		t.Errorf("%d keys are left in the database that was empty", n)
	}
}
