package scenarios

import (
	"fmt"
	"slices"
)

// clash says why f and o cannot be in one phase; empty: they can.
func clash(f, o Fault) string {
	if contradict(f, o) {
		return fmt.Sprintf("it overlaps the %s on %s from %v to %v: one dependency of one instance has one fault at a time",
			o.Kind, o.On, o.From, o.From+o.For)
	}
	for _, pair := range [][2]Fault{{f, o}, {o, f}} {
		if path, away := pair[0], pair[1]; idle(path, away) {
			return fmt.Sprintf("the %s on %s from %v to %v would touch nothing: its instances are %s from %v to %v; give it other instances, or let it last longer than that",
				path.Kind, path.On, path.From, path.From+path.For, away.Kind, away.From, away.From+away.For)
		}
	}
	return ""
}

// contradict reports whether two faults are to be on one thing at a time. Redis can be emptied
// whatever is on the paths to it: that is done to Redis itself, and over at once.
func contradict(a, b Fault) bool {
	beside := a.Kind == "flushed" && b.onPath() || b.Kind == "flushed" && a.onPath()
	return a.On == b.On && !beside && a.From < b.From+b.For && b.From < a.From+a.For && meet(a.Instances, b.Instances)
}

// idle reports whether none of path's instances is there to feel it while it is on: its canaries, which
// are the harness's own, would prove it all the same. Who is killed has no connection; who is stopped keeps
// those it has, and will miss the ones that have ended. Who is terminated may use Redis for its last words.
func idle(path, away Fault) bool {
	gone := away.Kind == "killed" || away.Kind == "stopped" && !slices.Contains([]string{"reset", "close", "refused"}, path.Kind)
	return path.onPath() && !path.Start && away.On == "instance" && gone &&
		away.From <= path.From && path.From+path.For <= away.From+away.For && within(path.Instances, away.Instances)
}

// onPath reports whether f is done to the paths to a dependency, and not to a process.
func (f Fault) onPath() bool {
	return slices.ContainsFunc(kinds, func(k kind) bool { return k.name == f.Kind && len(k.process) == 0 })
}

// meet reports whether two sets of instances share one; empty is all.
func meet(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(i string) bool { return slices.Contains(b, i) })
}

// within reports whether b has all instances of a; empty is all, however many a run has.
func within(a, b []string) bool {
	missing := func(i string) bool { return !slices.Contains(b, i) }
	return len(b) == 0 || len(a) > 0 && !slices.ContainsFunc(a, missing)
}
