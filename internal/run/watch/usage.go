package watch

import (
	"context"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
)

// A usage is what a group of processes holds, and has used.
type usage struct {
	descriptors int   // open
	resident    int64 // bytes; what members share counts for each
	threads     int
	cpu         time.Duration // of its present members, and of those of theirs that they have waited for
}

// processorTime is the counter of the processor's time that a group has used, in seconds.
const processorTime = "process_cpu_seconds_total"

// usages are those of the instances that the harness started, by PID. One whose process
// is gone, or that the system does not show, is absent.
func usages(arms []lab.Arm) map[int]usage {
	groups := map[int]bool{}
	for _, a := range arms {
		for _, i := range a.Instances {
			if i.PID > 0 {
				groups[i.PID] = true
			}
		}
	}
	if len(groups) == 0 {
		return nil
	}
	return groupUsages(groups)
}

// UsageStep is how often usages are read within a phase. Reading takes 6 ms with a hundred processes on the machine (measured).
const UsageStep = time.Second

// Usage reads the usages each step until ctx ends. It records each that is above all before in its phase: what a
// service holds at most is not seen at the end of a phase, where the fault is lifted.
func Usage(ctx context.Context, clock *history.Clock, arms func() []lab.Arm, step time.Duration, phase func(time.Duration) string, record func(history.Event)) {
	tick := time.NewTicker(step)
	defer tick.Stop()
	most := peaks{}
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		at := clock.Now()
		now := arms() // a fault may have started an instance again
		all := usages(now)
		until := clock.Now()
		for _, a := range now {
			for _, i := range a.Instances {
				u, seen := all[i.PID]
				if !seen {
					continue
				}
				for _, c := range u.gauges() {
					e := history.Event{Kind: history.Usage, Arm: a.Name, Instance: i.Name, Phase: phase(at), Name: c.name}
					if most.rise(e, c.value) {
						e.At, e.Until, e.Value = at, until, c.value
						record(e)
					}
				}
			}
		}
	}
}

// peaks are the greatest values so far, by events without times and values.
type peaks map[history.Event]float64

// rise takes a value of e, and reports whether it is above all before.
func (p peaks) rise(e history.Event, value float64) bool {
	before, seen := p[e]
	if seen && value <= before {
		return false
	}
	p[e] = value
	return true
}

// all are the names of u's figures, and the figures.
func (u usage) all() []counter {
	return append(u.gauges(), counter{processorTime, u.cpu.Seconds()})
}

// gauges are those of what it holds.
func (u usage) gauges() []counter {
	return []counter{{gauges[0], float64(u.descriptors)}, {gauges[1], float64(u.resident)}, {gauges[2], float64(u.threads)}}
}
