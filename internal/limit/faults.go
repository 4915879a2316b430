package limit

import (
	"cmp"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/limit/prove"
)

// faults adds the causes that have to do with the faults of the context.
func (j *judge) faults(add func(Code, int, supposition) *cause) {
	f := phases{j: j, faults: slices.Clone(j.context.Faults), instances: int64(len(j.instances))}
	slices.SortFunc(f.faults, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	all := []cause{
		{code: DoubleCount, rank: 2, suppose: supposition{use: f.when(f.during, twice, asItIs)}},
		{code: FailsOpen, rank: 6, suppose: supposition{use: f.when(f.during, perhaps, asItIs)}},
		{code: StaysOpen, rank: 7, suppose: supposition{use: f.when(f.since, perhaps, asItIs)}},
		{code: FailsClosed, rank: 6, suppose: supposition{use: f.when(f.during, asItIs, dropped)}},
		{code: StaysClosed, rank: 7, suppose: supposition{use: f.when(f.since, asItIs, dropped)}},
		{code: RestartsOnFallback, rank: 3, suppose: f.split(meanwhile, j.reading.Limit)},
	}
	if f.instances > 1 {
		share := max(1, j.reading.Limit/int(f.instances))
		all = append(all,
			cause{code: SharePerInstance, rank: 3, suppose: f.split(meanwhile, share)},
			cause{code: StaysOnFallback, rank: 3, suppose: f.split(everSince, j.reading.Limit)},
			cause{code: StaysOnFallback, rank: 3, suppose: f.split(everSince, share)})
		if f.emptied() {
			all = append(all,
				cause{code: ScriptLost, rank: 3, suppose: f.split(everSince, j.reading.Limit)},
				cause{code: ScriptLost, rank: 3, suppose: f.split(everSince, share)})
		}
	}
	for _, c := range all {
		add(c.code, c.rank, c.suppose).rough = true
	}
}

// phases are the times before, during and after faults.
type phases struct {
	j         *judge
	faults    []Span // rising
	instances int64
}

func (f *phases) during(id int32) bool {
	return slices.ContainsFunc(f.faults, func(s Span) bool { return s.touches(&f.j.ds[id]) })
}

func (f *phases) since(id int32) bool {
	return Span{f.faults[0].From, prove.Far}.touches(&f.j.ds[id])
}

func (f *phases) when(in func(int32) bool, allowed, refused use) func(int32) use {
	return func(id int32) use {
		switch {
		case !in(id):
			return asItIs
		case f.j.ds[id].Answer == Allowed:
			return allowed
		}
		return refused
	}
}

// emptied reports whether the store lost what it held during a fault.
func (f *phases) emptied() bool {
	return slices.ContainsFunc(f.j.context.Emptied, func(at time.Duration) bool {
		return slices.ContainsFunc(f.faults, func(s Span) bool { return s.From <= at && at <= s.To })
	})
}

// A split is when instances count apart.
type split uint8

const (
	meanwhile split = iota // during each fault
	everSince              // since the first
)

// split supposes that instances count apart, up to a limit of their own. A
// request that was under way when phases changed may count in either. One of the
// last window before that may count on in the next phase, too: the store may have
// been told of it, or still hold it, or the instances may know.
func (f *phases) split(when split, limit int) supposition {
	phases := int64(2*len(f.faults) + 1)
	base := int64(len(f.j.clients)) * phases
	alone := func(phase int64) bool { return phase%2 == 1 || when == everSince && phase > 0 }
	key := func(client int32, instance, phase int64) int64 {
		switch {
		case !alone(phase):
			return int64(client)*phases + phase
		case when == everSince:
			phase = 0
		}
		return base + (int64(client)*f.instances+instance)*phases + phase
	}
	return supposition{
		use: f.when(func(id int32) bool { first, last := f.of(id); return first != last }, perhaps, dropped),
		counter: func(id int32) int64 {
			first, _ := f.of(id)
			return key(f.j.book.client[id], int64(f.j.instance[id]), first)
		},
		also: func(id int32) (others []int64) {
			first, _ := f.of(id)
			for p := first + 1; p < phases && f.j.ds[id].Done > f.begins(p)-f.j.reading.Window; p++ {
				if when == everSince && p > 1 {
					break
				}
				if !alone(p) {
					others = append(others, key(f.j.book.client[id], 0, p))
					continue
				}
				for i := range f.instances {
					others = append(others, key(f.j.book.client[id], i, p))
				}
			}
			return others
		},
		limit: func(counter int64) int {
			if counter >= base {
				return limit
			}
			return f.j.reading.Limit
		},
	}
}

// begins is when a phase does.
func (f *phases) begins(phase int64) time.Duration {
	if phase%2 == 1 {
		return f.faults[phase/2].From
	}
	return f.faults[phase/2-1].To
}

// of are the phases in which the decision may have been made, first and last:
// 0 before the first fault, 1 during it, 2 before the second.
func (f *phases) of(id int32) (first, last int64) {
	d := &f.j.ds[id]
	for _, s := range f.faults {
		switch {
		case d.Sent > s.To:
			first += 2
		case d.Sent >= s.From:
			first++
		}
		switch {
		case d.Answer == Unanswered:
			last = first // it is open anyway
		case d.Done > s.To:
			last += 2
		case d.Done >= s.From:
			last++
		}
	}
	return first, last
}
