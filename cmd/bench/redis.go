package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"

	"github.com/trektribe/bench/internal/lab/redis"
)

const redisHelp = `Run the embedded Redis (miniredis, keys expire by the clock) on loopback until
it is interrupted. Once it listens it prints "ready ADDRESS VERSION".

Usage: bench redis [--port N]

Flags:
  --port N   port on 127.0.0.1 (default 6379; 0: any free port)

Environment:
  ` + redis.PasswordEnv + `   the password that clients must give; absent: none

Example:
  bench redis --port 6390
`

func runRedis(ctx context.Context, args []string, out, errw io.Writer) int {
	fs := flag.NewFlagSet("redis", flag.ContinueOnError)
	port := fs.Int("port", 6379, "")
	rest, err := parse(fs, redisHelp, args, out)
	switch {
	case err != nil:
	case len(rest) > 0:
		err = fmt.Errorf("redis takes no arguments, got %q", rest[0])
	case *port < 0 || *port > 65535:
		err = fmt.Errorf("--port %d: want 0 to 65535", *port)
	}
	if err != nil {
		return stopped(err, errw)
	}
	if err := redis.Serve(ctx, net.JoinHostPort("127.0.0.1", strconv.Itoa(*port)), os.Getenv(redis.PasswordEnv), out); err != nil {
		return cannot(errw, err)
	}
	return 0
}
