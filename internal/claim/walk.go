package claim

import (
	"fmt"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// A walk goes through one history on behalf of many calls.
type walk struct {
	guards guards
	probes []*watched
	book   *book               // nil: no probe needs one
	paths  map[string]string   // of streams
	shared map[string]*watched // by the text of the call: the same text measures the same
}

// watch is a probe for each call of f.
func (w *walk) watch(f *expr.Formula) []*watched {
	out := make([]*watched, len(f.Calls))
	for i, c := range f.Calls {
		if w.shared[c.Text] == nil {
			p := &watched{text: c.Text}
			p.safely(func() { p.probe = start(w, c) })
			w.shared[c.Text] = p
			w.probes = append(w.probes, p)
		}
		out[i] = w.shared[c.Text]
	}
	return out
}

// read is the selection of sel in the walk's book, which is kept from then on.
func (w *walk) read(sel expr.Selector) read {
	if w.book == nil {
		w.book = newBook(w.paths)
	}
	return read{tally: tally{sel: sel}, book: w.book}
}

// through shows h to every probe; not empty: why it could not be read.
func (w *walk) through(h history.History) (unread string) {
	defer func() {
		if e := recover(); e != nil {
			unread = fmt.Sprintf("reading the history: %v", e)
		}
	}()
	// One variable each for the whole walk: probes get its address, and a new one
	// for every request would be garbage for every request.
	var e history.Event
	for e = range h.Events() {
		w.guards.Event(&e)
		if w.book != nil {
			w.book.Event(&e)
		}
		for _, p := range w.probes {
			p.safely(func() { p.probe.Event(&e) })
		}
	}
	var r history.Request
	for r = range h.Requests() {
		w.guards.Request(&r)
		if w.book != nil {
			w.book.Request(&r)
		}
		for _, p := range w.probes {
			p.safely(func() { p.probe.Request(&r) })
		}
	}
	return ""
}

// watched is a probe whose panic costs its own figure and nothing else.
type watched struct {
	probe  probe
	text   string
	broken *figure.Absence
}

func (w *watched) safely(f func()) {
	if w.broken != nil {
		return
	}
	defer func() {
		if e := recover(); e != nil {
			w.broken = figure.Absent(fmt.Sprintf("measuring %s: panic: %v", w.text, e), "a measure that does not panic: report this")
		}
	}()
	f()
}

// figures are the values of probes.
func figures(probes []*watched) []figure.Value {
	out := make([]figure.Value, len(probes))
	for i, w := range probes {
		w.safely(func() { out[i] = w.probe.Value() })
		if w.broken != nil {
			out[i] = figure.Value{None: w.broken}
		}
	}
	return out
}
