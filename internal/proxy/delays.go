package proxy

import (
	"time"

	"github.com/trektribe/bench/internal/fault"
)

func drawLatency(f fault.Fault, m moment) time.Duration {
	delay := f.Delay
	if f.To > 0 {
		done := float64(min(max(m.since, 0), f.For)) / float64(f.For)
		delay += time.Duration(done * float64(f.To-f.Delay))
	}
	switch {
	case f.Shape == "":
		return delay - f.Jitter + time.Duration(m.draws.Int64N(int64(2*f.Jitter)+1))
	case m.own:
		return delay
	}
	return max(0, delay+time.Duration(m.draws.NormFloat64()*float64(f.Jitter)))
}

func drawSpikes(f fault.Fault, m moment) time.Duration {
	if m.draws.Float64() < f.Share || m.own {
		return f.Delay
	}
	return 0
}
