package predict

import (
	"container/heap"
	"time"
)

// turn calls got when the call may use a connection, or with false after the wait for one timed out.
func (p *play) turn(got func(ok bool)) {
	if p.free > 0 {
		p.free--
		got(true)
		return
	}
	w := &waiter{got: got}
	p.waiting = append(p.waiting, w)
	p.after(p.c.poolWait, func() {
		if !w.over {
			w.over = true
			got(false)
		}
	})
}

// release gives the turn to the call that has waited longest.
func (p *play) release() {
	for len(p.waiting) > 0 {
		w := p.waiting[0]
		p.waiting = p.waiting[1:]
		if !w.over {
			w.over = true
			p.after(0, func() { w.got(true) })
			return
		}
	}
	p.free++
}

func (p *play) after(d time.Duration, do func()) { p.at(p.now+d, do) }

func (p *play) at(t time.Duration, do func()) {
	p.order++
	heap.Push(&p.events, event{t, p.order, do})
}

// chance is uniform in [0,1), and the same for the same seed: splitmix64.
func (p *play) chance() float64 {
	p.seed += 0x9e3779b97f4a7c15
	z := p.seed
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11) / (1 << 53)
}

type event struct {
	at    time.Duration
	order int
	do    func()
}

// events are a heap with the earliest on top.
type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].order < e[j].order
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}
