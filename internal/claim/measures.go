package claim

import (
	"slices"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// A Measure is a named function of one history.
type Measure struct {
	Name string
	Args string // "(stream[…])"
	Unit string // of what it gives: "duration", "share", "count", "rate", "set of durations", "yes or no"
	Doc  string

	params []param
	keys   []string // that its selectors may filter by
	form   form
	dims   figure.Dims
	label  string // how a sentence calls it
	noun   string // what its samples are
	plain  bool   // compared by plain differences: its logarithm scatters more than it does
	start  func(args []arg) probe
}

// A param is what an argument must be.
type param int

const (
	selection      param = iota // trips[phase=fault]
	selectionOrSet              // the same, or a set-valued measure
	metric                      // a metric of the service
	dependency                  // redis
	faultKind                   // a fault of the scenario
	span                        // a duration
	limit                       // a duration that answers are held against
	phaseName                   // a phase of the scenario
)

// A form is what can be done with a figure.
type form int

const (
	constant form = iota // a literal, or arithmetic of literals
	scalar               // one figure a round
	share                // k of n
	counted              // a count: whole numbers, known exactly
	proved               // a time that no single answer may exceed: what a round proves, it proves of all
	truth                // 1 or 0
	set                  // several figures a round, to be reduced
)

// A probe watches one history for one call of a measure: all its events, then
// all its requests, then it is asked once. What it is shown it must copy to keep.
type probe interface {
	event(e *history.Event)
	request(r *history.Request)
	value() figure.Value
}

// blind and deaf are the halves of a probe that needs only the other.
type (
	blind struct{}
	deaf  struct{}
)

func (blind) request(*history.Request) {}
func (deaf) event(*history.Event)      {}

var (
	seconds = figure.Dims{Time: 1}
	perSec  = figure.Dims{Time: -1}
	asked   = []string{"phase", "instance"} // keys known before a request has an outcome
)

// measures lists every measure, in the order in which `bench explain` prints them.
func measures() []Measure { return slices.Concat(requestMeasures(), faultMeasures()) }

// requestMeasures are those of requests, caches and counters.
func requestMeasures() []Measure {
	return []Measure{
		quantile("p50", "median", 0.50, 5),
		quantile("p90", "p90", 0.90, 10),
		quantile("p95", "p95", 0.95, 20),
		quantile("p99", "p99", 0.99, 100),
		quantile("p999", "p99.9", 0.999, 1000),
		{
			Name: "mean", Args: "(stream[…] or set)", Unit: "duration",
			Doc:    "Mean response time (done − intended) of the selected correct answers, or of a set.",
			params: []param{selectionOrSet}, keys: filterKeys, form: scalar, dims: seconds, label: "mean", noun: "answers",
			start: startMean,
		},
		{
			Name: "max", Args: "(stream[…] or set)", Unit: "duration",
			Doc: "Longest wait (done − intended) of everything selected, failures included. Where a client gave up, " +
				"the wait was at least that long: such a figure can refute an upper bound and never prove one.",
			params: []param{selectionOrSet}, keys: filterKeys, form: scalar, dims: seconds, label: "longest wait", noun: "requests",
			start: startMax,
		},
		{
			Name: "count", Args: "(stream[…])", Unit: "count",
			Doc:    "How many requests are selected, whatever became of them.",
			params: []param{selection}, keys: filterKeys, form: counted, label: "count", noun: "requests",
			start: startCount,
		},
		{
			Name: "failures", Args: "(stream[…])", Unit: "count",
			Doc:    "How many of the selected requests got no correct answer. Takes no source: a failed request has none.",
			params: []param{selection}, keys: []string{"phase", "instance", "status"}, form: counted, label: "failures", noun: "requests",
			start: startFailures,
		},
		{
			Name: "rate", Args: "(stream[…])", Unit: "rate",
			Doc:    "Selected requests per second of the phases in which the stream ran.",
			params: []param{selection}, keys: filterKeys, form: scalar, dims: perSec, label: "rate", noun: "requests",
			start: startRate(func(r *history.Request, selected bool) bool { return selected }),
		},
		{
			Name: "offered", Args: "(stream[…])", Unit: "rate",
			Doc:    "Planned requests per second, sent or not.",
			params: []param{selection}, keys: asked, form: scalar, dims: perSec, label: "offered", noun: "requests",
			start: startRate(func(*history.Request, bool) bool { return true }),
		},
		{
			Name: "achieved", Args: "(stream[…])", Unit: "rate",
			Doc:    "Planned requests per second that were really sent.",
			params: []param{selection}, keys: asked, form: scalar, dims: perSec, label: "achieved", noun: "requests",
			start: startRate(func(r *history.Request, _ bool) bool { return r.Sent > 0 }),
		},
		{
			Name: "availability", Args: "(stream[…])", Unit: "share",
			Doc:    "Share of the planned requests that got a correct answer within their patience.",
			params: []param{selection}, keys: asked, form: share, label: "available", noun: "requests",
			start: startAvailability,
		},
		{
			Name: "unsent", Args: "(stream[…])", Unit: "share",
			Doc:    "Share of the planned requests that never left.",
			params: []param{selection}, keys: asked, form: share, label: "unsent", noun: "requests",
			start: startUnsent,
		},
		{
			Name: "share", Args: "(stream[…], stream[…])", Unit: "share",
			Doc:    "Share of the second's correct answers that the first selects too: share(trips[source=cache], trips).",
			params: []param{selection, selection}, keys: filterKeys, form: share, label: "share", noun: "answers",
			start: startShare,
		},
		{
			Name: "hit_ratio", Args: "(stream[…])", Unit: "share",
			Doc:    "Share of the correct answers that came from a cache: redis, memory, or a cache that does not say which.",
			params: []param{selection}, keys: asked, form: share, label: "hit ratio", noun: "answers",
			start: startHitRatio,
		},
		{
			Name: "delta", Args: "(metric{label=\"…\"}[phase=…])", Unit: "count",
			Doc: "Growth of a counter that the service exports, from the begin to the end of the phases, summed over " +
				"instances and over all label sets that have the labels given. No data where trips_db_queries_total, taken with all its labels, grew by " +
				"less than the answers from the database need.",
			params: []param{metric}, keys: asked, form: counted, label: "growth", noun: "readings",
			start: startDelta,
		},
		{
			Name: "oldest", Args: "(stream[…])", Unit: "duration",
			Doc: "The greatest age of an answer from a cache that can be proved from outside: since the end of the last answer that was loaded, " +
				"or the last change, of the same key, or since an instance got ready. What failed, or says no source, may have loaded too; " +
				"what was not answered, and a change that was not acknowledged, may have at any time, and no age after it is proved. " +
				"For services that load when they are asked: one that refreshes its cache by itself is younger than it seems.",
			params: []param{selection}, keys: asked, form: proved, dims: seconds, label: "greatest age", noun: "answers",
			start: func(args []arg) probe { return &oldest{read{tally: tally{sel: args[0].sel}}} },
		},
		{
			Name: "staleness", Args: "(stream[…])", Unit: "duration",
			Doc: "The longest time after the acknowledgement of a change at which a request left that still got an older version. " +
				"Zero where none did. Needs changes (PUT), and versions in the answers. Changes from before an instance got ready do not count.",
			params: []param{selection}, keys: asked, form: proved, dims: seconds, label: "longest staleness", noun: "answers",
			start: func(args []arg) probe { return &stale{read: read{tally: tally{sel: args[0].sel}}} },
		},
		{
			Name: "stale_reads", Args: "(stream[…])", Unit: "count",
			Doc:    "How many requests left after the acknowledgement of a change and got an older version.",
			params: []param{selection}, keys: asked, form: counted, label: "stale reads", noun: "answers",
			start: func(args []arg) probe { return &stale{read: read{tally: tally{sel: args[0].sel}}, count: true} },
		},
		{
			Name: "hits_after_miss", Args: "(stream[…], 2s)", Unit: "share",
			Doc: "Share of hits among the answers asked for after a load of the same key was answered, and answered before what was loaded, " +
				"and is kept for the time given, can have expired. Answers do not count where a change, or an instance that got ready, may have come between.",
			params: []param{selection, span}, keys: asked, form: share, label: "hits after a miss", noun: "answers",
			start: func(args []arg) probe {
				return &afterMiss{read: read{tally: tally{sel: args[0].sel}}, ttl: args[1].span}
			},
		},
		{
			Name: "hits_elsewhere", Args: "(stream[…], 2s)", Unit: "share",
			Doc: "The same, of the first answers that an instance gives for a key which another instance loaded, and of which it can hold nothing " +
				"of its own: whether instances share one cache.",
			params: []param{selection, span}, keys: asked, form: share, label: "hits elsewhere", noun: "answers",
			start: func(args []arg) probe {
				return &afterMiss{read: read{tally: tally{sel: args[0].sel}}, ttl: args[1].span, elsewhere: true}
			},
		},
		{
			Name: "cold_starts", Args: "(stream[…])", Unit: "count",
			Doc: "How many instances gave a first answer, after they got ready, that was not a hit. No data where it failed, where a load was " +
				"first asked for more than 1 s after that (it may have expired), and where no answer ever says that it was loaded.",
			params: []param{selection}, keys: asked, form: counted, label: "cold starts", noun: "starts",
			start: func(args []arg) probe { return &coldStarts{read{tally: tally{sel: args[0].sel}}} },
		},
		{
			Name: "loads", Args: "(stream[…])", Unit: "count",
			Doc: "The fewest loads that explain the answers which come from the database, or the model: of answers to the same key that " +
				"overlap in time, one load may have been enough.",
			params: []param{selection}, keys: asked, form: counted, label: "loads", noun: "answers",
			start: func(args []arg) probe { return &loads{read{tally: tally{sel: args[0].sel}}} },
		},
		{
			Name: "excess_loads", Args: "(stream[…], metric)", Unit: "count",
			Doc: "What the counter of the service grew by beyond the fewest loads that explain the answers; failed requests, and those under way while it was read, aside: queries, or paid " +
				"calls, that single flight would have saved. No data where it grew by less than these, or where only what failed can explain it. The counter must count this stream's loads only, in the phases that the stream is filtered by.",
			params: []param{selection, metric}, keys: asked, form: counted, label: "needless loads", noun: "answers",
			start: startAgainst(excess, false),
		},
		{
			Name: "false_sources", Args: "(stream[…], metric)", Unit: "count",
			Doc: "How many answers provably do not come from where they say, by the service's own count of queries: more queries than answers from " +
				"the database, or fewer than these need; what was under way while it was read may count on either side. No data where correct answers say no source. Nothing else may ask the database in these phases.",
			params: []param{selection, metric}, keys: asked, form: counted, label: "false sources", noun: "answers",
			start: startAgainst(lies, true),
		},
		{
			Name: "delivered", Args: "(fault)", Unit: "yes or no",
			Doc: "Whether every canary of this fault met it. 1 or 0 in an expression; may stand alone in requires. " +
				"Without any canary there is no data.",
			params: []param{faultKind}, form: truth, label: "delivered", noun: "canaries",
			start: startDelivered,
		},
		{
			Name: "send_lag", Args: "()", Unit: "duration",
			Doc: "p99 of how late the generator sent (sent − intended) while a worker was free. What waited for a worker waited for " +
				"the service, and is not in it.",
			form: scalar, dims: seconds, label: "p99 send lag", noun: "requests",
			start: func([]arg) probe { return &sendLag{} },
		},
	}
}

// Measures lists every measure, in a fixed order.
func Measures() []Measure { return measures() }

// Explain is the text of one measure: its call, its unit and what it is. False:
// there is no measure of that name.
func Explain(name string) (string, bool) {
	m, ok := measureNamed(name)
	if !ok {
		return "", false
	}
	return m.Name + m.Args + " → " + m.Unit + "\n" + m.Doc, true
}

func measureNamed(name string) (Measure, bool) {
	for _, m := range measures() {
		if m.Name == name {
			return m, true
		}
	}
	return Measure{}, false
}

func measureNames() []string {
	var names []string
	for _, m := range measures() {
		names = append(names, m.Name)
	}
	return names
}

// argsOf is how the arguments of a measure are written.
func argsOf(name string) string {
	m, _ := measureNamed(name)
	return m.Args
}
