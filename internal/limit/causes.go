package limit

import (
	"cmp"
	"slices"

	"github.com/trektribe/bench/internal/limit/prove"
)

// A cause is a way to be wrong, as suppositions that would leave nothing to
// explain. Of causes that explain everything those of the lowest rank are named:
// they suppose most of the limiter, so that the most could have contradicted them.
type cause struct {
	code     Code
	rank     int
	suppose  supposition
	everyone bool // it is about clients together
	forged   bool // it takes made up identities for clients
	rough    bool // when exactly it began to count otherwise is not known
	found    Diagnosis
}

// never lists causes that lead to errors of one side alone.
var never = map[bool][]Code{
	true:  {NoExpiry, RenewedByEachAdmission, RenewedByEachRequest, CountsRefusedToo, SharedBetweenClients, SharedBehindProxy, FailsClosed, StaysClosed},
	false: {LeaksUnderConcurrency, NoLimit},
}

// causes are those that the context and the decisions allow for, of the sample.
func (j *judge) causes(ids []int32) (cs []cause) {
	r := j.reading
	add := func(code Code, rank int, s supposition) *cause {
		if s.reading.Kind == 0 {
			s.reading = r
		}
		cs = append(cs, cause{code: code, rank: rank, suppose: s})
		return &cs[len(cs)-1]
	}
	with := func(change func(*Reading)) supposition {
		o := r
		o.Limit = j.own()
		change(&o)
		return supposition{reading: o}
	}
	for _, by := range []int{1, -1} {
		if j.bound() {
			break
		}
		if s := with(func(o *Reading) { o.Limit += by }); s.reading.Check() == nil {
			add(OffByOne, 1, s).found.Limit = s.reading.Limit
		}
	}
	add(NoExpiry, 3, with(func(o *Reading) { o.Kind, o.Window = FixedFromFirst, prove.Far/4 }))
	add(RenewedByEachAdmission, 3, with(func(o *Reading) { o.Kind = prove.RenewedByAdmission }))
	add(RenewedByEachRequest, 3, with(func(o *Reading) { o.Kind = prove.RenewedByRequest }))
	add(CountsRefusedToo, 3, with(func(o *Reading) { o.Kind = prove.LoggedRefusals }))
	for _, o := range others(r) {
		if j.bound() {
			break
		}
		add(AnotherReading, 4, supposition{reading: o}).found.Kind = o.Kind
	}
	if use, together := j.oneAtATime(ids); together {
		add(LeaksUnderConcurrency, 5, supposition{use: use}).rough = true
	}
	own := with(func(*Reading) {}).reading
	add(SharedBetweenClients, 4, supposition{reading: own, counter: func(int32) int64 { return 0 }}).everyone = true
	if len(j.context.Behind) > 0 {
		add(SharedBehindProxy, 3, supposition{reading: own, counter: j.proxies()}).everyone = true
	}
	if len(j.context.Forged) > 0 {
		add(IdentityChosenByClient, 2, supposition{}).forged = true
	}
	if n := j.many(); n > 1 {
		of := func(id int32) int64 { return int64(j.book.client[id])*n + int64(j.instance[id]) }
		add(PerInstance, 4, supposition{reading: own, counter: of})
		s := with(func(o *Reading) { o.Limit = max(1, o.Limit/int(n)) })
		s.counter = of
		add(SharePerInstance, 4, s)
	}
	if len(j.context.Faults) > 0 {
		j.faults(add)
	}
	if !slices.ContainsFunc(ids, func(id int32) bool { return j.ds[id].Answer == Refused }) {
		add(NoLimit, 4, supposition{use: func(int32) use { return perhaps }})
	}
	return cs
}

// proxies numbers the counters that clients behind proxies share.
func (j *judge) proxies() func(int32) int64 {
	of := make([]int64, len(j.clients))
	seen := map[string]int64{}
	for i, name := range j.clients {
		of[i] = int64(i)
		if proxy, ok := j.context.Behind[name]; ok {
			if _, known := seen[proxy]; !known {
				seen[proxy] = int64(len(j.clients) + len(seen))
			}
			of[i] = seen[proxy]
		}
	}
	return func(id int32) int64 { return of[j.book.client[id]] }
}

// oneAtATime keeps, of allowed requests that were under way together, one; and
// says whether any were.
func (j *judge) oneAtATime(ids []int32) (keep func(int32) use, together bool) {
	counted := map[int32]bool{}
	j.each(ids, supposition{reading: j.reading}, func(_ []int32, t *prove.Track, _ Reading) {
		all := slices.Clone(t.Allowed.All)
		slices.SortFunc(all, func(a, b prove.Span) int { return cmp.Compare(a.Done, b.Done) })
		last := int64(-prove.Far)
		for _, v := range all {
			if v.Sent > last {
				counted[v.ID], last = true, v.Done
			} else {
				together = true
			}
		}
	})
	return func(id int32) use {
		if j.ds[id].Answer == Allowed && !counted[id] {
			return perhaps
		}
		return asItIs
	}, together
}
