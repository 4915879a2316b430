package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab/dependency"
	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/resp"
)

const (
	// primaryName is the name by which the sentinels know the primary.
	primaryName = "mymaster"
	// sentinelUser is whom the sentinels are to the servers, and sentinelMay what it may do: what Redis' documentation lists.
	sentinelUser = "sentinel"
	sentinelMay  = "-@all +multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info +client|setname +client|kill +script|kill"
	replicas     = 2
	sentinels    = 3
	quorum       = 2
)

// sentinel is a primary with two replicas, and three sentinels that choose another primary where two of them miss it
// for 1.5 s. Not for 1 s: that is the pause between their pings, and they ping whom they have just made the primary
// after the first such pause. So they called each down at once, and chose again (seen with Redis 7.0).
var sentinel = &kind{
	name:    "sentinel",
	missing: needsServers,
	several: &formation{
		join: joinSentinels,
		url: func(e *Ensemble) string {
			var addrs []string
			for _, s := range e.sentinels {
				addrs = append(addrs, s.addr)
			}
			return "redis+sentinel://:" + e.password + "@" + strings.Join(addrs, ",") + "/" + primaryName + "/0"
		},
		primary: sentinelsSay,
		whole:   sentinelsWhole,
		back:    follows,
		mechanisms: func(e *Ensemble) []dependency.Mechanism {
			hurt := func(do func(context.Context, *Store, fault.Fault) error) func(context.Context, fault.Fault) error {
				return e.hurt(func(ctx context.Context) string { return sentinelsSay(ctx, e) }, do)
			}
			victim := func(ask func(*Store, context.Context, time.Duration) canary.Meeting) func(context.Context, time.Duration) canary.Meeting {
				return func(ctx context.Context, timeout time.Duration) canary.Meeting {
					return ask(e.asked(ctx), ctx, timeout)
				}
			}
			old := func(timeout time.Duration) canary.Meeting { return e.asked(context.Background()).goesOn(timeout) }
			return []dependency.Mechanism{
				{Kind: "killed", Hurt: hurt(func(ctx context.Context, s *Store, f fault.Fault) error { return s.kill(ctx, f) })},
				{Kind: "stopped", Hurt: hurt(func(ctx context.Context, s *Store, f fault.Fault) error { return s.pause(ctx, f) })},
				{Kind: "isolated", Hurt: hurt(func(ctx context.Context, s *Store, _ fault.Fault) error { return s.isolate(ctx) }),
					Probe: victim((*Store).asSentinel), Old: old},
				{Kind: "demoted", Hurt: hurt(e.demote), Probe: victim((*Store).write), Old: old},
			}
		},
	},
}

// needsServers says why several servers cannot be started here.
func needsServers() error {
	if server.missing() != nil {
		return errors.New("it needs several servers, and redis-server is not on PATH: install it (apt-get install redis-server, brew install redis)")
	}
	return nil
}

// replicated is a redis-server that may have replicas and be one.
var replicated = &kind{
	name: "server", missing: server.missing, mechanisms: server.mechanisms, version: server.version, revive: server.revive,
	command: func(o Options, port int, password string) (process.Command, error) {
		c, err := server.command(o, port, password)
		c.Stdin += "masterauth " + password + "\nrepl-diskless-sync-delay 0\n" +
			"user " + sentinelUser + " on >" + password + " allchannels " + sentinelMay + "\n"
		return c, err
	},
}

