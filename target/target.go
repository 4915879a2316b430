// Package target is the reference service: trips and users over HTTP, kept in
// a database, and recommendations of a model, cached in Redis or in memory; bookings and their leaderboard; sockets, who
// has one open, and notifications to them.
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
	"github.com/trektribe/bench/target/ai"
	"github.com/trektribe/bench/target/api"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/config"
	"github.com/trektribe/bench/target/delay"
	"github.com/trektribe/bench/target/store"
)

// DefaultDrain is how long requests under way may take to end at a shutdown.
const DefaultDrain = 5 * time.Second

// Options are what a program that embeds the service may change. The zero
// value changes nothing. Each decorator is called once, at start, and must
// return something that is safe for concurrent use.
type Options struct {
	DecorateStore func(store.Store) store.Store // outside of query counting and injected delay
	DecorateModel func(ai.Model) ai.Model       // outside of call counting and injected delay
	DecorateRedis func(cache.Redis) cache.Redis // outside of command timing; not called where no Redis is configured
	DecorateCache func(cache.Cache) cache.Cache
	Limit         LimitSeams // where calls are limited
	Board         BoardSeams
	Sockets       SocketSeams
	Notify        NotifySeams
	Metrics       MetricSeams
	DecorateLog   func(slog.Handler) slog.Handler
	Limits        func(cache.Limits) cache.Limits // of the hardened policy
	// Warm wraps the step that warms the hardened policy's cache, which ends before
	// the listener opens. A context that has ended ends it.
	Warm  func(warm func(context.Context)) func(context.Context)
	Ready func(addr net.Addr) // called when the listener is open
	Drain time.Duration       // 0: DefaultDrain
}

// limits are the hardened policy's.
func (o Options) limits() cache.Limits {
	limits := cache.DefaultLimits()
	if o.Limits != nil {
		limits = o.Limits(limits)
	}
	return limits
}

// Run serves until ctx ends, then drains and returns nil. It logs JSON lines to
// stderr. It returns an error where the environment is wrong, the database
// cannot be reached or the port cannot be had; a Redis that is not there is no error.
//
// The listener opens last: whoever gets an answer gets one from a service that
// is seeded, has made up its mind about Redis and, if hardened, has the listing
// in its cache.
func Run(ctx context.Context, getenv func(string) string, stderr io.Writer, opts Options) (err error) {
	conf, err := config.FromEnv(getenv)
	if err != nil {
		return fmt.Errorf("bad environment: %w", err)
	}
	var lines slog.Handler = slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: conf.LogLevel})
	if opts.DecorateLog != nil {
		lines = opts.DecorateLog(lines)
	}
	log := slog.New(lines).With("instance", conf.Instance)
	m := newMetrics(opts.Metrics)

	db, err := openStore(ctx, conf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	declare := func(dependency string, r delay.Range) {
		if r != (delay.Range{}) {
			log.Info(dependency+" delay is injected", "min", r.Min.String(), "max", r.Max.String())
			m.inject(dependency, r)
		}
	}
	declare("database", conf.DBDelay)
	data := store.Delayed(store.Counted(db, m.queries.Inc), conf.DBDelay, fixtures.Seed)
	if opts.DecorateStore != nil {
		data = opts.DecorateStore(data)
	}
	declare("ai", conf.AIDelay)
	model := ai.Delayed(ai.Counted(ai.New(fixtures.Seed), m.aiCalls.Inc), conf.AIDelay, fixtures.Seed)
	if opts.DecorateModel != nil {
		model = opts.DecorateModel(model)
	}

	redis := &clients{conf: conf, limits: opts.limits()}
	defer func() { err = errors.Join(err, redis.close()) }()
	policy, err := openCache(ctx, conf, opts, cache.Hooks{Log: log, Count: m.cacheRequest}, m, redis)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, policy.Close()) }()
	var answers cache.Cache = policy
	if opts.DecorateCache != nil {
		answers = opts.DecorateCache(policy)
	}

	deps := api.Deps{Instance: conf.Instance, Store: data, Model: model, Cache: answers,
		TTLTrips: conf.TTLTrips, TTLProfiles: conf.TTLProfiles, TTLAI: conf.TTLAI,
		Metrics: m.handler(), Log: log, Observe: m.httpRequest}
	endBoard, err := openBoard(conf, opts, m, redis, &deps)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, endBoard()) }()
	endSessions, err := openSessions(conf, opts, m, redis, policy, &deps)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, endSessions()) }()
	hub := openSockets(conf, opts, m, &deps)
	defer hub.Close()
	endNotifier, err := openNotifier(conf, opts, m, redis, policy, hub.Deliver, &deps)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, endNotifier()) }()
	endLimit, err := limitCalls(conf, opts, m, redis, policy, &deps)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, endLimit()) }()
	if conf.Policy == config.Hardened && conf.TTLTrips > 0 {
		defer warm(ctx, deps, opts.limits().Load, opts.Warm)()
	}

	addr := net.JoinHostPort(conf.Host, strconv.Itoa(conf.Port))
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; set PORT to one that is free, or to 0", addr, err)
	}
	log.Info("ready", "addr", listener.Addr().String(), "policy", conf.Policy, "redis", conf.RedisAddr, "ttl_trips", conf.TTLTrips.String(), "ttl_profiles", conf.TTLProfiles.String(), "ttl_ai", conf.TTLAI.String())
	if opts.Ready != nil {
		opts.Ready(listener.Addr())
	}
	if opts.Drain == 0 {
		opts.Drain = DefaultDrain
	}
	return serve(ctx, listener, api.New(deps), log, opts.Drain, hub.Close, redis.close)
}

func openStore(ctx context.Context, conf config.Config) (store.DB, error) {
	if conf.MongoURI != "" {
		return store.OpenMongo(ctx, conf.MongoURI, fixtures.Seed)
	}
	return store.OpenSQLite(ctx, conf.SQLitePath, fixtures.Seed)
}
