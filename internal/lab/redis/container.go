package redis

import (
	"fmt"
	"os"
	"slices"

	engine "github.com/trektribe/bench/internal/lab/container"
	"github.com/trektribe/bench/internal/lab/dependency"
	"github.com/trektribe/bench/internal/lab/process"
)

const (
	// containerImage is what `make images` makes of this machine's redis-server, or of the image that REDIS_IMAGE names.
	containerImage = "bench/redis:latest"
	// containerDir is where its private directory is inside.
	containerDir = "/data"
)

// container is a redis-server in a container. It is hurt as one without: the engine's kill and pause stand for the signals.
var container = &kind{
	name:    "container",
	missing: func() error { return engine.Check(containerImage) },
	command: func(o Options, port int, password string) (process.Command, error) {
		if err := os.MkdirAll(o.Dir, 0o700); err != nil {
			return process.Command{}, err
		}
		argv := []string{
			"docker", "run", "--rm", "--interactive", "--pull", "never",
			"--user", fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid()), // who can remove what it saves
			"--publish", fmt.Sprintf("127.0.0.1:%d:%d", port, port),
			"--volume", o.Dir + ":" + containerDir,
			containerImage, "redis-server", "-",
		}
		return process.Command{Argv: argv, Container: true, Env: o.Env, Stdin: config("0.0.0.0", port, password, containerDir)}, nil
	},
	mechanisms: func(s *Store) []dependency.Mechanism {
		return slices.DeleteFunc(server.mechanisms(s), func(m dependency.Mechanism) bool {
			return m.Before != nil // its disk is the engine's
		})
	},
	version: infoVersion,
	renew:   server.renew,
	revive:  server.revive,
}
