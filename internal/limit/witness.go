package limit

import (
	"cmp"
	"slices"

	"github.com/trektribe/bench/internal/limit/prove"
)

// witness looks among the clients with errors for the shortest proof of one.
func (j *judge) witness(kept bool) Witness {
	chosen := map[string]bool{}
	clients := slices.Clone(j.rep.Clients)
	slices.SortStableFunc(clients, func(a, b Client) int { return cmp.Compare(a.Requests, b.Requests) })
	n := 0
	for _, c := range clients {
		if (prove.Errors{Over: c.Over, Falsely: c.Falsely}).Of(kept) > 0 {
			if n += c.Requests; len(chosen) > 0 && n > budget {
				break
			}
			chosen[c.Name] = true
		}
	}
	ids := j.prefix(j.of(chosen), kept)
	if len(ids) <= 2*budget {
		j.steps = 2 * prove.Thorough
	}
	var best prove.Proof
	j.each(ids, supposition{reading: j.reading}, func(_ []int32, t *prove.Track, _ Reading) {
		f := t.Find(j.reading)
		w := t.Why(j.reading, kept, f)
		if w.Takes > 0 && (best.Takes == 0 || w.Takes < best.Takes) {
			best = w
		}
	})
	w := Witness{Takes: best.Takes}
	for _, id := range best.Shown {
		w.Requests = append(w.Requests, int(id))
	}
	j.times(&w)
	return w
}

func (j *judge) times(w *Witness) {
	for i, id := range w.Requests {
		d := &j.ds[id]
		if i == 0 {
			w.From = d.Sent
		}
		w.To = max(w.To, d.Sent)
		if d.Answer != Unanswered {
			w.To = max(w.To, d.Done)
		}
		w.Client = j.clients[j.book.client[id]]
	}
	w.Takes = max(w.Takes, len(w.Requests))
}
