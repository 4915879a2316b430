package prove

// findRenewed holds a track against a limiter that begins a new window only when
// nothing was admitted, or nothing was asked, for the length of one.
func (t *Track) findRenewed(r Reading, f *Finding) {
	renewing := &t.Allowed
	if r.Kind == RenewedByRequest {
		renewing = &Spans{}
		for _, s := range []*Spans{&t.Allowed, &t.Refused, &t.Open} {
			renewing.All = append(renewing.All, s.All...)
		}
		renewing.Sort()
	}
	// Over the limit: as many pauses as there can have been.
	begin := 0
	for i, v := range renewing.All {
		pause := i > 0 && renewing.Ended[i]-renewing.All[i-1].Sent >= int64(r.Window)
		if !pause {
			continue
		}
		end := t.Allowed.Begun(v.Sent)
		t.beyond(begin, end, r.Limit, f)
		begin = end
	}
	t.beyond(begin, t.Allowed.Len(), r.Limit, f)
	// Below the limit: only the pauses that there must have been.
	begin = 0
	i := 0 // renewing requests that the last pause came before
	var opened, admitted Cursor
	for _, v := range t.Refused.All {
		for ; i < len(renewing.All) && renewing.All[i].Sent <= v.Sent; i++ {
			if i > 0 && renewing.All[i].Sent-renewing.Ended[i-1] >= int64(r.Window) {
				begin = t.Allowed.Begun(renewing.All[i].Sent)
			}
		}
		n := admitted.Begun(&t.Allowed, v.Done+1)
		counted := n - begin + opened.Begun(&t.Open, v.Done+1)
		lapsed := r.Kind == RenewedByAdmission && t.Open.Len() == 0 && n > 0 && v.Sent-t.Allowed.Ended[n-1] >= int64(r.Window)
		if counted < r.Limit || lapsed {
			f.below(v)
		}
	}
}

func (t *Track) beyond(begin, end, limit int, f *Finding) {
	for i := begin + limit; i < end; i++ {
		f.beyond(t.Allowed.All[i])
	}
}

// despiteRefusals finds requests that got in though as many as the limit had
// surely been asked in the window before.
func (t *Track) despiteRefusals(r Reading, f *Finding) {
	w := int64(r.Window)
	var sent, ended, asked, denied Cursor
	for _, v := range t.Allowed.All {
		n := ended.Over(&t.Allowed, v.Sent) - sent.Begun(&t.Allowed, v.Done-w+1)
		m := denied.Over(&t.Refused, v.Sent) - asked.Begun(&t.Refused, v.Done-w+1)
		if max(0, n)+max(0, m) >= r.Limit {
			f.beyond(v)
		}
	}
}
