package load

import (
	"sync"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// outboxSize is the number of records that may wait for the sink: 4 s at 2,000/s, 2 MB.
const outboxSize = 8192

// An outbox carries records from the workers to the sink, which runs in one
// goroutine of its own, so that writing to disk does not hold a worker.
type outbox struct {
	records chan history.Request
	done    chan struct{}
	once    sync.Once

	mu      sync.Mutex
	blocked int

	report Report // the goroutine's, until done
}

func newOutbox(phase func(time.Duration) string, sink func(history.Request)) *outbox {
	o := &outbox{records: make(chan history.Request, outboxSize), done: make(chan struct{})}
	go func() {
		defer close(o.done)
		for r := range o.records {
			r.Phase = phase(r.Intended)
			o.report.add(r)
			sink(r)
		}
	}()
	return o
}

// put hands over r. It waits only while the sink is far behind, and counts that.
func (o *outbox) put(r history.Request) {
	select {
	case o.records <- r:
		return
	default:
	}
	o.mu.Lock()
	o.blocked++
	o.mu.Unlock()
	o.records <- r
}

// close waits until the sink has every record. No put may follow. It may be called
// again.
func (o *outbox) close() Report {
	o.once.Do(func() { close(o.records) })
	<-o.done
	o.report.Blocked = o.blocked
	return o.report
}

func (p *Report) add(r history.Request) {
	p.Planned++
	switch {
	case r.Sent != 0:
		p.Sent++
	case r.Failure == history.Unsent:
		p.Unsent++
	}
	if r.Queued {
		p.Queued++
	} else {
		p.OwnLag = max(p.OwnLag, r.Lag())
	}
}
