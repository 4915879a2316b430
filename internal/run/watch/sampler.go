// Package watch records what a service shows beside the load, while a round is played: its counters, what its
// processes hold, what it says of its health, and when the machine held up whoever watches.
//
// In go the lab's arms and a clock; out come events. It sends no load, does no fault and judges nothing.
package watch

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
)

// scrapeTimeout bounds one scrape: a service that hangs must not hold up the round. After
// a scrape that timed out an instance gets hurried, until it answers: the next phases must
// not begin as late.
const (
	scrapeTimeout = 2 * time.Second
	hurried       = scrapeTimeout / 20
)

// gauges are read beside the counters. The growth of the process metrics shows a leak
// (https://prometheus.io/docs/instrumenting/writing_clientlibs, "process metrics"); from
// the client's options follows how long a fault should stall a request.
var gauges = []string{"process_open_fds", "process_resident_memory_bytes", "process_threads", "go_goroutines", "redis_client_option"}

// A Sampler reads the service's own counters and some gauges at the boundaries of phases.
type Sampler struct {
	client *http.Client
	clock  *history.Clock
	record func(history.Event)
	own    *contract.Contract // how the service speaks; nil: as the reference

	mu   sync.Mutex
	late map[[2]string]bool // whose last scrape timed out, by arm and instance
}

// NewSampler is for a service that speaks as own, nil as the reference. Record is safe for concurrent use.
func NewSampler(clock *history.Clock, own *contract.Contract, record func(history.Event)) *Sampler {
	return &Sampler{
		client: &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 2}},
		clock:  clock,
		record: record,
		own:    own,
		late:   map[[2]string]bool{},
	}
}

// Close ends its connections.
func (s *Sampler) Close() { s.client.CloseIdleConnections() }

// Boundary scrapes every instance at once and records each figure as the end
// of phase before and the beginning of phase after; either may be empty. What the
// process of an instance shows from outside goes before what the instance says.
func (s *Sampler) Boundary(ctx context.Context, arms []lab.Arm, before, after string) {
	// Beside the scrapes and not before them: a scrape that comes late counts requests of the next phase in this one.
	look := s.look(arms)
	var wg sync.WaitGroup
	for _, a := range arms {
		for _, i := range a.Instances {
			at := place{arm: a.Name, instance: i.Name, before: before, after: after}
			wg.Go(func() { s.sample(ctx, at, i, look) })
		}
	}
	wg.Wait()
	look()
}

// A place is an instance at a boundary.
type place struct{ arm, instance, before, after string }

// sample scrapes one instance and records its figures.
func (s *Sampler) sample(ctx context.Context, p place, i lab.Instance, look func() outside) {
	at := s.clock.Now()
	counters, err := s.scrape(ctx, [2]string{p.arm, p.instance}, i.URL)
	until := s.clock.Now()
	shown := look()
	u, seen := shown.usages[i.PID]
	if seen {
		s.figures(p, shown.from, shown.to, u.all())
	}
	if err != nil {
		s.record(history.Event{Kind: history.Process, Arm: p.arm, Instance: p.instance, Name: "no metrics", At: at, Until: until, Detail: err.Error()})
		return
	}
	for _, why := range s.absent(counters) {
		s.record(history.Event{Kind: history.Process, Arm: p.arm, Instance: p.instance, Name: "no metric", At: at, Until: until, Detail: why})
	}
	if seen {
		counters = slices.DeleteFunc(counters, func(c counter) bool {
			return slices.ContainsFunc(u.all(), func(own counter) bool { return own.name == c.name })
		})
	}
	s.figures(p, at, until, counters)
}

// figures records what was read from at until until.
func (s *Sampler) figures(p place, at, until time.Duration, all []counter) {
	for _, c := range all {
		e := history.Event{Kind: history.Counter, Arm: p.arm, Instance: p.instance, Name: c.name, Value: c.value, At: at, Until: until}
		if p.before != "" {
			e.Phase, e.Detail = p.before, "end"
			s.record(e)
		}
		if p.after != "" {
			e.Phase, e.Detail = p.after, "begin"
			s.record(e)
		}
	}
}

