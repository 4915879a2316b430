package probe

import (
	"fmt"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// A Walk goes once through one history on behalf of many probes.
type Walk struct {
	Paths, Forged map[string]string // of streams, as a Scope has them
	Env           map[string]string // of the service, as a Scope has it

	others []Watcher
	book   *Book // nil: no probe needs one
	probes []*Watched
	shared map[string]*Watched // by the text of the call
	kept   map[string]Watcher  // see Beside
}

// NewWalk is a walk that shows the history to others too, before its probes. Paths
// are those of streams.
func NewWalk(paths map[string]string, others ...Watcher) *Walk {
	return &Walk{Paths: paths, others: others, shared: map[string]*Watched{}}
}

// Watch adds a probe, which start makes. The same text measures the same: it is
// watched once.
func (w *Walk) Watch(text string, start func() Probe) *Watched {
	if w.shared[text] == nil {
		p := &Watched{text: text}
		p.Safely(func() { p.probe = start() })
		w.shared[text] = p
		w.probes = append(w.probes, p)
	}
	return w.shared[text]
}

// Select is a selection in the book of this history's requests. The walk keeps a book
// only where a probe has a selection.
func (w *Walk) Select(sel expr.Selector) Selection {
	if w.book == nil {
		w.book = newBook(w.Paths)
		w.others = append(w.others, w.book)
	}
	return Selection{Tally: Tally{Sel: sel}, Book: w.book}
}

// Beside is a watcher that several probes share and that is shown everything before them. The same
// name is the same watcher; start makes it, of the paths of streams.
func (w *Walk) Beside(name string, start func(paths map[string]string) Watcher) Watcher {
	if w.kept[name] == nil {
		if w.kept == nil {
			w.kept = map[string]Watcher{}
		}
		w.kept[name] = start(w.Paths)
		w.others = append(w.others, w.kept[name])
	}
	return w.kept[name]
}

// Through shows h to everybody. Not empty: why it could not be read.
func (w *Walk) Through(h history.History) (unread string) {
	defer func() {
		if e := recover(); e != nil {
			unread = fmt.Sprintf("reading the history: %v", e)
		}
	}()
	// One variable each for the whole walk: probes get its address, and a new one
	// for every request would be garbage for every request.
	var e history.Event
	for e = range h.Events() {
		for _, o := range w.others {
			o.Event(&e)
		}
		for _, p := range w.probes {
			p.Safely(func() { p.probe.Event(&e) })
		}
	}
	w.listen(h)
	var r history.Request
	for r = range h.Requests() {
		for _, o := range w.others {
			o.Request(&r)
		}
		for _, p := range w.probes {
			p.Safely(func() { p.probe.Request(&r) })
		}
	}
	return ""
}

// listen shows h's commands to those who listen. Where nobody does, they are not read.
func (w *Walk) listen(h history.History) {
	var all []func(*history.Command)
	for _, o := range w.others {
		if l, ok := o.(Listener); ok {
			all = append(all, l.Command)
		}
	}
	for _, p := range w.probes {
		if l, ok := p.probe.(Listener); ok {
			all = append(all, func(c *history.Command) { p.Safely(func() { l.Command(c) }) })
		}
	}
	if len(all) == 0 {
		return
	}
	var c history.Command
	for c = range h.Commands() {
		for _, told := range all {
			told(&c)
		}
	}
}

// A Watched is a probe whose panic costs its own figure and nothing else.
type Watched struct {
	probe  Probe
	text   string
	broken *figure.Absence
	value  *figure.Value // nil: it was not asked yet
}

// Value is the probe's, which is asked once; no data where it panicked.
func (w *Watched) Value() figure.Value {
	if w.value == nil {
		var v figure.Value
		w.Safely(func() { v = w.probe.Value() })
		if w.broken != nil {
			v = figure.Value{None: w.broken}
		}
		w.value = &v
	}
	return *w.value
}

// Safely calls f on behalf of the probe, unless that has panicked before.
func (w *Watched) Safely(f func()) {
	if w.broken != nil {
		return
	}
	defer func() {
		if e := recover(); e != nil {
			w.broken = figure.Absent(fmt.Sprintf("measuring %s: panic: %v", w.text, e), "a measure that does not panic: report this")
			w.broken.Panicked = true
		}
	}()
	f()
}

// Broken is how the probe panicked; nil: it did not.
func (w *Watched) Broken() *figure.Absence { return w.broken }

// Probe is what is watched; nil where it could not be made.
func (w *Watched) Probe() Probe { return w.probe }
