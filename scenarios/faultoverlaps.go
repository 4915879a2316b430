package scenarios

import (
	"fmt"
	"slices"

	"github.com/trektribe/bench/internal/fault"
)

// clash says why f and o cannot be in one phase; empty: they can.
func clash(f, o fault.Fault) string {
	if contradict(f, o) {
		return fmt.Sprintf("it overlaps the %s on %s from %v to %v: one dependency of one instance has one fault at a time",
			o.Kind, o.On, o.From, o.From+o.For)
	}
	for _, pair := range [][2]fault.Fault{{f, o}, {o, f}} {
		if path, away := pair[0], pair[1]; idle(path, away) {
			return fmt.Sprintf("the %s on %s from %v to %v would have no effect: its instances are %s from %v to %v; give it other instances, or let it last longer than that",
				path.Kind, path.On, path.From, path.From+path.For, away.Kind, away.From, away.From+away.For)
		}
	}
	return ""
}

// contradict reports whether two faults are on one thing at one time. Redis may be emptied during
// a fault on the paths to it: that is done to Redis itself, and over at once.
func contradict(a, b fault.Fault) bool {
	beside := kindOf(a).Beside && b.OnPath() || kindOf(b).Beside && a.OnPath()
	return a.On == b.On && !beside && a.From < b.From+b.For && b.From < a.From+a.For && meet(a.Instances, b.Instances)
}

// idle reports whether path hits no instance, because all of its instances are away while it is on. Its
// canaries belong to the harness and would prove it all the same. A killed instance has no connection. A
// stopped one keeps its connections, and will miss those that ended. A terminated one may still use Redis
// while it shuts down.
func idle(path, away fault.Fault) bool {
	lives := kindOf(away).New.Call == fault.Silence // it keeps its connections
	ends := kindOf(path).Old.Call == fault.Ended && kindOf(path).Spares == ""
	gone := kindOf(away).Idles && !(lives && ends)
	return path.OnPath() && !path.Start && away.On == "instance" && gone &&
		away.From <= path.From && path.From+path.For <= away.From+away.For && within(path.Instances, away.Instances)
}

// kindOf is what the catalogue says of f.
func kindOf(f fault.Fault) fault.Kind {
	k, _ := fault.Find(f.Kind)
	return k
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
