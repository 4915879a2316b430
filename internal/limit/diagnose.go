package limit

import (
	"slices"
	"time"

	"github.com/trektribe/bench/internal/limit/prove"
)

// budget is how many decisions a supposition is tried on: the clients with most
// errors, from their beginning. Twenty or so are tried.
const budget = 30_000

// hasty is how many steps a supposition gets for each request; those of a short run get more, of unhurried in all.
const (
	hasty     = 8
	unhurried = 100_000
)

// diagnose looks for what explains the errors of each side.
func (j *judge) diagnose() {
	rep := j.rep
	j.steps = max(hasty, min(prove.Thorough, unhurried/max(1, len(j.ds))))
	var over, falsely []cause
	var ids, turned []int32
	kept := rep.Kept.Errors > 0 && j.reading.Limit >= j.own()
	granted := rep.Granted.Errors > 0 && j.reading.Limit <= j.own()
	if granted {
		falsely, turned = j.explain(false)
	}
	if kept {
		over, ids = j.explain(true)
	}
	// One cause for both sides is likelier than two that meet.
	both := common(over, falsely)
	if len(both) > 0 {
		rep.Diagnosis = append(rep.Diagnosis, name(j.weigh(both, ids), true, true, rep.Kept.Errors+rep.Granted.Errors))
	} else {
		if kept {
			rep.Diagnosis = append(rep.Diagnosis, name(j.weigh(over, ids), true, false, rep.Kept.Errors))
		}
		if granted {
			rep.Diagnosis = append(rep.Diagnosis, name(j.weigh(falsely, turned), false, true, rep.Granted.Errors))
		}
	}
	for i := range rep.Diagnosis {
		d := &rep.Diagnosis[i]
		d.Witness = j.witness(d.Kept)
	}
	if len(rep.Diagnosis) == 0 && len(rep.Headers) > 0 {
		w := Witness{Requests: rep.Headers[0].Examples}
		if len(w.Requests) > 2 {
			w.Requests = w.Requests[:2]
		}
		j.times(&w)
		rep.Diagnosis = append(rep.Diagnosis, Diagnosis{Codes: []Code{HeaderLies}, Errors: rep.Headers[0].Count, Witness: w})
	}
}

// common are the causes in both a and b.
func common(a, b []cause) (cs []cause) {
	for _, c := range a {
		if slices.ContainsFunc(b, func(o cause) bool {
			return o.code == c.code && o.found.Limit == c.found.Limit && o.found.Kind == c.found.Kind
		}) {
			cs = append(cs, c)
		}
	}
	return cs
}

// name draws the causes of the lowest rank together.
func name(cs []cause, kept, granted bool, errors int) (d Diagnosis) {
	if len(cs) == 0 {
		cs = []cause{{code: Unexplained}}
	}
	lowest := slices.MinFunc(cs, func(a, b cause) int { return a.rank - b.rank }).rank
	for _, c := range cs {
		if c.rank != lowest || slices.Contains(d.Codes, c.code) {
			continue
		}
		if len(d.Codes) == 0 {
			d = c.found
		}
		d.Codes = append(d.Codes, c.code)
	}
	d.Kept, d.Granted, d.Errors = kept, granted, errors
	return d
}

// explain finds the causes that leave no error of one side, and add none to the
// other: for the clients with errors of that side alone, and of these causes
// those that explain the clients with both, if any does.
func (j *judge) explain(kept bool) (found []cause, ids []int32) {
	if ids = j.sample(kept, true); len(ids) > 0 {
		found = j.explaining(kept, ids)
	}
	if mixed := j.sample(kept, false); len(mixed) > 0 {
		worse := j.explaining(kept, mixed)
		if both := common(found, worse); len(both) > 0 {
			return both, mixed
		} else if len(found) == 0 {
			return worse, mixed
		}
	}
	return found, ids
}

func (j *judge) explaining(kept bool, ids []int32) (found []cause) {
	all := j.upTo(ids)
	plain := supposition{reading: j.reading}
	before, allBefore := j.errors(j.book, ids, plain, kept, nil), j.errors(j.book, all, plain, kept, nil)
	wrong := j.turned(all, kept)
	explains := func(c *cause) bool {
		b, ids, was := j.book, ids, before
		if c.everyone {
			ids, was = all, allBefore
		}
		if c.forged {
			b = newBook(j.ds, j.reading, nil)
			b.steps = j.steps
		}
		n := j.errors(b, ids, c.suppose, kept, wrong)
		left := 0
		if c.rough {
			left = was.Of(kept) / 50
		}
		return n.Of(kept) <= left && n.Of(!kept) <= was.Of(!kept)
	}
	for _, c := range j.causes(ids) {
		if !slices.Contains(never[kept], c.code) && explains(&c) {
			found = append(found, c)
		}
	}
	if len(found) == 0 && !j.bound() {
		found = j.measure(explains, kept, ids)
	}
	return found
}

