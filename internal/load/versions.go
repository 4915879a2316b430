package load

import "sync/atomic"

// versions is the newest version of each entity in the answers of each instance, shared
// by all streams of an arm: 8 bytes for each possible key.
type versions map[place]*entities

type place struct{ arm, instance, path string }

// entities are the entities of one place. The nil entities have no versions.
type entities struct{ newestOf []atomic.Int64 }

func newVersions(streams []Stream) versions {
	v := make(versions)
	most := make(map[place]int)
	for _, stream := range streams {
		for _, s := range stream.calls() {
			if spoken, err := s.Contract.Speak(s.Call); err != nil || spoken.Item == "" {
				continue
			}
			for _, t := range s.Targets {
				at := s.place(t)
				most[at] = max(most[at], s.Keys.N)
			}
		}
	}
	for at, n := range most {
		v[at] = &entities{make([]atomic.Int64, n+1)}
	}
	return v
}

func (v versions) of(s Stream, t Target) *entities { return v[s.place(t)] }

func (s Stream) place(t Target) place {
	return place{s.Arm, t.Instance, s.Route()}
}

// newest is the highest version of id that was answered before now.
func (e *entities) newest(id int) int64 {
	if e == nil {
		return 0
	}
	return e.newestOf[id].Load()
}

// saw says that a correct answer gave version of id.
func (e *entities) saw(id int, version int64) {
	if e == nil {
		return
	}
	for n := &e.newestOf[id]; ; {
		old := n.Load()
		if version <= old || n.CompareAndSwap(old, version) {
			return
		}
	}
}
