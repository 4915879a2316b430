package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/machinetest"
)

var gap = regexp.MustCompile(`  +`)

// inspected is what bench inspect prints.
func inspected(t *testing.T, args ...string) (table string) {
	t.Helper()
	exit, table, errs := bench(append([]string{"inspect"}, args...)...)
	if exit != exitHolds || errs != "" {
		t.Fatalf("exit %d\n%s%s", exit, table, errs)
	}
	return table
}

// cacheMap are the rows of the cache map in what bench inspect prints, by arm, their fields joined by bars. What a
// row takes is left out: it is the machine's.
func cacheMap(table string) map[string][]string {
	out, arm, call, in := map[string][]string{}, "", "", false
	for line := range strings.Lines(table) {
		fields := gap.Split(strings.TrimRight(line, "\n"), -1)
		switch {
		case slices.Contains(policies, fields[0]):
			arm = fields[0]
		case fields[0] == "call":
			in = strings.Contains(line, "says to Redis")
		case in && len(fields) == 8:
			if fields[0] != "" {
				call = fields[0]
			}
			out[arm] = append(out[arm], strings.Join(append([]string{call}, fields[1:7]...), "|"))
		case in && len(fields) == 1 && fields[0] != "":
			out[arm] = append(out[arm], fields[0])
		}
	}
	return out
}

// What each call of a service says to Redis is told as it is: names, keys, times to live, round trips, hits and misses.
// On a busy machine a write beside the answer may come when the request counts as over, but not each time.
func TestTheCacheMapIsExact(t *testing.T) {
	machinetest.Need(t, "python3")
	const own = ", (+ PING, SET beat:*)|"
	want := []string{
		"GET /health|cold|–|0|0|–|–", "GET /health|warm|–|0|0|–|–",
		"GET /api/trips|cold|GET v1:trips → nil, MULTI, SET v1:trips, SADD v1:tags, EXPIRE v1:tags, EXEC|6|2|v1:trips 60 s, v1:tags 90 s|miss",
		"GET /api/trips|warm, 5 times|GET v1:trips|1|1|–|hit",
		"GET /api/trips|after a write|GET v1:trips → nil, MULTI, SET v1:trips, SADD v1:tags, EXPIRE v1:tags, EXEC|6|2|v1:trips 60 s, v1:tags 90 s|miss",
		"GET /api/users/{id}|cold, 6 times|EVAL seen:{id}|1|1, opens 1|–|unread",
		"GET /api/users/{id}|warm, 6 times|EVAL seen:{id}|1|1, opens 1|–|unread",
		"GET /api/trips/{id}|cold, 6 times|GET v1:trip:{id} → nil, HGETALL v1:likes:{id} → nil, HSET v1:likes:{id}, SETEX v1:trip:{id}|4|3|30 s|miss",
		"GET /api/trips/{id}|warm, 6 times|GET v1:trip:{id}, HGETALL v1:likes:{id}|2|1|–|hit",
		"GET /api/trips/{id}|after a write|GET v1:trip:{id} → nil, HGETALL v1:likes:{id}, HSET v1:likes:{id}, SETEX v1:trip:{id}|4|3|30 s|miss",
		"PUT /api/trips/{id}|once|DEL v1:trip:{id}, DEL v1:trips|2|2|–|unread",
		"(+ …): the service sends such commands by itself too, so they are not counted.",
	}
	var got []string
	for range 3 {
		got = cacheMap(inspected(t, "--target-cmd", "python3 testdata/strangers/scripted.py", "kinds"))[""]
		for i, row := range got {
			got[i] = strings.Replace(strings.Replace(row, own, "|", 1), "|"+own[2:], "|–|", 1)
		}
		if slices.Equal(got, want) {
			return
		}
	}
	t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
}

// The reference speaks every call, so a run does not ask it.
// On a busy machine an answer may come too late to be one, but not each time.
func TestBothPoliciesSpeakEveryCallAndTheMapOfTheirCachesIsTold(t *testing.T) {
	var wrong []string
	for range 3 {
		table := inspected(t, "limit", "redis-outage", "leaderboard", "sessions", "notifications", "redis-stale")
		got := cacheMap(table)
		wrong = unspoken(table)
		for arm, want := range map[string][]string{
			"documented": {
				"GET /api/trips|cold|GET trips:all → nil, SETEX trips:all|2|2|60 s|miss",
				"GET /api/trips|warm, 5 times|GET trips:all|1|1|–|hit",
				"GET /api/trips/{id}|cold, 7 times|GET trip:{id} → nil, SETEX trip:{id}|2|2|60 s|miss",
				"GET /api/trips/{id}|warm, 5 times|GET trip:{id}|1|1|–|hit",
			},
			"hardened": {
				"GET /api/trips|warm, 5 times|MGET cache:{trips:all}|1|1|–|hit",
				"GET /api/trips/{id}|warm, 5 times|MGET cache:{trip:{id}}|1|1|–|hit",
			},
		} {
			for _, row := range want {
				if !slices.Contains(got[arm], row) {
					wrong = append(wrong, arm+": no "+row+" in\n"+strings.Join(got[arm], "\n"))
				}
			}
		}
		// How often the lease is renewed while the database is asked depends on how long that takes.
		for _, row := range got["hardened"] {
			if strings.HasPrefix(row, "GET /api/trips/{id}|cold") && !(strings.Contains(row, ", SET cache:{trip") && strings.HasSuffix(row, " 60 s|miss")) {
				wrong = append(wrong, "hardened: "+row+", want a miss after which the value is written for 60 s")
			}
		}
		if len(wrong) == 0 {
			return
		}
	}
	t.Error(strings.Join(wrong, "\n"))
}

// unspoken are the rows of calls, in what bench inspect prints, whose answers are not right.
func unspoken(table string) (wrong []string) {
	for _, arm := range policies {
		if !strings.Contains(table, arm+"\n") {
			wrong = append(wrong, "nothing of "+arm+" in\n"+table)
		}
	}
	speaks := false // and not the map of the cache
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "call ") {
			speaks = strings.Contains(line, "  shape  ")
		}
		about := speaks && (strings.HasPrefix(line, "GET ") || strings.HasPrefix(line, "PUT ") || strings.HasPrefix(line, "POST "))
		if about && !strings.Contains(line, "  right  ") {
			wrong = append(wrong, line)
		}
	}
	return wrong
}
