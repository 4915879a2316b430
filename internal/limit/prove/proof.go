package prove

import (
	"cmp"
	"slices"
)

// A Proof is what proves one error.
type Proof struct {
	Shown []int32 // requests, by the time they were sent: at most ten; the last is in error
	Takes int     // how many it takes; those left out lie between those shown
}

// Why is the shortest proof that is found: of one window, or else of all since a silence.
func (t *Track) Why(r Reading, kept bool, f Finding) (best Proof) {
	wrong := f.Turned
	if kept {
		wrong = f.Excess
		best = t.crowd(r)
	} else {
		for _, v := range f.Turned {
			if w := t.turned(v, r); w.Takes > 0 && (best.Takes == 0 || w.Takes < best.Takes) {
				best = w
			}
		}
	}
	if best.Takes == 0 && len(wrong) > 0 {
		best = t.since(wrong[0], r, kept)
	}
	return best
}

// turned shows a refused request with all that may have counted in its window,
// where these are fewer than the limit.
func (t *Track) turned(v Span, r Reading) (w Proof) {
	from := v.Sent - int64(r.Window)
	switch r.Kind {
	case FixedClock:
		from = Floor(v.Sent, int64(r.Window), int64(r.Epoch)) - 1
	case GCRA, SlidingCounter:
		return w
	}
	if t.Allowed.Begun(v.Done+1)-t.Allowed.Over(from+1)+t.Open.Begun(v.Done+1) >= r.Limit {
		return w
	}
	var before []Span
	for _, s := range []*Spans{&t.Allowed, &t.Open} {
		for _, o := range s.All[:s.Begun(v.Done+1)] {
			if o.Done > from {
				before = append(before, o)
			}
		}
	}
	return shown(before, v)
}

// crowd shows requests that were surely admitted in one window, one more than
// the limit.
func (t *Track) crowd(r Reading) (w Proof) {
	a, window := &t.Allowed, int64(r.Window)
	for i, v := range a.All {
		from := v.Sent
		switch r.Kind {
		case FixedClock:
			from = Floor(v.Sent, window, int64(r.Epoch))
			if i > 0 && Floor(a.All[i-1].Sent, window, int64(r.Epoch)) == from {
				continue
			}
		case FixedFromFirst:
			if i > 0 && v.Sent-a.Ended[i-1] < window || t.Open.Len() > 0 && t.Open.First() < v.Done {
				continue // an earlier request may have opened the window
			}
		case GCRA, SlidingCounter:
			return w
		}
		if a.Over(from+window)-a.Begun(from) <= r.Limit {
			continue
		}
		var found []Span
		for _, v := range a.All[a.Begun(from):] {
			if v.Sent >= from+window || len(found) > r.Limit {
				break
			}
			if v.Done < from+window {
				found = append(found, v)
			}
		}
		if len(found) > r.Limit {
			return shown(found[:r.Limit], found[r.Limit])
		}
	}
	return w
}

// since shows all requests from the silence before v on, up to the first with
// which they prove an error: without it, they prove none.
func (t *Track) since(v Span, r Reading, kept bool) Proof {
	quiet := int64(r.Window)
	switch r.Kind {
	case SlidingCounter:
		quiet *= 2
	case GCRA:
		quiet = max(quiet, quiet/int64(r.Limit)*int64(r.Burst))
	}
	var all []Span
	silent := t.silence(v.Sent, quiet)
	for _, s := range []*Spans{&t.Allowed, &t.Open, &t.Refused} {
		for _, o := range s.All[s.Begun(silent+1):] {
			if s != &t.Refused || !kept {
				all = append(all, o)
			}
		}
	}
	bySent := func(a, b Span) int { return cmp.Or(cmp.Compare(a.Sent, b.Sent), cmp.Compare(a.ID, b.ID)) }
	slices.SortFunc(all, bySent)
	is := map[int32]*Spans{}
	sub := Track{Steps: t.Steps}
	for from, to := range map[*Spans]*Spans{&t.Allowed: &sub.Allowed, &t.Open: &sub.Open, &t.Refused: &sub.Refused} {
		for _, o := range from.All {
			is[o.ID] = to
		}
	}
	proves := func(some []Span) bool {
		sub.Empty()
		for _, o := range some {
			is[o.ID].All = append(is[o.ID].All, o)
		}
		sub.Sort()
		return sub.Find(r).Of(kept) > 0
	}
	least, most := 0, len(all)
	if !proves(all) {
		return shown(all[:0], v)
	}
	for least+1 < most {
		if n := (least + most) / 2; proves(all[:n]) {
			most = n
		} else {
			least = n
		}
	}
	last := all[most-1]
	// Of the refused, the last may be enough.
	alone := slices.DeleteFunc(slices.Clone(all[:most-1]), func(o Span) bool { return is[o.ID] == &sub.Refused })
	if is[last.ID] == &sub.Refused && proves(append(slices.Clip(alone), last)) {
		return shown(alone, last)
	}
	return shown(all[:most-1], last)
}

// silence is when the last began, before t, after which nothing counts that was before.
func (t *Track) silence(at, quiet int64) int64 {
	a := &t.Allowed
	for i := a.Begun(at) - 1; i > 0; i-- {
		if a.All[i].Sent-a.Ended[i-1] >= quiet {
			return a.Ended[i-1]
		}
	}
	return -Far
}

// shown keeps the first and the last of a proof, up to ten.
func shown(before []Span, v Span) (w Proof) {
	slices.SortFunc(before, func(a, b Span) int { return cmp.Or(cmp.Compare(a.Sent, b.Sent), cmp.Compare(a.ID, b.ID)) })
	w.Takes = len(before) + 1
	for i, o := range before {
		if i < 4 || i >= len(before)-5 {
			w.Shown = append(w.Shown, o.ID)
		}
	}
	w.Shown = append(w.Shown, v.ID)
	return w
}
