// Package target is the reference service: trips over HTTP, kept in a
// database, cached in Redis or in memory.
//
// In goes an environment; out come answers until its context ends. It is an
// ordinary service: it knows nothing of being tested.
package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/trektribe/bench/fixtures"
	"github.com/trektribe/bench/target/api"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/config"
	"github.com/trektribe/bench/target/store"
)

// DefaultDrain is how long requests under way may take to end at a shutdown.
const DefaultDrain = 5 * time.Second

// Options are what a program that embeds the service may change. The zero
// value changes nothing. Each decorator is called once, at start, and must
// return something that is safe for concurrent use.
type Options struct {
	DecorateStore func(store.Store) store.Store // outside of query counting and injected delay
	DecorateRedis func(cache.Redis) cache.Redis // outside of command timing; not called where no Redis is configured
	DecorateCache func(cache.Cache) cache.Cache
	Limits        func(cache.Limits) cache.Limits // of the hardened policy
	Ready         func(addr net.Addr)             // called when the listener is open
	Drain         time.Duration                   // 0: DefaultDrain
}

// Run serves until ctx ends, then drains and returns nil. It logs JSON lines to
// stderr. It returns an error where the environment is wrong, the database
// cannot be reached or the port cannot be had; a Redis that is not there is no error.
//
// The listener opens last: whoever gets an answer gets one from a service that
// is seeded and has made up its mind about Redis.
func Run(ctx context.Context, getenv func(string) string, stderr io.Writer, opts Options) (err error) {
	conf, err := config.FromEnv(getenv)
	if err != nil {
		return fmt.Errorf("bad environment: %w", err)
	}
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: conf.LogLevel})).With("instance", conf.Instance)
	m := newMetrics()

	db, err := openStore(ctx, conf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	trips := store.Counted(db, m.queries.Inc)
	if conf.DBDelay != (store.Delay{}) {
		log.Info("database delay is injected", "min", conf.DBDelay.Min.String(), "max", conf.DBDelay.Max.String())
		m.inject("database", conf.DBDelay.Min, conf.DBDelay.Max)
		trips = store.Delayed(trips, conf.DBDelay, fixtures.Seed)
	}
	if opts.DecorateStore != nil {
		trips = opts.DecorateStore(trips)
	}

	policy, closeRedis, err := openCache(ctx, conf, opts, cache.Hooks{Log: log, Count: m.cacheRequest}, m.redisCommand)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, policy.Close(), closeRedis()) }()
	var answers cache.Cache = policy
	if opts.DecorateCache != nil {
		answers = opts.DecorateCache(policy)
	}

	addr := net.JoinHostPort(conf.Host, strconv.Itoa(conf.Port))
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; set PORT to one that is free, or to 0", addr, err)
	}
	log.Info("ready", "addr", listener.Addr().String(), "policy", conf.Policy, "redis", conf.RedisAddr, "ttl_trips", conf.TTLTrips.String())
	if opts.Ready != nil {
		opts.Ready(listener.Addr())
	}
	handler := api.New(api.Deps{Instance: conf.Instance, Store: trips, Cache: answers, TTLTrips: conf.TTLTrips,
		Metrics: m.handler(), Log: log, Observe: m.httpRequest})
	if opts.Drain == 0 {
		opts.Drain = DefaultDrain
	}
	return serve(ctx, listener, handler, log, opts.Drain, closeRedis)
}

func openStore(ctx context.Context, conf config.Config) (store.DB, error) {
	if conf.MongoURI != "" {
		return store.OpenMongo(ctx, conf.MongoURI, fixtures.Seed)
	}
	return store.OpenSQLite(ctx, conf.SQLitePath, fixtures.Seed)
}
