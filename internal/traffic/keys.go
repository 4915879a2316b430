package traffic

import "strconv"

// Keys are what {id} or {user} becomes: 1..N, or the N ids; under zipf, the first is drawn most.
type Keys struct {
	Dist string  `json:"dist,omitempty"` // "uniform", "zipf"; empty: the call has no {id} or {user}
	N    int     `json:"keys,omitempty"` // how many, at most MostKeys
	S    float64 `json:"zipf,omitempty"` // exponent of "zipf", above 0

	IDs []string `json:"ids,omitempty"` // empty: 1..N
}

// MostKeys bounds N: the zipf table and the versions seen take 8 bytes a key each.
const MostKeys = 1_000_000

// Key is what id k (from 1) becomes; empty: 0, which is no id.
func (k Keys) Key(id int) string {
	switch {
	case id == 0:
		return ""
	case len(k.IDs) > 0:
		return k.IDs[id-1]
	}
	return strconv.Itoa(id)
}
