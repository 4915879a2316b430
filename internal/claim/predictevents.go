package claim

import (
	"container/heap"
	"time"
)

// turn calls got when a connection may be used, or with false when none could in time.
func (p *redisPlay) turn(got func(ok bool)) {
	if p.free > 0 {
		p.free--
		got(true)
		return
	}
	w := &redisWaiter{got: got}
	p.waiting = append(p.waiting, w)
	p.after(p.c.poolWait, func() {
		if !w.over {
			w.over = true
			got(false)
		}
	})
}

// release gives a turn to who has waited longest.
func (p *redisPlay) release() {
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

func (p *redisPlay) after(d time.Duration, do func()) { p.at(p.now+d, do) }

func (p *redisPlay) at(t time.Duration, do func()) {
	p.order++
	heap.Push(&p.events, redisEvent{t, p.order, do})
}

// chance is uniform in [0,1), and the same for the same seed: splitmix64.
func (p *redisPlay) chance() float64 {
	p.seed += 0x9e3779b97f4a7c15
	z := p.seed
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11) / (1 << 53)
}

type redisEvent struct {
	at    time.Duration
	order int
	do    func()
}

// redisEvents are a heap, the earliest first.
type redisEvents []redisEvent

func (e redisEvents) Len() int { return len(e) }
func (e redisEvents) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].order < e[j].order
}
func (e redisEvents) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *redisEvents) Push(x any)   { *e = append(*e, x.(redisEvent)) }
func (e *redisEvents) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}
