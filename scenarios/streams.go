package scenarios

import (
	"math"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
	"github.com/trektribe/bench/internal/traffic"
)

// stream reads one stream and appends it, also if it has mistakes.
func (r *reader) stream(v strictyaml.Value, s *Scenario) {
	t, ok := v.Table("a stream", streamKeys)
	if !ok {
		return
	}
	st := Stream{Stream: traffic.Stream{Timeout: defaultTimeout}}
	st.Name = name(t, "name", "claims refer to it", "_")
	at := t.At("name")
	switch {
	case st.Name == "all":
		at.Wrong("a stream cannot be named all: in claims that is every stream")
	case st.Name != "" && slices.Contains(s.streamNames(), st.Name):
		at.Wrong("a second stream named %s", st.Name)
	}
	before := r.file.Count()
	readClients(t, &st.Stream, s.clients())
	readBurst(t, &st.Stream)
	readSends(t, &st.Stream)
	checkStepNames(t, st.Stream, s)
	if r.file.Count() == before {
		readKeys(t, &st.Stream)
	}
	if v, ok := r.profile.rates[st.Name]; ok {
		t.Put("rate", v)
	}
	if rate := t.Text("rate", "how often it is called, such as 400/s"); rate != "" {
		var err error
		if st.From, st.To, err = parseRate(rate); err != nil {
			t.At("rate").Wrong("rate: %v", err)
		}
	}
	readArrivals(t, &st)
	if p, ok := duration(t, "timeout", ""); ok {
		if p <= 0 || p > mostTimeout {
			t.At("timeout").Wrong("timeout is above 0s and at most %v; here is %v", mostTimeout, p)
		}
		st.Timeout = p
	}
	st.Workers = t.Whole("workers", 1, mostWorkers, max(defaultWorkers, st.Burst))
	if st.Workers >= 0 && st.Workers < st.Burst {
		t.At("workers").Wrong("workers: a burst of %d requests needs at least %d", st.Burst, st.Burst)
	}
	if p, ok := t.Get("phases"); ok {
		st.Phases = readPhaseNames(p, s)
	}
	if i, ok := t.Get("instances"); ok {
		st.Instances = readInstances(i, s.Target.Instances)
	}
	whole := !slices.ContainsFunc(s.Phases, func(p Phase) bool { return p.For == 0 })
	if r.file.Count() == before && whole && len(s.Phases) > 0 && st.mean()*s.active(st).Seconds() < 1-1e-6 {
		t.At("rate").Wrong("rate: less than one request a round in the stream's %v", s.active(st))
	}
	s.Traffic = append(s.Traffic, st)
}

// clients is how many clients the streams have together.
func (s *Scenario) clients() int {
	n := 0
	for _, st := range s.Traffic {
		if st.Clients != nil {
			n += st.Clients.N
		}
	}
	return n
}

func readArrivals(t strictyaml.Table, st *Stream) {
	v, ok := t.Get("arrivals")
	if !ok {
		return
	}
	known := []string{"constant", "poisson"}
	switch a, ok := v.Text(); {
	case !ok:
	case slices.Contains(known, a):
		st.Poisson = a == "poisson"
	default:
		v.Wrong("unknown arrivals %s%s", near.Quote(a), near.Hint(a, known))
	}
}

// readPhaseNames reads the phases that a stream is limited to, in the round's order.
func readPhaseNames(v strictyaml.Value, s *Scenario) []string {
	known := s.Scope().Phases
	known = slices.DeleteFunc(known, func(n string) bool { return n == "" })
	var out []string
	for _, e := range v.List() {
		switch n, ok := e.Text(); {
		case !ok:
		case slices.Contains(out, n):
			e.Wrong("phase %s is given twice", near.Quote(n))
		case len(known) > 0 && !slices.Contains(known, n):
			e.Wrong("unknown phase %s%s", near.Quote(n), near.Hint(n, known))
		default:
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return slices.Index(known, a) - slices.Index(known, b) })
	return out
}

// stretches are the lengths of a stream's runs in one round. A run ends at a phase
// that is not the stream's, or at a restart.
func (s *Scenario) stretches(st Stream) []time.Duration {
	var out []time.Duration
	for _, seg := range s.Segments() {
		running := false
		for _, p := range seg.Phases {
			its := len(st.Phases) == 0 || slices.Contains(st.Phases, p.Name)
			if its && !running {
				out = append(out, 0)
			}
			if running = its; its {
				out[len(out)-1] += p.For
			}
		}
	}
	return out
}

// active is how long a stream runs in one round, all in all.
func (s *Scenario) active(st Stream) (d time.Duration) {
	for _, one := range s.stretches(st) {
		d += one
	}
	return d
}

// Planned is the number of requests of a stream in one round; with poisson arrivals, its
// mean. A stretch begins with a request, so a fraction counts as a whole one.
func (s *Scenario) Planned(st Stream) int {
	sum := 0.0
	for _, one := range s.stretches(st) {
		n := st.mean() * one.Seconds()
		if !st.Poisson {
			n = math.Ceil(n - 1e-6) // 0.1 s at 30/s is three, despite binary rounding
		}
		if st.Socket != nil && st.Socket.Count > 0 {
			n = min(n, float64(st.Socket.Count))
		}
		sum += n
	}
	return int(math.Round(sum)) * st.Each()
}

// mean is the mean rate of a stretch, per second.
func (st Stream) mean() float64 { return (st.From + st.To) / 2 }

// Text is what a stream sends, in one line: "GET /api/trips/{id}".
func (st Stream) Text() string { return typeOf(st.Stream).text(st.Stream) }
