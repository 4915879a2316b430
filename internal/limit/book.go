package limit

import (
	"slices"

	"github.com/trektribe/bench/internal/limit/prove"
)

// A book sorts the decisions of a run by the counter that should have made them.
type book struct {
	ds        []Decision
	reading   Reading
	client    []int32 // by decision
	clients   []string
	instance  []int32
	instances []string
	steps     int // see track
}

func newBook(ds []Decision, r Reading, real map[string]string) *book {
	b := &book{ds: ds, reading: r, client: make([]int32, len(ds)), instance: make([]int32, len(ds))}
	// As many as a million decisions can have in a second or two.
	b.steps = max(4, min(2*prove.Thorough, 2_000_000/max(1, len(ds))))
	number := func(seen map[string]int32, names *[]string, name string) int32 {
		n, known := seen[name]
		if !known {
			n = int32(len(seen))
			seen[name] = n
			*names = append(*names, name)
		}
		return n
	}
	clients, instances := map[string]int32{}, map[string]int32{}
	for i := range ds {
		name := ds[i].Client
		if who, ok := real[name]; ok {
			name = who
		}
		b.client[i] = number(clients, &b.clients, name)
		b.instance[i] = number(instances, &b.instances, ds[i].Instance)
	}
	return b
}

// A use is what a supposition makes of a decision.
type use uint8

const (
	asItIs  use = iota
	perhaps     // an allowed request that may have counted or not
	twice       // an allowed request that may have counted once more
	dropped
)

// A supposition says which counter made each decision, by which reading.
type supposition struct {
	reading Reading
	counter func(id int32) int64 // nil: one for each client
	use     func(id int32) use   // nil: as it is
	// also names other counters, in which an allowed request may have counted
	// as well as in its own, or instead. nil: there are none.
	also  func(id int32) []int64
	limit func(counter int64) int // nil, or 0: that of the reading
}

// without supposes the same, and that some decisions were never made.
func (s supposition) without(drop func(id int32) bool) supposition {
	as := s.use
	s.use = func(id int32) use {
		switch {
		case drop(id):
			return dropped
		case as == nil:
			return asItIs
		}
		return as(id)
	}
	return s
}

// each visits the track of every counter that the supposition names, of the
// decisions ids, or of all where ids is nil, and the reading of that counter.
// The track is the visitor's only until it returns.
func (b *book) each(ids []int32, s supposition, visit func(ids []int32, t *prove.Track, r Reading)) {
	ids, keys, counters := b.keys(ids, s)
	n := len(counters)
	if counters == nil {
		n = len(b.clients)
	}
	starts := make([]int32, n+1)
	for _, k := range keys {
		starts[k+1]++
	}
	for k := range n {
		starts[k+1] += starts[k]
	}
	order, next := make([]int32, len(keys)), make([]int32, n)
	copy(next, starts)
	for i, k := range keys {
		id := int32(i)
		if ids != nil {
			id = ids[i]
		}
		order[next[k]] = id
		next[k]++
	}
	var t prove.Track
	for k := range n {
		own := order[starts[k]:starts[k+1]]
		b.fill(&t, own, s)
		r := s.reading
		if s.limit != nil && s.limit(counters[k]) > 0 {
			r.Limit = s.limit(counters[k])
		}
		visit(own, &t, r)
	}
}

// keys numbers the counters from 0, and gives each decision the number of its
// own; nil stands for all decisions, and for the clients as counters. A decision
// that another counter may have made too is there again, as ^id.
func (b *book) keys(ids []int32, s supposition) (all, keys []int32, counters []int64) {
	if ids == nil && s.counter == nil && s.also == nil && s.limit == nil {
		return nil, b.client, nil
	}
	seen := map[int64]int32{}
	counters = []int64{}
	number := func(counter int64) int32 {
		k, known := seen[counter]
		if !known {
			k = int32(len(seen))
			seen[counter] = k
			counters = append(counters, counter)
		}
		return k
	}
	all = slices.Clone(ids)
	if ids == nil {
		all = make([]int32, len(b.ds))
		for i := range all {
			all[i] = int32(i)
		}
	}
	keys = make([]int32, len(all))
	for i, id := range all {
		if s.counter == nil {
			keys[i] = number(int64(b.client[id]))
		} else {
			keys[i] = number(s.counter(id))
		}
	}
	if s.also != nil {
		for _, id := range all[:len(keys)] {
			if b.ds[id].Answer != Allowed {
				continue
			}
			for _, counter := range s.also(id) {
				all, keys = append(all, ^id), append(keys, number(counter))
			}
		}
	}
	return all, keys, counters
}

func (b *book) fill(t *prove.Track, ids []int32, s supposition) {
	t.Empty()
	t.Steps = b.steps
	var n [3]int
	for _, id := range ids {
		n[b.ds[max(id, ^id)].Answer]++
	}
	t.Allowed.All = slices.Grow(t.Allowed.All, n[Allowed])
	t.Refused.All = slices.Grow(t.Refused.All, n[Refused])
	for _, id := range ids {
		u := asItIs
		if id < 0 {
			id, u = ^id, perhaps
		} else if s.use != nil {
			u = s.use(id)
		}
		d := &b.ds[id]
		v := prove.Span{Sent: int64(d.Sent - s.reading.Slack), Done: int64(d.Done + s.reading.Slack), ID: id}
		open := v
		open.Done = prove.Far
		switch {
		case u == dropped:
		case d.Answer == Refused:
			t.Refused.Add(v)
		case d.Answer == Unanswered || u == perhaps:
			t.Open.Add(open)
		case d.Answer == Allowed:
			if t.Allowed.Add(v); u == twice {
				t.Open.Add(open)
			}
		}
	}
	t.Sort()
}

// amiss is what the supposition leaves unexplained.
func (b *book) amiss(ids []int32, s supposition) (n prove.Errors) {
	b.each(ids, s, func(_ []int32, t *prove.Track, r Reading) {
		f := t.Find(r)
		n.Over, n.Falsely = n.Over+f.Over, n.Falsely+f.Falsely
	})
	return n
}
