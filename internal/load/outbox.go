package load

import (
	"sync"
	"time"

	"github.com/trektribe/bench/internal/history"
)

const (
	// outboxSize is the number of records that may wait for the sink: 4 s at 2,000/s, 2 MB.
	outboxSize = 8192

	// emptied is how often the outbox is emptied. To wake the sink for each record costs more
	// than the record does, and takes the processor from the next request.
	emptied = 10 * time.Millisecond
)

// An outbox carries records from the workers to the sink, which runs in one
// goroutine of its own, so that writing to disk does not hold a worker.
type outbox struct {
	sink  func(history.Request)
	phase func(time.Duration) string
	stop  chan struct{}
	done  chan struct{}
	once  sync.Once

	mu      sync.Mutex
	room    sync.Cond
	waiting []history.Request
	held    int // waiting, or in the sink's hands
	blocked int

	report Report // the goroutine's, until done
}

func newOutbox(phase func(time.Duration) string, sink func(history.Request)) *outbox {
	o := &outbox{sink: sink, phase: phase, stop: make(chan struct{}), done: make(chan struct{})}
	o.room.L = &o.mu
	go o.run()
	return o
}

func (o *outbox) run() {
	defer close(o.done)
	tick := time.NewTicker(emptied)
	defer tick.Stop()
	var empty []history.Request
	for last := false; !last; {
		select {
		case <-tick.C:
		case <-o.stop:
			last = true
		}
		o.mu.Lock()
		full := o.waiting
		o.waiting = empty
		o.mu.Unlock()
		for i := range full {
			full[i].Phase = o.phase(full[i].Intended)
			o.report.add(full[i])
			o.sink(full[i])
			o.mu.Lock()
			o.held--
			o.mu.Unlock()
			o.room.Signal()
		}
		clear(full)
		empty = full[:0]
	}
}

// put hands over r. It waits only while the sink is far behind, and counts that.
func (o *outbox) put(r history.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.held >= outboxSize {
		o.blocked++
	}
	for o.held >= outboxSize {
		o.room.Wait()
	}
	o.held++
	o.waiting = append(o.waiting, r)
}

// close waits until the sink has every record. No put may follow. It may be called
// again.
func (o *outbox) close() Report {
	o.once.Do(func() { close(o.stop) })
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
