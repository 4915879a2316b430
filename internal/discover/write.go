package discover

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Contract is the text of a contract.
func (f Found) Contract(name string) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("# How this service speaks, as bench found it by asking. Read it, and correct it.")
	say("# What stands here, and what else can: docs/contracts.md. See also: bench plan --contract FILE")
	say("name: %s", quote(name))
	say("calls:")
	for i, l := range f.Lists {
		if i == 0 {
			say("  trips: {call: %s, items: %s%s%s}", quote("GET "+l.Path), quote(l.Items), l.idText(), source(l.Source, l.Words))
		}
		if l.One == "" {
			continue
		}
		one, ids := []string{"trip", "profile"}[i], ""
		if !numbered(l.IDs) {
			ids = ", ids: [" + strings.Join(each(l.IDs), ", ") + "]"
		}
		say("  %s: {call: %s, item: %s, id: %s%s%s%s}", one, quote("GET "+l.One), quote(l.Item), quote(l.OneID), version(l.OneVersion), source(l.OneSource, l.OneWords), ids)
	}
	if f.Health != "" {
		redis := ""
		if f.Redis != "" {
			redis = fmt.Sprintf(", redis: %s, up: [%s], down: [down]", quote(f.Redis), quote(f.Up))
			if strings.EqualFold(f.Up, "true") {
				redis = fmt.Sprintf(", redis: %s, up: [true], down: [false]", quote(f.Redis))
			}
		}
		say("  health: {call: %s%s}", quote("GET "+f.Health), redis)
	}
	if f.Ready != "" {
		say("  ready: %s", quote("GET "+f.Ready))
	}
	if f.Metrics != "" {
		say("  metrics: {call: %s} # names: {trips_db_queries_total: the counter of its database queries}", quote("GET "+f.Metrics))
	}
	say("# What bench cannot know:")
	if len(f.Lists) == 0 || f.Lists[0].Source == "" {
		say("# - where an answer says that it came from the cache, such as source: header X-Cache and sources: {HIT: redis, MISS: database}")
	}
	say("# - a change: {call: 'PUT …/{id}', body: '…', item: …, version: …}, which claims about stale answers need")
	say("# - the variables that the service reads, such as env: {CACHE_SECONDS: '{TTL_TRIPS:s}', REDIS_HOST: '{REDIS_HOST}'}")
	return b.String()
}

func (l List) idText() string {
	if l.ID == "" {
		return ""
	}
	return ", id: " + quote(l.ID) + version(l.Version)
}

func version(name string) string {
	if name == "" {
		return ""
	}
	return ", version: " + quote(name)
}

func source(place, words string) string {
	switch {
	case place == "":
		return ""
	case words == "-":
		return ", source: " + quote(place)
	}
	return ", source: " + quote(place) + ", sources: {" + words + "}"
}

// Scenario is the text of a small scenario about an outage of Redis, which needs no more than
// the contract has.
func (f Found) Scenario(name string) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("name: %s-outage", name)
	say("about: Redis refuses connections for a while, and comes back.")
	say("target: {instances: 1}")
	say("rounds: {min: 3, max: 5}")
	say("phases:")
	say("  - {name: warm,   for: 500ms}")
	say("  - {name: steady, for: 1500ms}")
	say("  - {name: fault,  for: 2s, faults: [{kind: refused, on: redis}]}")
	say("  - {name: after,  for: 2s}")
	say("traffic:")
	for i, l := range f.Lists {
		if i == 0 {
			say("  - {name: listing, call: GET /api/trips, rate: 20/s, timeout: 2s}")
		}
		if l.One != "" {
			one, call := "trip", "GET /api/trips/{id}"
			if i > 0 {
				one, call = "profile", "GET /api/users/{id}"
			}
			say("  - {name: %s, call: '%s', rate: 100/s, keys: uniform(%d), timeout: 2s}", one, call, max(1, len(l.IDs)))
		}
	}
	say("claims:")
	say("  - id: steady.available")
	say("    says: the service answers while nothing is wrong")
	say("    holds: availability(all[phase=steady]) >= 99%%")
	say("  - id: outage.available")
	say("    says: it answers correctly while Redis is away")
	say("    requires: availability(all[phase=steady]) >= 99%%")
	say("    holds: availability(all[phase=fault]) >= 99%%")
	say("  - id: outage.latency")
	say("    says: nearly all of its answers take at most a second then")
	say("    requires: availability(all[phase=steady]) >= 99%%")
	say("    holds: share(all[phase=fault, within=1s], all[phase=fault]) >= 95%%")
	say("  - id: outage.after")
	say("    says: it answers as before once Redis is back")
	say("    holds: availability(all[phase=after]) >= 99%%")
	return b.String()
}

// numbered reports whether ids are 1 to their number.
func numbered(ids []string) bool {
	for i := range ids {
		if !slices.Contains(ids, strconv.Itoa(i+1)) {
			return false
		}
	}
	return true
}

var plainWord = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// quote is a text as YAML has it in a flow mapping.
func quote(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

func each(texts []string) (out []string) {
	for _, t := range texts {
		out = append(out, quote(t))
	}
	return out
}
