package probe

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/history"
)

// A Fate is how a request failed.
type Fate struct {
	Failure history.Failure
	Status  int // of the failure history.Status
}

// FateOf is that of a request that failed.
func FateOf(r *history.Request) Fate {
	k := Fate{Failure: r.Failure}
	if r.Failure == history.Status {
		k.Status = r.Status
	}
	return k
}

// Fates counts failed requests by what became of them. The zero Fates are none.
type Fates map[Fate]int

// Add counts a request that failed.
func (f *Fates) Add(r *history.Request) {
	if *f == nil {
		*f = Fates{}
	}
	(*f)[FateOf(r)]++
}

// Sum is how many failed.
func (f Fates) Sum() (n int) {
	for _, k := range f {
		n += k
	}
	return n
}

// String lists the fates, the most frequent first: "30 × status 500, 2 × no answer in time".
func (f Fates) String() string {
	keys := slices.SortedFunc(maps.Keys(f), func(a, b Fate) int {
		return cmp.Or(f[b]-f[a], cmp.Compare(a.Failure, b.Failure), a.Status-b.Status)
	})
	var parts []string
	for _, k := range keys {
		parts = append(parts, fmt.Sprintf("%d × %s", f[k], k))
	}
	return strings.Join(parts, ", ")
}

func (k Fate) String() string {
	switch k.Failure {
	case history.Limited:
		return "over the limit (status 429)"
	case history.Status:
		return fmt.Sprintf("status %d", k.Status)
	case history.Shape:
		return "a body that is not as in docs/contract.md"
	case history.Backward:
		return "an older version than was already answered"
	case history.Timeout:
		return "no answer in time"
	case history.Unsent:
		return "never sent"
	case history.Refused:
		return "connection refused"
	case history.Reset:
		return "connection reset"
	case history.EOF:
		return "connection closed early"
	}
	return "broken connection"
}
