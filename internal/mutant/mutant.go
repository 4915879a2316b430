// Package mutant breaks the reference service on purpose, each mutant in one
// known way, so that it can be shown that the claims notice. The service knows
// nothing of it: mutants are decorators of its seams.
package mutant

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/target"
)

// A Mutant is one way to be broken.
type Mutant struct {
	Name   string
	About  string   // what is broken, in one line
	Breaks []string // ids of claims that hold for the service under CACHE_POLICY=hardened and must not hold for the mutant
	Fixes  []string // ids of claims that are refuted for that service and must hold for the mutant
	Flaky  []string // ids of claims that it breaks or not, as chance will have it
	mutate func(*target.Options)
}

// Options are what makes a service this mutant. Every call makes new
// decorators: one service's faults are not another's.
func (m Mutant) Options() target.Options {
	var o target.Options
	m.mutate(&o)
	return o
}

// Names lists the mutants, sorted.
func Names() []string { return slices.Sorted(maps.Keys(judged)) }

// Find finds a mutant by its name. Its error names the nearest, and all others.
func Find(name string) (Mutant, error) {
	for _, all := range []map[string]Mutant{judged, slower} {
		if m, ok := all[name]; ok {
			m.Name = name
			return m, nil
		}
	}
	hint := ""
	if n := near.Word(name, Names()); n != "" {
		hint = fmt.Sprintf("; did you mean %q?", n)
	}
	return Mutant{}, fmt.Errorf("unknown mutant %q%s (known: %s)", name, hint, strings.Join(Names(), ", "))
}
