package lab_test

import (
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/lab"
)

func TestForeignRedisKeepsItsData(t *testing.T) {
	theirRedis := miniredis.RunT(t)
	theirRedis.RequireAuth("hunter2")
	addr := theirRedis.Addr()
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
