package guard

import (
	"fmt"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/stats"
)

// Assumed is what a claim takes for granted of the service's environment.
type Assumed struct {
	Uncached map[string][]string // by phase: the streams whose cache the phase switches off
	Baseline []string            // phases among them that the claim names: what it holds against others
	Asked    string              // for times to live: "TTL_TRIPS=2s"; empty: for none
	Longest  time.Duration       // of these
	Delay    [2]time.Duration    // what a load was asked to take, at least and at most; zero: nothing was asked for
	Young    bool                // the claim holds ages against a time to live
	Expire   bool                // the claim needs that values expire
	Shared   bool                // the claim needs that instances share what is in Redis
}

const (
	// mostCached is the share of answers from a cache with which a phase is still one without: those of values that
	// were loaded before it was switched off.
	mostCached = 0.05
	// muchLonger is how many times longer than asked for the shortest time to live must be to show that nobody has
	// read what was asked for. A service adds jitter, or keeps a value for some time longer.
	muchLonger = 10
	// fewWrites, and fewer loads and answers, show nothing.
	fewWrites = 3
)

// assumptions watches whether the environment had its effect.
type assumptions struct {
	spans   []history.Event
	watched bool
	answers map[[2]string]*answered // by phase and stream
	found   map[string]int          // values that were read from Redis, by phase
	loads   stats.Sketch            // how long they took
	writes  int                     // with a time to live
	least   time.Duration           // of these
}

// answered are correct answers: those that say where they come from, and those from a cache.
type answered struct{ all, said, cached int }

func (a *assumptions) event(e *history.Event) {
	switch {
	case e.Kind == history.PhaseSpan:
		a.spans = append(a.spans, *e)
	case e.Kind == history.Wire && e.Name == history.WireWatched:
		a.watched = true
	}
}

func (a *assumptions) command(c *history.Command) {
	if c.Key == "" || !c.OK() {
		return
	}
	if c.TTL > 0 {
		if a.writes++; a.least == 0 || c.TTL < a.least {
			a.least = c.TTL
		}
	}
	if !c.Found || !slices.Contains([]string{"GET", "GETEX", "MGET", "HGET", "HGETALL", "HMGET", "JSON.GET"}, c.Name) {
		return
	}
	for _, s := range a.spans {
		if c.Sent >= s.At && c.Sent < s.Until {
			if a.found == nil {
				a.found = map[string]int{}
			}
			a.found[s.Name]++
		}
	}
}

func (a *assumptions) request(r *history.Request) {
	if !r.OK() || r.Method != "" && r.Method != "GET" {
		return
	}
	at := [2]string{r.Phase, r.Stream}
	if a.answers[at] == nil {
		if a.answers == nil {
			a.answers = map[[2]string]*answered{}
		}
		a.answers[at] = &answered{}
	}
	in := a.answers[at]
	in.all++
	if r.Source != "" {
		in.said++
	}
	switch r.Source {
	case "redis", "memory", "cache":
		in.cached++
	case "database":
		a.loads.Record(r.Response())
	}
}

// in sums up what was answered to the streams in a phase.
func (a *assumptions) in(phase string, streams []string) (sum answered) {
	for _, s := range streams {
		if in := a.answers[[2]string{phase, s}]; in != nil {
			sum.all, sum.said, sum.cached = sum.all+in.all, sum.said+in.said, sum.cached+in.cached
		}
	}
	return sum
}

// cached says how a phase that should be without a cache was not; empty: it was, or nothing tells.
func (a *assumptions) cached(phase string, streams []string) string {
	in := a.in(phase, streams)
	switch {
	case float64(in.cached) > mostCached*float64(in.said):
		return fmt.Sprintf("%d of %s in phase %q say so", in.cached, figure.Count(in.said, "answers"), phase)
	case in.said == 0 && in.all >= fewAnswers && 2*a.found[phase] >= in.all:
		return fmt.Sprintf("%s of Redis found a value in phase %q, for %s", figure.Count(a.found[phase], "reads"), phase, figure.Count(in.all, "answers"))
	}
	return ""
}

// obeys reports whether the service was seen to do what its environment says: a phase without a cache was one, or loads
// took as long as they should. What it then does otherwise is its own doing.
func (a *assumptions) obeys(r Assumed) bool {
	for phase, streams := range r.Uncached {
		if in := a.in(phase, streams); in.said >= fewAnswers && a.cached(phase, streams) == "" {
			return true
		}
	}
	return r.Delay[1] > 0 && a.loads.Count() >= fewAnswers &&
		a.loads.Quantile(0.05) >= r.Delay[0]*9/10 && a.loads.Quantile(0.5) <= r.Delay[1]+50*time.Millisecond
}

// ignored says that the service keeps values for much longer than it was asked to; empty: it does not, or nothing tells.
func (a *assumptions) ignored(r Assumed) string {
	if r.Asked == "" || !a.watched || a.writes < fewWrites || a.least < muchLonger*r.Longest || a.obeys(r) {
		return ""
	}
	return fmt.Sprintf("the environment had no effect: %s was asked for, and the service sets EX %d or more (%s)",
		r.Asked, int(a.least.Seconds()), figure.Count(a.writes, "times"))
}

// complaints are why a round does not count for a claim.
func (a *assumptions) complaints(r *Rules) (out []Complaint) {
	for _, s := range a.spans {
		streams, off := r.Assumed.Uncached[s.Name]
		if !off || !slices.Contains(r.Assumed.Baseline, s.Name) {
			continue
		}
		if how := a.cached(s.Name, streams); how != "" {
			out = append(out, Complaint{Code: code.Assumption, About: s.Name, Text: "the baseline phase answered from the cache: " + how,
				Remedy: "a service whose cache a time to live of 0s switches off"})
		}
	}
	if says := a.ignored(r.Assumed); says != "" && r.Assumed.Young {
		out = append(out, Complaint{Code: code.Assumption, About: "ttl", Text: says, Remedy: "a service that takes its times to live from " + r.Assumed.Asked})
	}
	return out
}

// doubts are why what holds shows nothing.
func (a *assumptions) doubts(r *Rules) (out []Doubt) {
	if says := a.ignored(r.Assumed); says != "" && r.Assumed.Expire {
		out = append(out, Doubt{Complaint: Complaint{Code: code.Assumption, About: "ttl", Text: says, Remedy: "a service that takes its times to live from " + r.Assumed.Asked}})
	}
	return out
}
