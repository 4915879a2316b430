package inspect

import (
	"slices"

	"github.com/trektribe/bench/internal/history"
)

// What is wrong with the setting up of a service, and what to do.
const (
	Unheard = "said nothing to the Redis of its REDIS_URL: if it reads the address elsewhere, or goes by a Unix socket, put {redis} into --target-cmd, as in " +
		"'env CACHE_URL={redis} …', or its variables into the env of a contract. Until then no fault of Redis reaches it"
	SpeaksTLS = "speaks TLS to Redis, and bench's Redis does not: have it use REDIS_URL as it is, which begins with redis:// and not " +
		"rediss://, and switch its TLS for Redis off. Until then it has no cache"
)

// Heard says of all that a service said to Redis what could not be followed, or is not on the wire at all.
func Heard(all []history.Command) (notes []string) {
	note := func(text string) {
		if !slices.Contains(notes, text) {
			notes = append(notes, text)
		}
	}
	if len(all) == 0 {
		note("The service " + Unheard + ".")
	}
	for _, c := range all {
		switch {
		case c.Reply == history.NotFollowed && c.Error == "TLS":
			note("The service " + SpeaksTLS + ".")
		case c.Reply == history.NotFollowed && c.Name != "":
			note("A connection is not followed from its " + c.Name + " on.")
		case c.Reply == history.NotFollowed:
			note("A connection could not be followed: " + c.Error + ".")
		case c.Name == "CLIENT TRACKING" && c.OK():
			note("The client caches by itself (CLIENT TRACKING): what it finds there is not on the wire.")
		}
	}
	return notes
}
