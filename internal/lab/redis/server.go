package redis

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/lab/dependency"
	"github.com/trektribe/bench/internal/lab/process"
)

// dumpName is the file in its private directory in which a redis-server saves its data when a fault has it do so.
const dumpName = "dump.rdb"

// server is the redis-server on PATH.
var server = &kind{
	name: "server",
	missing: func() error {
		if _, err := exec.LookPath("redis-server"); err != nil {
			return errors.New("redis-server is not on PATH: install it (apt-get install redis-server, brew install redis), or set redis to embedded")
		}
		return nil
	},
	command: func(o Options, port int, password string) (process.Command, error) {
		if err := os.MkdirAll(o.Dir, 0o700); err != nil {
			return process.Command{}, err
		}
		return process.Command{Argv: []string{"redis-server", "-"}, Env: o.Env, Stdin: config("127.0.0.1", port, password, o.Dir)}, nil
	},
	mechanisms: func(s *Store) []dependency.Mechanism {
		return []dependency.Mechanism{
			{Kind: "reloaded", Hurt: s.saveAndEnd, After: s.kept},
			{Kind: "crashed", Before: s.persist, Hurt: s.crash},
			{Kind: "powerlost", Before: s.persist, Hurt: s.crash},
			{Kind: "replayed", Hurt: s.logAndKill, After: s.kept},
			{Kind: "slowcmd", Hurt: s.block, Timed: true},
			{Kind: "busy", Hurt: s.blockAloud, Timed: true},
			{Kind: "readonly", Hurt: s.follow, Probe: s.write, Old: s.goesOn},
			{Kind: "noauth", Hurt: s.lockOut, Meets: []string{"WRONGPASS", "ERR invalid password"}, Old: s.goesOn},
			{Kind: "rotated", Hurt: s.rotate},
			{Kind: "oom", Hurt: s.setting("maxmemory", "1"), Probe: s.write, Old: s.goesOn},
			{Kind: "maxclients", Hurt: s.setting("maxclients", "1"), Old: s.goesOn},
		}
	},
	version: infoVersion,
	renew: func(ctx context.Context, s *Store) error {
		if err := s.client.ConfigSet(ctx, "requirepass", s.password).Err(); err != nil {
			return fmt.Errorf("give redis its password again: %w", err)
		}
		return nil
	},
	revive: func(ctx context.Context, s *Store) error {
		if err := s.endScript(ctx); err != nil {
			return err
		}
		return s.letGo(ctx)
	},
}

// config is what a redis-server reads on its stdin, so that the password is in no argument list and in no file.
func config(bind string, port int, password, dir string) string {
	return fmt.Sprintf("bind %s\nport %d\nrequirepass %s\ndir %q\ndbfilename %s\nsave \"\"\nappendonly no\ndaemonize no\n", bind, port, password, dir, dumpName)
}

// infoVersion asks Redis which one it is. One that cannot say is still a Redis.
func infoVersion(ctx context.Context, s *Store) (string, error) {
	text, err := s.client.Info(ctx, "server").Result()
	var answer redis.Error
	if err != nil && !errors.As(err, &answer) {
		return "", fmt.Errorf("ask redis for its version: %w", err)
	}
	version := field(text, "redis_version")
	if version != "unknown" {
		version = "redis " + version
	}
	return version, nil
}
