package limit

import (
	"time"

	"github.com/trektribe/bench/internal/limit/prove"
)

// measure looks for a limit, or a window, that the service may have instead.
func (j *judge) measure(explains func(*cause) bool, kept bool, ids []int32) (found []cause) {
	try := func(change func(*Reading)) *cause {
		r := j.reading
		change(&r)
		return &cause{suppose: supposition{reading: r}}
	}
	fits := func(r Reading) bool {
		return r.Check() == nil && j.amiss(ids, supposition{reading: r}).Of(kept) == 0
	}
	at := func(limit int) Reading { r := j.reading; r.Limit = limit; return r }
	l := nearest(j.reading.Limit, kept, 1, 1<<20, func(n int) bool { return fits(at(n)) })
	if c := try(func(r *Reading) { r.Limit = l }); l > 0 && explains(c) {
		c.code, c.found.Limit = AnotherLimit, l
		if 2*l == j.reading.Limit || 2*l == j.reading.Limit+1 {
			found = append(found, cause{code: DoubleCount})
		}
		found = append(found, *c)
	}
	during := func(w int) Reading { r := j.reading; r.Window = time.Duration(w); return r }
	w := nearest(int(j.reading.Window), !kept, max(1, int(j.reading.Window)>>6), min(prove.Far, int(j.reading.Window)<<14), func(n int) bool { return fits(during(n)) })
	if c := try(func(r *Reading) { r.Window = time.Duration(w) }); w > 0 && explains(c) {
		c.code, c.found.Window = AnotherWindow, time.Duration(w)
		found = append(found, *c)
	}
	return found
}

// nearest finds the number nearest to from, above or below it and within
// [least, most], that fits; 0 if none does.
func nearest(from int, above bool, least, most int, fits func(int) bool) int {
	bad, good := from, 0
	for step := max(1, from/8); good == 0; step *= 2 {
		n := from - step
		if above {
			n = from + step
		}
		if n = min(most, max(least, n)); fits(n) {
			good = n
		} else if n == least || n == most {
			return 0
		} else {
			bad = n
		}
	}
	for range 24 {
		n := bad + (good-bad)/2
		if n == bad {
			break
		}
		if fits(n) {
			good = n
		} else {
			bad = n
		}
	}
	return good
}
