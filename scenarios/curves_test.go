package scenarios_test

import "testing"

func TestMistakesOfCurves(t *testing.T) {
	for _, row := range []wrong{
		{name: "curves are no list", text: "curves: §{id: x}\n", want: []string{"curves is a list; here is a mapping"}},
		{name: "no curves", text: "curves: §[]\n", want: []string{"curves is an empty list; leave it out or fill it"}},
		{name: "curves lack what they need", text: "curves: [§trips, §§§{}]\n", want: []string{
			`a curve is a mapping, such as {key: value}; here is "trips"`, "a curve has no id: ", "a curve has no of: ", "a curve has no ttl: "}},
		{name: "keys and ids", text: `
traffic: [{name: trip, call: 'GET /api/trips/{id}', rate: 10/s, keys: uniform(9)}]
curves:
  - {id: a.b, of: trip, ttl: 2s, §say: x}
  - {id: §a.b, of: trip, ttl: 2s}
  - {id: §a b, of: trip, ttl: 2s}
  - {id: c, says: §[x], of: §[trips], ttl: 2s}
`, want: []string{
			`unknown key "say" of a curve (did you mean says?)`, "a second curve with the id a.b", `id "a b": want a letter, then letters, digits or '.' or '-' or '_'`,
			"says is a text; here is a list", "of is a text; here is a list"}},
		{name: "times to live", text: `
target: {env: {TTL_TRIPS: 2s, TTL_OFF: 0s, DB_DELAY: 180ms-250ms, EMPTY: ''}}
curves:
  - {id: a, of: trips, ttl: §$TTL_TRIP}
  - {id: b, of: trips, ttl: §$DB_DELAY}
  - {id: c, of: trips, ttl: §$TTL_OFF}
  - {id: d, of: trips, ttl: §0s}
  - {id: e, of: trips, ttl: §2}
  - {id: f, of: trips, ttl: §TTL_TRIPS}
  - {id: g, of: trips, ttl: §$}
  - {id: h, of: trips, ttl: §$EMPTY}
  - {id: i, of: trips, ttl: §[2s]}
`, want: []string{
			`ttl: unknown variable of the target's env "TTL_TRIP" (did you mean TTL_TRIPS?)`, `ttl: $DB_DELAY is "180ms-250ms", and that is no duration such as 2s`,
			`ttl: $TTL_OFF is "0s": nothing is kept`, "ttl: 0s: nothing is kept, so there is no curve; want more than 0s", `ttl: "2" has no unit (did you mean 2s?)`,
			`ttl: "TTL_TRIPS": want a number and a unit`, `ttl: unknown variable of the target's env ""`, `ttl: $EMPTY is ""`, "ttl is a text; here is a list"}},
		{name: "what is compared", text: `
traffic:
  - {name: trip, call: 'GET /api/trips/{id}', rate: 10/s, keys: uniform(9)}
  - {name: listing, call: GET /api/trips, rate: 10/s}
curves:
  - {id: a, ttl: 2s, of: 'trip[phase=§nowhere]'}
  - {id: b, ttl: 2s, of: §trips}
  - {id: c, ttl: 2s, of: §listing}
  - {id: d, ttl: 2s, of: §p50(trip)}
`, want: []string{`of: unknown phase "nowhere"`, `of: unknown stream "trips"; did you mean "trip"?`,
			"of: a curve needs keys to compare, and every request of listing is for the same", "of: a curve is of one stream"}},
		{name: "a variable that no env has", text: "curves: [{id: a, of: trips, ttl: §$TTL_TRIPS}]\n", want: []string{`ttl: unknown variable of the target's env "TTL_TRIPS"`}},
		{name: "a time to live under a profile", text: "target: {env: {TTL_TRIPS: 2s}}\ntraffic: [{name: trip, call: 'GET /api/trips/{id}', rate: 10/s, keys: uniform(9)}]\ncurves: [{id: a, of: trip, ttl: §$TTL_TRIPS}]\nprofiles: {nightly: {env: {TTL_TRIPS: 0s}}}\n", want: []string{
			`profile nightly: ttl: $TTL_TRIPS is "0s": nothing is kept`}},
	} {
		t.Run(row.name, row.check)
	}
}
