package traffic

// Keys are what {id} or {user} becomes: ids 1..N; under zipf, 1 is drawn most.
type Keys struct {
	Dist string  `json:"dist,omitempty"` // "uniform", "zipf"; empty: the call has no {id} or {user}
	N    int     `json:"keys,omitempty"` // how many, at most MostKeys
	S    float64 `json:"zipf,omitempty"` // exponent of "zipf", above 0
}

// MostKeys bounds N: the zipf table and the versions seen take 8 bytes a key each.
const MostKeys = 1_000_000
