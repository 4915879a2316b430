package inspect

import (
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/traffic"
)

// mostIDs bounds what is kept of a listing whose ids are not numbers from 1.
const mostIDs = 1000

// IDs are the ids of a listing.
type IDs struct {
	N    int      `json:"n"`              // different ones, at least 1
	List []string `json:"list,omitempty"` // the first of them, in the order of the listing, at most mostIDs; empty: they are 1 to N
}

// NewIDs are the ids that a listing shows; nil: it shows none.
func NewIDs(shown []string) *IDs {
	seen := map[string]bool{}
	var out IDs
	numbered := true
	for _, id := range shown {
		if seen[id] || !plain(id) {
			continue
		}
		seen[id] = true
		out.N++
		if len(out.List) < mostIDs {
			out.List = append(out.List, id)
		}
	}
	for k := 1; k <= out.N && numbered; k++ {
		numbered = seen[strconv.Itoa(k)]
	}
	switch {
	case out.N == 0:
		return nil
	case numbered:
		out.List = nil
	}
	return &out
}

// plain reports an id that can stand in a path and in a body as it is.
func plain(id string) bool {
	return id != "" && len(id) <= 64 && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`/\"{}?#%`, r) })
}

// First is one of the ids.
func (i *IDs) First() string {
	if len(i.List) == 0 {
		return "1"
	}
	return i.List[0]
}

// Fit are the keys with which a call is asked for what there is, and where they are from in words;
// empty: they are k. Without proof that some of k are missing, they are there.
func (t Table) Fit(c traffic.Call, k traffic.Keys) (fit traffic.Keys, from string) {
	if Parent(c) == "" {
		return k, ""
	}
	there := 0
	for _, o := range t.Calls {
		if o.Method == get && o.Route() == c.Route() {
			there = max(there, o.Keys)
		}
	}
	listing := t.Listing(c)
	switch {
	case there >= k.N:
		return k, ""
	case listing != nil:
		return listing.IDs.fit(k), listing.Name() + " shows"
	case there > 0:
		k.N = there
		return k, "were found by asking"
	}
	return k, ""
}

// fit are the first of the ids, as many as k asks for, or all.
func (i *IDs) fit(k traffic.Keys) traffic.Keys {
	if len(i.List) == 0 {
		k.N = min(k.N, i.N)
		return k
	}
	k.IDs = i.List[:min(k.N, len(i.List))]
	k.N = len(k.IDs)
	return k
}

// Parent is the path of the listing that shows the keys of a call: "/api/trips" of
// /api/trips/{id}; empty: its path has no key, or it is all of one.
func Parent(c traffic.Call) string {
	route := c.Route()
	hole := traffic.Hole(route)
	if hole == "" {
		return ""
	}
	before, _, _ := strings.Cut(route, hole)
	return strings.TrimSuffix(before, "/")
}
