package limit

import (
	"container/list"
	"slices"
	"sync"
)

// clients is what this instance knows of the windows of its clients: the least
// recently seen goes first, once there are too many. Safe for concurrent use.
type clients struct {
	most int

	mu     sync.Mutex
	byName map[string]*list.Element
	order  *list.List // of *client, most recently seen first
}

// A client is one window of one client. Admissions are known by their ids.
type client struct {
	name  string
	ends  int64   // of the window, Unix ms
	count int     // admissions by all instances, when Redis last told
	held  []int64 // admitted here, and Redis has confirmed them
	owed  []int64 // admitted here, and Redis does not know of them, or may not
	void  []int64 // refused here, and Redis may have counted them

	asking []int64         // not decided: Redis is asked, and may let them in
	at     map[int64]int64 // of those admitted here without Redis: when, Unix ms
}

// known is what a request tells Redis of its client.
type known struct {
	ends       int64
	held       int
	owed, void []int64
	at         []int64 // when those of owed were admitted, Unix ms; 0: when the window began
}

func newClients(most int) *clients {
	return &clients{most: most, byName: map[string]*list.Element{}, order: list.New()}
}

// with calls f with name's client while nobody else has it. A window that is over is a new client's.
func (c *clients) with(name string, now int64, f func(*client)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byName[name]
	if ok {
		c.order.MoveToFront(e)
	} else {
		e = c.order.PushFront(&client{name: name})
		c.byName[name] = e
		if c.order.Len() > c.most {
			delete(c.byName, c.order.Remove(c.order.Back()).(*client).name)
		}
	}
	cl := e.Value.(*client)
	if cl.ends <= now {
		*cl = client{name: name, asking: cl.asking}
	}
	f(cl)
}

// owing lists the clients of whom Redis must be told something.
func (c *clients) owing(now int64) (names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for e := c.order.Front(); e != nil; e = e.Next() {
		if cl := e.Value.(*client); cl.ends > now && len(cl.owed)+len(cl.void) > 0 {
			names = append(names, cl.name)
		}
	}
	return names
}

// knows is what Redis is told; where it was emptied, all of it.
func (c *client) knows(all bool) known {
	k := known{ends: c.ends, held: len(c.held), owed: slices.Clone(c.owed), void: slices.Clone(c.void)}
	if all {
		k.held, k.owed = 0, append(k.owed, c.held...)
	}
	for _, id := range k.owed {
		k.at = append(k.at, c.at[id])
	}
	return k
}

// learn takes what Redis answered to who had told it k and asked for an admission of id, or
// for none, and says how many admissions Redis has heard of by that.
func (c *client) learn(k known, r reply, id int64, now int64) (carried int) {
	c.decided(id)
	confirmed := remove(&c.owed, k.owed)
	remove(&c.void, k.void)
	switch {
	case r.ends == 0 && k.ends == c.ends && len(c.held)+len(c.owed) == 0:
		c.ends, c.count = 0, 0 // nobody who got in opened the window
		return 0
	case r.ends <= now:
		return 0 // the window is over meanwhile, or none is open
	case r.ends == c.ends:
	case k.ends == 0 && c.ends != 0: // it was opened here meanwhile, by requests that Redis did not answer in time
		c.ends, c.count = r.ends, 0
	case k.ends != c.ends:
		return 0 // another reply, of another window, came first
	case r.same: // Redis counts these admissions in a window that ends at another time
		c.ends, c.count = r.ends, 0
	default:
		*c = client{name: c.name, ends: r.ends, asking: c.asking}
		confirmed = nil
	}
	c.count = max(c.count, r.count) // replies may overtake one another
	c.held = append(c.held, confirmed...)
	if id != 0 && r.verdict == allowed {
		c.confirm(id)
	}
	return len(confirmed)
}

// admit lets in a request that Redis does not know of.
func (c *client) admit(id, now int64) {
	if c.at == nil {
		c.at = map[int64]int64{}
	}
	c.owed, c.at[id] = append(c.owed, id), now
}

// decided notes that a request waits for Redis no longer.
func (c *client) decided(id int64) { remove(&c.asking, []int64{id}) }

// confirm notes that Redis counts an admission, also when it says so late or twice. One that was
// refused here meanwhile stays void.
func (c *client) confirm(id int64) {
	remove(&c.owed, []int64{id})
	if !slices.Contains(c.void, id) && !slices.Contains(c.held, id) {
		c.held = append(c.held, id)
	}
}

// remove takes ids from the list and returns those that were in it.
func remove(from *[]int64, ids []int64) (removed []int64) {
	if len(*from) == 0 || len(ids) == 0 {
		return nil
	}
	gone := make(map[int64]bool, len(ids))
	for _, id := range ids {
		gone[id] = true
	}
	*from = slices.DeleteFunc(*from, func(id int64) bool {
		if gone[id] {
			removed = append(removed, id)
		}
		return gone[id]
	})
	return removed
}
