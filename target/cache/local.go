package cache

import (
	"container/list"
	"hash/maphash"
	"sync"
	"time"
)

// local is the tier in this process's memory: least recently used out first,
// bounded by entries and by bytes. Safe for concurrent use.
//
// It keeps writers honest by marks. Who means to put a value takes the key's
// mark before reading it anywhere; drop changes the mark, and a put with an
// old mark does nothing. So a value read before a change never overwrites it.
type local struct {
	entries, bytes int // bounds

	mu    sync.Mutex
	size  int // bytes held
	byKey map[string]*list.Element
	order *list.List // of *localEntry, most recently used first
	marks [1024]uint64
	seed  maphash.Seed
}

type localEntry struct {
	key, value string
	source     Source // where value was had from
	generation string // that value was loaded in
	expires    time.Time
	put        time.Time
}

// overhead is what an entry takes beside its key and value, roughly.
const overhead = 200

func newLocal(entries, bytes int) *local {
	return &local{entries: entries, bytes: bytes, byKey: map[string]*list.Element{}, order: list.New(), seed: maphash.MakeSeed()}
}

// mark is the present state of key. Keys may share one: then a change of the
// one also voids a put of the other, which costs a load and nothing else.
func (l *local) mark(key string) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return *l.slot(key)
}

func (l *local) slot(key string) *uint64 {
	return &l.marks[maphash.String(l.seed, key)%uint64(len(l.marks))]
}

// get returns "" where key is not held, or no longer.
func (l *local) get(key string, now time.Time) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.byKey[key]
	if !ok {
		return ""
	}
	if entry := e.Value.(*localEntry); now.Before(entry.expires) {
		l.order.MoveToFront(e)
		return entry.value
	}
	l.remove(e)
	return ""
}

// since returns a value of generation, or of any where that is unknown, that was
// put at or after t, and where that was had from; or nothing.
func (l *local) since(key, generation string, t time.Time) Answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.byKey[key]; ok {
		if entry := e.Value.(*localEntry); (entry.generation == generation || generation == unknown) && !entry.put.Before(t) {
			return Answer{entry.value, entry.source}
		}
	}
	return Answer{}
}

// put keeps v, unless its key has changed since mark was taken.
func (l *local) put(v localEntry, mark uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if *l.slot(v.key) != mark {
		return
	}
	if e, ok := l.byKey[v.key]; ok {
		l.remove(e)
	}
	entry := &v
	l.byKey[v.key] = l.order.PushFront(entry)
	l.size += entry.bytes()
	for l.size > l.bytes || l.order.Len() > l.entries {
		l.remove(l.order.Back())
	}
}

// drop forgets key, and voids every put that is on its way.
func (l *local) drop(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*l.slot(key)++
	if e, ok := l.byKey[key]; ok {
		l.remove(e)
	}
}

func (l *local) remove(e *list.Element) {
	entry := l.order.Remove(e).(*localEntry)
	delete(l.byKey, entry.key)
	l.size -= entry.bytes()
}

func (e *localEntry) bytes() int { return len(e.key) + len(e.value) + overhead }
