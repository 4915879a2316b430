package ask

import (
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/inspect"
)

// table is what was learnt until now.
func (i *inspector) table() inspect.Table {
	t := inspect.Table{Arm: i.Arm}
	for _, p := range i.probes {
		c := p.Call
		c.NoSource = i.noSource(c)
		t.Calls = append(t.Calls, c)
	}
	return t
}

// noSource is where the service's own contract looks for a source that no right answer to a call has.
func (i *inspector) noSource(c inspect.Call) string {
	spoken, err := i.Contract.Speak(c.Call)
	if err != nil || !spoken.Mapped || !slices.ContainsFunc(c.Answers, inspect.Answer.Right) || len(c.Sources()) > 0 {
		return ""
	}
	var places []string
	for _, p := range spoken.Source {
		places = append(places, string(p))
	}
	return strings.Join(places, ", ")
}
