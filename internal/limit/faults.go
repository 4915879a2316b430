package limit

import (
	"cmp"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/limit/prove"
)

// faults adds the causes that have to do with the faults of the context.
func (j *judge) faults(add func(Code, int, supposition) *cause) {
	f := phases{j: j, faults: slices.Clone(j.context.Faults), instances: j.many()}
	slices.SortFunc(f.faults, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	own := j.reading
	own.Limit = j.own()
	all := []cause{
		{code: DoubleCount, rank: 5, suppose: supposition{reading: own, use: f.when(f.during, twice, asItIs)}},
		{code: FailsOpen, rank: 6, suppose: supposition{use: f.when(f.during, perhaps, asItIs)}},
		{code: StaysOpen, rank: 7, suppose: supposition{use: f.when(f.since, perhaps, asItIs)}},
		{code: FailsClosed, rank: 6, suppose: supposition{use: f.when(f.during, asItIs, dropped)}},
		{code: StaysClosed, rank: 7, suppose: supposition{use: f.when(f.since, asItIs, dropped)}},
		{code: RestartsOnFallback, rank: 3, suppose: f.split(notEver, own.Limit)},
	}
	if f.instances > 1 {
		share := max(1, own.Limit/int(f.instances))
		all = append(all,
			cause{code: SharePerInstance, rank: 3, suppose: f.split(notEver, share)},
			cause{code: StaysOnFallback, rank: 3, suppose: f.split(first, own.Limit)},
			cause{code: StaysOnFallback, rank: 3, suppose: f.split(first, share)})
		if lost := f.emptied(); lost > 0 {
			all = append(all,
				cause{code: ScriptLost, rank: 3, suppose: f.split(lost, own.Limit)},
				cause{code: ScriptLost, rank: 3, suppose: f.split(lost, share)})
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

// emptied is the phase in which the store first lost what it held: that of a fault; 0: it never did.
func (f *phases) emptied() int64 {
	for i, s := range f.faults {
		if slices.ContainsFunc(f.j.context.Emptied, func(at time.Duration) bool { return s.From <= at && at <= s.To }) {
			return int64(2*i + 1)
		}
	}
	return 0
}

const (
	first   = int64(1)       // the phase of the first fault
	notEver = int64(1 << 40) // comes no phase
)

// split supposes that instances count apart during each fault, and from the fault of a phase on for good, up to a
// limit of their own. A request that was under way when phases changed may count in either. One of the last
// window before that may count on in the next phase, too: the store may have been told of it, or still hold it,
// or the instances may know.
func (f *phases) split(since int64, limit int) supposition {
	phases := int64(2*len(f.faults) + 1)
	base := int64(len(f.j.clients)) * phases
	alone := func(phase int64) bool { return phase%2 == 1 || phase >= since }
	key := func(client int32, instance, phase int64) int64 {
		switch {
		case !alone(phase):
			return int64(client)*phases + phase
		case phase >= since:
			phase = since
		}
		return base + (int64(client)*f.instances+instance)*phases + phase
	}
	return supposition{
		use: f.when(func(id int32) bool { before, after := f.of(id); return before != after }, perhaps, dropped),
		counter: func(id int32) int64 {
			first, _ := f.of(id)
			return key(f.j.book.client[id], int64(f.j.instance[id]), first)
		},
		also: func(id int32) (others []int64) {
			first, _ := f.of(id)
			for p := first + 1; p < phases && f.j.ds[id].Done > f.begins(p)-f.j.reading.Window; p++ {
				if p > since {
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
			return 0
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