// outside is what the processes of the instances show, and when it was read.
type outside struct {
	usages   map[int]usage // by PID
	from, to time.Duration
}

// look begins to read what the processes show. The function that it returns waits for that.
func (s *Sampler) look(arms []lab.Arm) func() outside {
	read := make(chan outside, 1)
	go func() {
		o := outside{from: s.clock.Now()}
		o.usages = usages(arms)
		o.to = s.clock.Now()
		read <- o
	}()
	return sync.OnceValue(func() outside { return <-read })
}

type counter struct {
	name  string
	value float64
}

// scrape reads the counters of one instance, and its gauges, sorted by name. The Go runtime's own counters are left out.
func (s *Sampler) scrape(ctx context.Context, who [2]string, url string) ([]counter, error) {
	metrics, ok := s.own.Has(contract.Metrics)
	if !ok {
		return nil, fmt.Errorf("the contract %s has no metrics", s.own.Name)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout(who))
	defer cancel()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.late[who] = ctx.Err() == context.DeadlineExceeded
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+metrics.Path, nil)
	if err != nil {
		return nil, err
	}
	req.Header = metrics.Header()
	res, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: status %d", metrics.Path, res.StatusCode)
	}
	counters, err := parseCounters(io.LimitReader(res.Body, 8<<20), s.own.Metric)
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", metrics.Path, err)
	}
	return counters, nil
}

// absent says which of the names that the contract gives were not read: the reference's name, a colon, and why.
func (s *Sampler) absent(read []counter) (out []string) {
	metrics, _ := s.own.Has(contract.Metrics)
	for _, name := range slices.Sorted(maps.Keys(metrics.Names)) {
		if !slices.ContainsFunc(read, func(c counter) bool { return strings.HasPrefix(c.name, name) }) {
			out = append(out, fmt.Sprintf("%s: GET %s has no counter %s, as the contract %s calls it", name, metrics.Path, metrics.Names[name], s.own.Name))
		}
	}
	return out
}

func (s *Sampler) timeout(who [2]string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.late[who] {
		return hurried
	}
	return scrapeTimeout
}

// parseCounters reads Prometheus text: counters, the sums and counts of histograms and summaries, and gauges,
// by the names that the reference has for them.
func parseCounters(r io.Reader, named func(own string) string) ([]counter, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(r)
	if err != nil {
		return nil, err
	}
	var out []counter
	for own, f := range families {
		name := named(own)
		gauge := slices.Contains(gauges, name)
		if strings.HasPrefix(name, "go_") && !gauge || strings.HasPrefix(name, "promhttp_") {
			continue
		}
		for _, m := range f.GetMetric() {
			labels := labelText(m.GetLabel())
			switch f.GetType() {
			case dto.MetricType_GAUGE:
				if gauge {
					out = append(out, counter{name + labels, m.GetGauge().GetValue()})
				}
			case dto.MetricType_COUNTER:
				out = append(out, counter{name + labels, m.GetCounter().GetValue()})
			case dto.MetricType_HISTOGRAM:
				h := m.GetHistogram()
				out = append(out, counter{name + "_sum" + labels, h.GetSampleSum()}, counter{name + "_count" + labels, float64(h.GetSampleCount())})
			case dto.MetricType_SUMMARY:
				q := m.GetSummary()
				out = append(out, counter{name + "_sum" + labels, q.GetSampleSum()}, counter{name + "_count" + labels, float64(q.GetSampleCount())})
			case dto.MetricType_UNTYPED:
				// A hand-written exporter often leaves out the TYPE line; its name then says what it is.
				if strings.HasSuffix(name, "_total") || gauge {
					out = append(out, counter{name + labels, m.GetUntyped().GetValue()})
				}
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].name < out[j].name })
	return out, nil
}

func labelText(labels []*dto.LabelPair) string {
	if len(labels) == 0 {
		return ""
	}
	parts := make([]string, len(labels))
	for i, l := range labels {
		parts[i] = fmt.Sprintf("%s=%q", l.GetName(), l.GetValue())
	}
	sort.Strings(parts)
	return "{" + strings.Join(parts, ",") + "}"
}