// errors are what a supposition leaves of the side that is explained, and adds to the other. Where the reading's
// limit is a bound, the other side is that of the service's own limit, but for refusals during faults: what
// instances may grant by themselves is what the bound is for.
func (j *judge) errors(b *book, ids []int32, s supposition, kept bool, wrong map[int32]bool) prove.Errors {
	n := b.amiss(ids, j.only(s, wrong))
	if !j.bound() {
		return n
	}
	if s.reading.Limit == j.reading.Limit {
		s.reading.Limit = j.own()
	}
	if !kept {
		n.Over = b.amiss(ids, s).Over
		return n
	}
	f := phases{j: j, faults: j.context.Faults}
	n.Falsely = b.amiss(ids, s.without(func(id int32) bool { return j.ds[id].Answer == Refused && f.during(id) })).Falsely
	return n
}

// turned are the refusals that a bound below the service's limit shows to be wrong: no other needs a cause. nil:
// all do.
func (j *judge) turned(ids []int32, kept bool) map[int32]bool {
	if kept || !j.bound() {
		return nil
	}
	wrong := map[int32]bool{}
	j.each(ids, supposition{reading: j.reading}, func(_ []int32, t *prove.Track, r Reading) {
		for _, v := range t.Find(r).Turned {
			wrong[v.ID] = true
		}
	})
	return wrong
}

// only supposes the same of these refusals alone; nil: of all.
func (j *judge) only(s supposition, refusals map[int32]bool) supposition {
	if refusals == nil {
		return s
	}
	return s.without(func(id int32) bool { return j.ds[id].Answer == Refused && !refusals[id] })
}

// sample are the decisions of the clients that have most errors of a side, and
// none of the other where they are pure, else some of the other; and as many of
// clients without errors, which might contradict a cause.
func (j *judge) sample(kept, pure bool) []int32 {
	chosen := map[string]bool{}
	n := 0
	for _, c := range j.rep.Clients {
		e := prove.Errors{Over: c.Over, Falsely: c.Falsely}
		if e.Of(kept) == 0 || pure != (e.Of(!kept) == 0) || n > 0 && n+c.Requests > budget/2 {
			continue
		}
		n += c.Requests
		chosen[c.Name] = true
	}
	if len(chosen) == 0 {
		return nil
	}
	errors := j.prefix(j.of(chosen), kept)
	wrong, right := map[string]bool{}, map[string]bool{}
	for _, c := range j.rep.Clients {
		wrong[c.Name] = true
	}
	n = 0
	requests := make([]int, len(j.clients))
	for _, c := range j.book.client {
		requests[c]++
	}
	for i, name := range j.clients {
		if !wrong[name] && !j.amidst[name] && n+requests[i] <= budget/2 {
			n += requests[i]
			right[name] = true
		}
	}
	return append(errors, j.of(right)...)
}

// of are the decisions of some clients.
func (j *judge) of(clients map[string]bool) (ids []int32) {
	chosen := make([]bool, len(j.clients))
	for i, name := range j.clients {
		chosen[i] = clients[name]
	}
	n := 0
	for _, c := range j.book.client {
		if chosen[c] {
			n++
		}
	}
	ids = make([]int32, 0, n)
	for id, c := range j.book.client {
		if chosen[c] {
			ids = append(ids, int32(id))
		}
	}
	return ids
}

// prefix cuts decisions down to the budget from their beginning, or to as many
// as it takes for an error.
func (j *judge) prefix(ids []int32, kept bool) []int32 {
	if len(ids) <= budget {
		return ids
	}
	sent := make([]time.Duration, len(ids))
	for i, id := range ids {
		sent[i] = j.ds[id].Sent
	}
	slices.Sort(sent)
	for n := budget; n < len(ids); n *= 4 {
		var cut []int32
		for _, id := range ids {
			// What was refused later may have had reasons that are cut off.
			if d := &j.ds[id]; d.Sent <= sent[n] && (d.Answer != Refused || d.Done <= sent[n]) {
				cut = append(cut, id)
			}
		}
		if j.amiss(cut, supposition{reading: j.reading}).Of(kept) > 0 {
			return cut
		}
	}
	return ids
}

// upTo are the decisions of all clients in the time of the sample, and at most
// ten times the budget.
func (j *judge) upTo(ids []int32) []int32 {
	until := j.ds[ids[0]].Sent
	for _, id := range ids {
		until = max(until, j.ds[id].Sent)
	}
	var all []int32
	for id := range j.ds {
		if j.ds[id].Sent <= until && len(all) < 10*budget {
			all = append(all, int32(id))
		}
	}
	return all
}
