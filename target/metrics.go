package target

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/trektribe/bench/target/delay"
)

// metrics are what GET /metrics shows. Safe for concurrent use.
type metrics struct {
	registry *prometheus.Registry
	queries  prometheus.Counter
	aiCalls  prometheus.Counter
	cache    *prometheus.CounterVec
	redis    prometheus.Histogram
	http     *prometheus.HistogramVec
	injected *prometheus.GaugeVec
	limited  *prometheus.CounterVec
	carried  prometheus.Counter

	seams MetricSeams

	reconciled prometheus.Counter
	sockets    prometheus.Gauge
	resynced   prometheus.Counter
	notified   *prometheus.CounterVec
}

// MetricSeams are where what is counted and timed can be changed. Each may be nil. They must be safe for concurrent use.
type MetricSeams struct {
	LookUp  func(kind, tier, result string) (string, string, string) // what a look-up of the cache is counted as
	Command func(took time.Duration) []time.Duration                 // what a command of Redis is timed as
	Request func(took time.Duration) time.Duration                   // what a request is timed as
}

// buckets reach from a local Redis, 50 µs, to the client's default timeouts, 10 s.
var buckets = []float64{.00005, .0001, .0002, .0005, .001, .002, .003, .006, .01, .02, .05, .1, .2, .27, .5, 1, 2, 5, 10}

func newMetrics(seams MetricSeams) *metrics {
	m := &metrics{
		seams:    seams,
		registry: prometheus.NewRegistry(),
		queries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "trips_db_queries_total", Help: "Queries sent to the database, reads and writes."}),
		aiCalls: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ai_calls_total", Help: "Calls of the model that recommends."}),
		cache: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cache_requests_total", Help: "Look-ups by kind of data, tier (redis, memory) and result (hit, miss, error)."},
			[]string{"kind", "tier", "result"}),
		redis: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "redis_command_seconds", Help: "Duration of Redis commands, failed ones included.", Buckets: buckets}),
		http: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_seconds", Help: "Duration of requests by route and source of the data.", Buckets: buckets},
			[]string{"route", "source"}),
		injected: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "injected_delay_seconds", Help: "Delay that is injected into calls of a dependency, not its own; uniform in min..max."},
			[]string{"dependency", "bound"}),
		limited: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rate_limit_decisions_total", Help: "Calls by where they were counted (redis, memory) and whether they were let through (allowed, refused)."},
			[]string{"tier", "result"}),
		carried: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rate_limit_carried_total", Help: "Calls that were let through without Redis, and that it was told of later."}),
		reconciled: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "leaderboard_reconciled_total", Help: "Times that Redis was told all scores, because it may have lacked some."}),
		sockets: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "sockets_open", Help: "Sockets that are open on this instance."}),
		resynced: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "sessions_resynced_total", Help: "Times that Redis had lost sessions of this instance, and was told all of them."}),
		notified: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "notifications_total", Help: "Notifications that were accepted, delivered (once for each socket), repeated, and dropped (other instances never get them)."},
			[]string{"result"}),
	}
	m.registry.MustRegister(m.queries, m.aiCalls, m.cache, m.redis, m.http, m.injected, m.limited, m.carried, m.reconciled, m.sockets, m.resynced, m.notified,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

func (m *metrics) inject(dependency string, r delay.Range) {
	m.injected.WithLabelValues(dependency, "min").Set(r.Min.Seconds())
	m.injected.WithLabelValues(dependency, "max").Set(r.Max.Seconds())
}

func (m *metrics) cacheRequest(kind, tier, result string) {
	if m.seams.LookUp != nil {
		kind, tier, result = m.seams.LookUp(kind, tier, result)
	}
	m.cache.WithLabelValues(kind, tier, result).Inc()
}

func (m *metrics) redisCommand(took time.Duration) {
	if m.seams.Command == nil {
		m.redis.Observe(took.Seconds())
		return
	}
	for _, t := range m.seams.Command(took) {
		m.redis.Observe(t.Seconds())
	}
}

func (m *metrics) httpRequest(route, source string, took time.Duration) {
	if m.seams.Request != nil {
		took = m.seams.Request(took)
	}
	m.http.WithLabelValues(route, source).Observe(took.Seconds())
}

func (m *metrics) limitDecision(tier string, allowed bool) {
	result := "refused"
	if allowed {
		result = "allowed"
	}
	m.limited.WithLabelValues(tier, result).Inc()
}

func (m *metrics) notification(result string, n int) {
	m.notified.WithLabelValues(result).Add(float64(n))
}

func (m *metrics) carriedOver(n int) { m.carried.Add(float64(n)) }

// redisOptions shows options of the Redis client as they are when somebody looks:
// some of them the client finds out from its server.
func (m *metrics) redisOptions(options func() map[string]float64) {
	m.registry.MustRegister(optionGauges{options, prometheus.NewDesc("redis_client_option",
		"Option of the Redis client, or limit that the policy sets around it; durations in seconds.", []string{"name"}, nil)})
}

type optionGauges struct {
	options func() map[string]float64
	desc    *prometheus.Desc
}

func (g optionGauges) Describe(to chan<- *prometheus.Desc) { to <- g.desc }

func (g optionGauges) Collect(to chan<- prometheus.Metric) {
	for name, v := range g.options() {
		to <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, v, name)
	}
}
