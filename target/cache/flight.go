package cache

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

var errClosed = errors.New("the cache is closed")

// flights run one load for all who want the same at the same time. A load goes
// on when its callers leave; its error is theirs only, the next caller tries
// again. The zero value is ready; safe for concurrent use.
type flights struct {
	mu     sync.Mutex
	byKey  map[string][]*flight // under way, in the order in which they began
	closed bool
	wg     sync.WaitGroup
}

type flight struct {
	generation string
	done       chan struct{}
	got        landed
	err        error
}

// landed is what a flight brought. Where another instance loaded it, at is when
// that load ended.
type landed struct {
	Answer
	at time.Time
}

// do answers key by load, or by a load of its generation that is already under
// way. Who does not know the generation takes the latest: what is in memory is not
// told of a change elsewhere either. It returns early when ctx ends.
func (f *flights) do(ctx context.Context, key, generation string, load func() (landed, error)) (landed, error) {
	fl, err := f.join(key, generation, load)
	if err != nil {
		return landed{}, err
	}
	select {
	case <-fl.done:
		return fl.got, fl.err
	case <-ctx.Done():
		return landed{}, ctx.Err()
	}
}

func (f *flights) join(key, generation string, load func() (landed, error)) (*flight, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fl := range slices.Backward(f.byKey[key]) {
		if fl.generation == generation || generation == unknown {
			return fl, nil
		}
	}
	if f.closed {
		return nil, errClosed
	}
	if f.byKey == nil {
		f.byKey = map[string][]*flight{}
	}
	fl := &flight{generation: generation, done: make(chan struct{})}
	f.byKey[key] = append(f.byKey[key], fl)
	f.wg.Go(func() {
		defer func() {
			// Nobody above this goroutine would recover, as net/http does for a handler.
			if p := recover(); p != nil {
				fl.err = fmt.Errorf("load %s: panic: %v", key, p)
			}
			f.land(key, fl)
			close(fl.done)
		}()
		fl.got, fl.err = load()
	})
	return fl, nil
}

// land takes fl from those under way.
func (f *flights) land(key string, fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byKey[key] = slices.DeleteFunc(f.byKey[key], func(other *flight) bool { return other == fl }); len(f.byKey[key]) == 0 {
		delete(f.byKey, key)
	}
}

// close refuses further loads and waits for those under way.
func (f *flights) close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.wg.Wait()
}
