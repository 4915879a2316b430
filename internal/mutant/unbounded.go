package mutant

import (
	"context"
	"net"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/store"
)

// asksFirst asks Redis before it queries a user, as a service does that looks up a session for every request.
func asksFirst(o *target.Options) {
	var redis cache.Redis
	o.DecorateRedis = func(r cache.Redis) cache.Redis {
		redis = r
		return r
	}
	o.DecorateStore = func(s store.Store) store.Store { return askingStore{s, &redis} }
	o.Limits = func(l cache.Limits) cache.Limits {
		l.Command = 2 * time.Second
		return l
	}
}

type askingStore struct {
	store.Store
	redis *cache.Redis // opened after the store
}

func (a askingStore) User(ctx context.Context, id string) (store.User, error) {
	if *a.redis != nil {
		(*a.redis).Get(ctx, "session:"+id)
	}
	return a.Store.User(ctx, id)
}

// poolHeld answers everything by sixteen workers, which a request holds while it waits for Redis.
func poolHeld(o *target.Options) {
	workers := make(chan struct{}, 16)
	o.DecorateCache = func(c cache.Cache) cache.Cache { return workedCache{c, workers} }
	o.DecorateStore = func(s store.Store) store.Store { return workedStore{s, workers} }
	o.Limits = unbounded
}

type workedCache struct {
	cache.Cache
	workers chan struct{}
}

func (w workedCache) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	select {
	case w.workers <- struct{}{}:
		defer func() { <-w.workers }()
		return w.Cache.Get(ctx, k, load)
	case <-ctx.Done():
		return cache.Answer{}, ctx.Err()
	}
}

// workedStore is for users alone: a trip is loaded by who holds a worker already.
type workedStore struct {
	store.Store
	workers chan struct{}
}

func (w workedStore) User(ctx context.Context, id string) (store.User, error) {
	select {
	case w.workers <- struct{}{}:
		defer func() { <-w.workers }()
		return w.Store.User(ctx, id)
	case <-ctx.Done():
		return store.User{}, ctx.Err()
	}
}

// queueGrows keeps half a megabyte for each request without Redis until that is back.
type queueGrows struct {
	cache.Cache
	mu    sync.Mutex
	queue [][]byte
}

func (q *queueGrows) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	q.mu.Lock()
	if q.State() == cache.Down {
		command := make([]byte, 512<<10)
		for i := 0; i < len(command); i += 4096 {
			command[i] = 1 // else it takes no memory
		}
		q.queue = append(q.queue, command)
	} else {
		q.queue = nil
	}
	q.mu.Unlock()
	return q.Cache.Get(ctx, k, load)
}

// dialsOn opens a connection for each request without Redis, and closes none before Redis is back.
func dialsOn(o *target.Options) {
	u, err := url.Parse(os.Getenv("REDIS_URL"))
	if err != nil {
		return // the service will not have it either
	}
	o.DecorateCache = func(c cache.Cache) cache.Cache { return &dialing{Cache: c, addr: u.Host} }
}

type dialing struct {
	cache.Cache
	addr string
	mu   sync.Mutex
	open []net.Conn
}

func (d *dialing) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	d.mu.Lock()
	if d.State() == cache.Down {
		if conn, err := net.DialTimeout("tcp", d.addr, 100*time.Millisecond); err == nil {
			d.open = append(d.open, conn)
		}
	} else {
		for _, conn := range d.open {
			conn.Close()
		}
		d.open = nil
	}
	d.mu.Unlock()
	return d.Cache.Get(ctx, k, load)
}

// recoversOnce connects at its start, and once again.
type recoversOnce struct {
	cache.Redis
	mu sync.Mutex
	n  int
}

func (r *recoversOnce) Connect(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n == 2 {
		return errFell
	}
	err := r.Redis.Connect(ctx)
	if err == nil {
		r.n++
	}
	return err
}

// pauseKept looks after Redis after ever longer pauses.
type pauseKept struct {
	cache.Redis
	mu    sync.Mutex
	pause time.Duration
	next  time.Time
}

func (p *pauseKept) Connect(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Now().Before(p.next) {
		return errFell
	}
	err := p.Redis.Connect(ctx)
	if err != nil {
		p.next = time.Now().Add(p.pause)
		p.pause *= 4
	}
	return err
}