// watcher is a sentinel. It keeps what it knows in its file, with the password: the directory is private.
func watcher(primary int) *kind {
	return &kind{
		name: "sentinel", missing: server.missing, mechanisms: func(*Store) []dependency.Mechanism { return nil }, version: server.version,
		revive: func(context.Context, *Store) error { return nil },
		command: func(o Options, port int, password string) (process.Command, error) {
			if err := os.MkdirAll(o.Dir, 0o700); err != nil {
				return process.Command{}, err
			}
			file := filepath.Join(o.Dir, "sentinel.conf")
			conf := fmt.Sprintf("bind 127.0.0.1\nport %d\nrequirepass %s\ndir %q\ndaemonize no\n", port, password, o.Dir)
			conf += fmt.Sprintf("sentinel monitor %s 127.0.0.1 %d %d\n", primaryName, primary, quorum)
			for _, setting := range []string{"down-after-milliseconds %s 1500", "failover-timeout %s 3000", "parallel-syncs %s 2",
				"auth-user %s " + sentinelUser, "auth-pass %s " + password} {
				conf += "sentinel " + fmt.Sprintf(setting, primaryName) + "\n"
			}
			conf += "sentinel sentinel-pass " + password + "\n"
			if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
				return process.Command{}, err
			}
			return process.Command{Argv: []string{"redis-server", file, "--sentinel"}, Env: o.Env}, nil
		},
	}
}

func joinSentinels(ctx context.Context, e *Ensemble) error {
	for n := range 1 + replicas {
		s, err := e.add(ctx, replicated, strconv.Itoa(n+1))
		if err != nil {
			return err
		}
		e.servers = append(e.servers, s)
		if n > 0 {
			if err := s.followNow(ctx, e.servers[0].port); err != nil {
				return err
			}
		}
	}
	// A sentinel asks the primary for its replicas at its start, and then every 10 s.
	err := until(ctx, joinWithin, func(ctx context.Context) error { return replicate(ctx, e, e.servers[0].addr) })
	if err != nil {
		return err
	}
	for n := range sentinels {
		s, err := e.add(ctx, watcher(e.servers[0].port), "sentinel-"+strconv.Itoa(n+1))
		if err != nil {
			return err
		}
		e.sentinels = append(e.sentinels, s)
	}
	return nil
}

// followNow makes the server a replica.
func (s *Store) followNow(ctx context.Context, port int) error {
	if err := s.client.SlaveOf(ctx, "127.0.0.1", strconv.Itoa(port)).Err(); err != nil {
		return fmt.Errorf("make %s a replica: %w", s.command.Name, err)
	}
	return nil
}

