package cache

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"time"
)

// A generation is a random word that says what a key's values belong to. It
// has a key of its own in Redis, and is read together with the value in one
// command; a value counts only if it is of the present generation.
//
// A change writes a new generation. It needs no script and no transaction:
// values written before it, and values that were loaded before it and are
// written after, all carry the old word and are never read again. No word at
// all is a generation too, that of keys that have not changed for long.
//
// A generation outlives every value of the one before it. An eviction of the
// generation alone would revive values from before the first change: give the
// cache a Redis with room, or a policy that evicts the shortest-lived first.

// unknown is the generation of a look-up that did not reach Redis.
const unknown = "?"

// Both keys have one hash tag, so that a cluster keeps them on one node.
func valueKey(k Key) string      { return "cache:{" + k.Name + "}" }
func generationKey(k Key) string { return "generation:{" + k.Name + "}" }

// An envelope is a value as Redis keeps it: its generation, the time it
// expires, and the JSON, with spaces between.
type envelope struct {
	json    string
	expires time.Time
}

func (e envelope) seal(generation string) string {
	return generation + " " + strconv.FormatInt(e.expires.UnixMilli(), 10) + " " + e.json
}

// unseal returns false for what is not an envelope of this generation.
func unseal(s, generation string) (envelope, bool) {
	word, s, ok := strings.Cut(s, " ")
	if !ok || word != generation {
		return envelope{}, false
	}
	ms, json, ok := strings.Cut(s, " ")
	if !ok || json == "" {
		return envelope{}, false
	}
	expires, err := strconv.ParseInt(ms, 10, 64)
	return envelope{json, time.UnixMilli(expires)}, err == nil
}

// pay tells Redis of changes, each by a new generation of its key.
func (h *Hardened) pay(ctx context.Context, owed []*change) error {
	for _, c := range owed {
		// Longer than any value of the generation before: the last of these comes from
		// a load that began just before the change. The minute is for clocks.
		life := c.key.TTL + h.limits.Load + time.Minute
		if err := h.redis.Set(ctx, generationKey(c.key), rand.Text(), life); err != nil {
			return err
		}
		h.breaker.settle(c)
	}
	return nil
}
