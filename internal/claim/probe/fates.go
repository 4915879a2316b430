package probe

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/history"
)

// A fate is how a request failed.
type fate struct {
	failure history.Failure
	status  int
}

// Fates counts failed requests by what became of them. The zero Fates are none.
type Fates map[fate]int

// Add counts a request that failed.
func (f *Fates) Add(r *history.Request) {
	if *f == nil {
		*f = Fates{}
	}
	k := fate{failure: r.Failure}
	if r.Failure == history.Status {
		k.status = r.Status
	}
	(*f)[k]++
}

// String lists the fates, the most frequent first: "30 × status 500, 2 × no answer in time".
func (f Fates) String() string {
	keys := slices.SortedFunc(maps.Keys(f), func(a, b fate) int {
		return cmp.Or(f[b]-f[a], cmp.Compare(a.failure, b.failure), a.status-b.status)
	})
	var parts []string
	for _, k := range keys {
		parts = append(parts, fmt.Sprintf("%d × %s", f[k], k))
	}
	return strings.Join(parts, ", ")
}

func (k fate) String() string {
	switch k.failure {
	case history.Limited:
		return "over the limit (status 429)"
	case history.Status:
		return fmt.Sprintf("status %d", k.status)
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