// sentinelsSay is the primary by the word of two sentinels.
func sentinelsSay(ctx context.Context, e *Ensemble) string {
	named := map[string]int{}
	for _, s := range e.sentinels {
		at, err := s.client.Do(ctx, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", primaryName).StringSlice()
		if err != nil || len(at) != 2 {
			continue
		}
		addr := net.JoinHostPort(at[0], at[1])
		if named[addr]++; named[addr] >= quorum {
			return addr
		}
	}
	return ""
}

// sentinelsWhole is nil when all sentinels see one primary, two replicas and each other, and nothing is down.
func sentinelsWhole(ctx context.Context, e *Ensemble) error {
	primary := ""
	for _, s := range e.sentinels {
		m, err := pairs(s, ctx, "SENTINEL", "MASTER", primaryName)
		if err != nil {
			return err
		}
		addr := net.JoinHostPort(m["ip"], m["port"])
		if primary = cmp.Or(primary, addr); addr != primary {
			return fmt.Errorf("%s sees the primary at %s, and another sentinel at %s", s.command.Name, addr, primary)
		}
		if m["flags"] != "master" || m["num-slaves"] != strconv.Itoa(replicas) || m["num-other-sentinels"] != strconv.Itoa(sentinels-1) {
			return fmt.Errorf("%s sees the primary as %s, with %s replicas and %s other sentinels", s.command.Name, m["flags"], m["num-slaves"], m["num-other-sentinels"])
		}
		list, err := s.client.Do(ctx, "SENTINEL", "REPLICAS", primaryName).Slice()
		if err != nil {
			return err
		}
		for _, r := range list {
			if r := asMap(r); r["flags"] != "slave" {
				return fmt.Errorf("%s sees the replica at %s as %s", s.command.Name, r["name"], r["flags"])
			}
		}
	}
	return replicate(ctx, e, primary)
}

// replicate is nil when all servers but the primary are its replicas, and up to date.
func replicate(ctx context.Context, e *Ensemble, primary string) error {
	for _, s := range e.servers {
		text, err := s.client.Info(ctx, "replication").Result()
		if err != nil {
			return err
		}
		switch {
		case s.addr == primary:
			if field(text, "role") != "master" || strings.Count(text, "state=online") != replicas {
				return fmt.Errorf("%s is %s and has %d replicas", s.command.Name, field(text, "role"), strings.Count(text, "state=online"))
			}
		case field(text, "master_link_status") != "up" || "127.0.0.1:"+field(text, "master_port") != primary:
			return fmt.Errorf("%s is no replica of %s yet", s.command.Name, primary)
		}
	}
	return nil
}

// follows has v follow the new primary. Sentinels would do that to one that came back after 8 s.
func follows(ctx context.Context, e *Ensemble, v *Store) error {
	primary, err := e.other(ctx, v)
	if err != nil {
		return err
	}
	v.role = "replicaof " + strings.Replace(primary, ":", " ", 1) + "\n"
	if err := v.Mend(ctx); err != nil {
		return err
	}
	return v.followNow(ctx, e.at(primary).port)
}

// isolate cuts the server off from the sentinels, and from nobody else. It refuses all that they ask. To lock them out
// would not end with the fault: a sentinel gives its password when it connects, and then no more.
func (s *Store) isolate(ctx context.Context) error {
	h, err := s.takeHold(ctx)
	if err != nil {
		return err
	}
	h.undo = slices.Concat([]string{"ACL", "SETUSER", sentinelUser}, strings.Fields(sentinelMay))
	if _, err := h.back.Ask("ACL", "SETUSER", sentinelUser, "-@all"); err != nil {
		return fmt.Errorf("lock the sentinels out of %s: %w", s.command.Name, err)
	}
	return nil
}

// asSentinel is what a sentinel meets.
func (s *Store) asSentinel(ctx context.Context, timeout time.Duration) canary.Meeting {
	began := time.Now()
	c, err := resp.Dial(ctx, s.addr, timeout)
	if err == nil {
		c.Within(timeout)
		if _, err = c.Ask("AUTH", sentinelUser, s.password); err == nil {
			_, err = c.Ask("PING")
		}
		c.Close()
	}
	return canary.Met(err, began)
}

// demote makes s a replica once the sentinels, which cannot reach it any more, have chosen another primary. So its connections
// stay: a sentinel ends them in one transaction with the same. To order them to choose another would be faster; but
// they miss this one meanwhile, and choose twice.
func (e *Ensemble) demote(ctx context.Context, s *Store, _ fault.Fault) error {
	if err := s.isolate(ctx); err != nil {
		return err
	}
	primary, err := e.other(ctx, s)
	if err != nil {
		return err
	}
	return s.followNow(ctx, e.at(primary).port)
}

// pairs is an answer of names and values.
func pairs(s *Store, ctx context.Context, args ...any) (map[string]string, error) {
	v, err := s.client.Do(ctx, args...).Result()
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", s.command.Name, err)
	}
	m := asMap(v)
	if m == nil {
		return nil, errors.New("a sentinel answers something else than names and values")
	}
	return m, nil
}

// asMap reads names and values, as RESP2 and RESP3 have them; nil: they are none.
func asMap(v any) map[string]string {
	m := map[string]string{}
	switch v := v.(type) {
	case map[any]any:
		for k, x := range v {
			m[fmt.Sprint(k)] = fmt.Sprint(x)
		}
	case []any:
		for i := 0; i+1 < len(v); i += 2 {
			m[fmt.Sprint(v[i])] = fmt.Sprint(v[i+1])
		}
	default:
		return nil
	}
	return m
}
