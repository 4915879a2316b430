// Package api is the HTTP side of the service: routes, answers and their
// metrics. It holds no state of its own.
package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/target/ai"
	"github.com/trektribe/bench/target/board"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/limit"
	"github.com/trektribe/bench/target/notify"
	"github.com/trektribe/bench/target/session"
	"github.com/trektribe/bench/target/store"
)

// Deps is what the API answers from.
type Deps struct {
	Instance string // X-Instance
	Store    store.Store
	Model    ai.Model
	Cache    cache.Cache
	Board    board.Board
	Sessions session.Sessions
	Sockets  Sockets
	Notifier notify.Notifier
	Limiter  limit.Limiter                   // of all calls below /api/; nil: no limit
	Identify Identify                        // tells the limiter's clients apart
	Limited  func(tier string, allowed bool) // called once for each of its decisions
	Metrics  http.Handler                    // of GET /metrics
	Log      *slog.Logger
	// How long what is answered is kept; 0: not cached, neither read nor written.
	TTLTrips, TTLProfiles, TTLAI time.Duration
	// Observe is called once for each answer: the route's pattern, the source
	// of its data ("none" where it has none), and how long the answer took.
	Observe func(route, source string, took time.Duration)
}

// New is the service's handler.
func New(d Deps) http.Handler {
	a := &api{d}
	mux := http.NewServeMux()
	for route, m := range map[string]methods{
		"/health":                     {http.MethodGet: a.health},
		"/metrics":                    {http.MethodGet: func(w http.ResponseWriter, r *http.Request) { d.Metrics.ServeHTTP(w, r) }},
		"/api/trips":                  {http.MethodGet: a.trips},
		"/api/users/{id}":             {http.MethodGet: a.user},
		"/api/recommendations/{user}": {http.MethodGet: a.recommendations},
		"/api/trips/{id}":             {http.MethodGet: a.trip, http.MethodPut: a.updateTrip},
		"/api/bookings":               {http.MethodPost: a.book},
		"/api/leaderboard":            {http.MethodGet: a.leaderboard},
		"/api/users/{id}/sessions":    {http.MethodGet: a.sessions},
		"/api/notifications":          {http.MethodPost: a.notify},
		"/ws":                         {http.MethodGet: a.socket},
	} {
		mux.Handle(route, a.route(route, m))
	}
	mux.Handle("/", a.route("other", nil))
	return mux
}

type api struct{ Deps }

// methods are the handlers of one route; nil is a route that is not there.
type methods map[string]http.HandlerFunc

// route answers by method, in JSON also where it refuses, and observes.
func (a *api) route(name string, m methods) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		w.Header().Set("X-Instance", a.Instance)
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		handle, ok := m[method]
		switch {
		case !a.admit(w, r):
		case ok:
			handle(w, r)
		case m == nil:
			refuse(w, http.StatusNotFound, "no such path; the API is below /api/, beside /health, /metrics and /ws")
		default:
			w.Header().Set("Allow", m.allow())
			refuse(w, http.StatusMethodNotAllowed, "method not allowed here; use "+m.allow())
		}
		source := w.Header().Get("X-Source")
		if source == "" {
			source = "none"
		}
		took := time.Since(began)
		a.Observe(name, source, took)
		if a.Log.Enabled(r.Context(), slog.LevelDebug) {
			a.Log.Debug("request", "method", r.Method, "path", r.URL.Path, "source", source, "took", took.String())
		}
	})
}

func (m methods) allow() string {
	allowed := slices.Collect(maps.Keys(m))
	if _, ok := m[http.MethodGet]; ok {
		allowed = append(allowed, http.MethodHead)
	}
	slices.Sort(allowed)
	return strings.Join(allowed, ", ")
}

// health answers 200 as long as the service can answer requests, which it can
// without Redis: that is "degraded".
func (a *api) health(w http.ResponseWriter, r *http.Request) {
	status, redis := "ok", a.Cache.State()
	if redis == cache.Down {
		status = "degraded"
	}
	answer(w, http.StatusOK, map[string]string{"status": status, "redis": string(redis), "instance": a.Instance})
}

// look answers k from the cache, or by load alone where k must not be cached.
func (a *api) look(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	if k.TTL > 0 {
		return a.Cache.Get(ctx, k, load)
	}
	v, err := load.From(ctx)
	if err != nil {
		return cache.Answer{}, err
	}
	text, err := json.Marshal(v)
	return cache.Answer{JSON: string(text), Source: load.Origin()}, err
}
