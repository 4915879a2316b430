package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/trektribe/bench/internal/mutant"
	"github.com/trektribe/bench/target"
)

const serveHelp = `Run the reference trip API until it is interrupted. It logs JSON lines to stderr.

Usage: bench serve [--mutant NAME]

Flags:
  --mutant NAME   break the service on purpose; --mutant list lists all

Environment:
  PORT                 port to listen on, on HOST (default 127.0.0.1)
  INSTANCE             its name in /health and X-Instance
  REDIS_URL            redis://…, redis+sentinel://… or redis+cluster://…; absent: the cache is in memory
  MONGODB_URI          absent: SQLite
  SQLITE_PATH          a database file, which instances may share; absent: a private one
  CACHE_POLICY         documented or hardened (default hardened)
  TTL_TRIPS            how long trips are cached (default 300s; 0s: not at all)
  TTL_PROFILES         how long profiles are cached (default 300s; 0s: not at all)
  TTL_AI               how long recommendations are cached (default 3600s; 0s: not at all)
  RATE_LIMIT           calls below /api/ of one client in one window (default 100; 0: no limit)
  RATE_WINDOW          how long a window is (default 900s)
  INSTANCES            how many instances share the limit; without Redis each grants its part (default 1)
  SESSION_LEASE        how long the sessions of an instance outlive it, if hardened (default 15s)
  PING_INTERVAL        how often a socket is pinged (default 25s)
  PING_TIMEOUT         how soon its peer must answer (default 20s)
  TRUSTED_PROXIES      whose X-Forwarded-For is believed: addresses, networks, loopback (default nobody's)
  DB_DELAY             delay added to each database query, such as 180ms-250ms; absent: none
  AI_DELAY             delay added to each call of the model, such as 1s-2s; absent: none
  LOG_LEVEL            debug, info, warn or error (default info)

Calls:
  GET  /health, /metrics
  GET  /api/trips, /api/trips/{id}, /api/users/{id}, /api/recommendations/{user}
  PUT  /api/trips/{id}               a change, such as {"title":"…"}
  POST /api/bookings                 {"bookingId":"…","organizerId":"…"}
  GET  /api/leaderboard              the ten organizers with most bookings
  GET  /ws?user=ID                   a WebSocket, and a session while it is open
  GET  /api/users/{id}/sessions
  POST /api/notifications            {"id":"…","userId":"…","text":"…"}, to the user's sockets

Example:
  PORT=4000 CACHE_POLICY=documented bench serve
`

func runServe(ctx context.Context, args []string, out, errw io.Writer) int {
	fs := flag.NewFlagSet("serve", flag.ContinueOnError)
	name := fs.String("mutant", "", "")
	rest, err := parse(fs, serveHelp, args, out)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("serve takes no arguments, got %q", rest[0])
	}
	if err != nil {
		return stopped(err, errw)
	}
	if *name == "list" {
		for _, n := range mutant.Names() {
			m, _ := mutant.Find(n)
			fmt.Fprintf(out, "%-18s %s\n", m.Name, m.About)
		}
		return 0
	}
	var opts target.Options
	if given(fs, "mutant") {
		m, err := mutant.Find(*name)
		if err != nil {
			return cannot(errw, fmt.Errorf("--mutant: %w", err))
		}
		opts = m.Options()
	}
	if err := target.Run(ctx, os.Getenv, errw, opts); err != nil {
		return cannot(errw, err)
	}
	return 0
}
