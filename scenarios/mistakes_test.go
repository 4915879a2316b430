package scenarios_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/strictyaml"
	"github.com/trektribe/bench/scenarios"
)

// A wrong is a file with a § before every place that must be reported (§§: twice), and
// the messages (parts of them) in the order of their places. What its text does
// not write is filled in by complete, unless it is raw.
type wrong struct {
	name, text string
	want       []string
	raw        bool
}

func TestMistakes(t *testing.T) {
	for _, row := range []wrong{
		{name: "empty", text: "§", want: []string{"the file is empty; a scenario has: name, about"}, raw: true},
		{name: "text", text: "\n§hello world\n", want: []string{`a scenario is a mapping, such as {key: value}; here is "hello world"`}, raw: true},

		{name: "nothing that is needed", text: "§§§about: x\n", raw: true,
			want: []string{"a scenario has no name: ", "a scenario has no phases: ", "a scenario has no traffic: "}},
		{name: "unknown keys everywhere", text: `
§trafic: []
target: {§instance: 2}
rounds: {§most: 2}
phases:
  - {name: a, for: 2s, §envs: {}, faults: [{kind: refused, on: redis, §form: 1s}]}
traffic:
  - {name: trips, call: GET /api/trips, rate: 10/s, §timeuot: 2s, §patience: 2s}
claims:
  - {id: x, holds: count(trips) >= 1, §require: x}
`, want: []string{
			`unknown key "trafic" of a scenario (did you mean traffic?)`,
			`unknown key "instance" of a target (did you mean instances?)`,
			`unknown key "most" of rounds (there is: min, max)`,
			`unknown key "envs" of a phase (did you mean env?)`,
			`unknown key "form" of a fault (did you mean from?)`,
			`unknown key "timeuot" of a stream (did you mean timeout?)`,
			`unknown key "patience" of a stream (it is called timeout now)`,
			`unknown key "require" of a claim (did you mean requires?)`}},
		{name: "keys twice", text: "name: x\nabout: y\n§name: z\n", want: []string{`"name" is given twice, first in line 1`}},
		{name: "wrong types", text: `
name: §[a]
about: §{}
target: {instances: §{}, env: §[A=b]}
rounds: {min: §two, max: §1.5}
phases:
  - §steady
  - {name: a, for: §[2s], faults: §{kind: refused}}
  - {name: b, for: 2s, faults: [§refused, {kind: refused, on: redis, instances: §1}]}
traffic: §GET /api/trips
claims: §yes
`, want: []string{
			"name is a text; here is a list",
			"about is a text; here is a mapping",
			"instances is a whole number from 1 to 16; here is a mapping",
			"env is a mapping, such as {key: value}; here is a list",
			`min is a whole number from 1 to 50; here is "two"`,
			`max is a whole number from 1 to 50; here is "1.5"`,
			`a phase is a mapping, such as {key: value}; here is "steady"`,
			"for is a duration, such as 180ms or 2s; here is a list",
			"faults is a list; here is a mapping",
			`a fault is a mapping, such as {key: value}; here is "refused"`,
			`instances is a list; here is "1"`,
			`traffic is a list; here is "GET /api/trips"`,
			`claims is a list; here is "yes"`}},
		{name: "nothing where something is needed", text: "§about:\ntarget: {§env: }\nphases: §[]\ntraffic: §[]\n", want: []string{
			"about is a text; here is nothing", "env is a mapping, such as {key: value}; here is nothing", "phases is an empty list", "traffic is an empty list"}},
		{name: "anchors", text: "about: §&a x\nrounds: §*b\ntarget:\n  env:\n    A: §!!str 5\n    §<<: 1\n", want: []string{
			"about: anchors, aliases and tags are not part", "rounds: anchors, aliases", "A: anchors, aliases", "a key of env must be a plain word"}},

		{name: "numbers out of range", text: "target: {instances: §0}\nrounds: {min: §0, max: §51}\n", want: []string{
			`instances is a whole number from 1 to 16; here is "0"`, `min is a whole number from 1 to 50`, `max is a whole number from 1 to 50`}},
		{name: "max below min", text: "rounds: {min: 5, max: §4}\n", want: []string{"max 4 is below min 5"}},
		{name: "names", text: "name: §../x\nphases: [{name: §a-b, for: 2s}, {name: §2, for: 2s}, §{for: 2s}]\ntraffic: [{name: §all, call: GET /a, rate: 1/s}]\nclaims: [{id: §a b, holds: count(all) >= 1}]\n", want: []string{
			`name "../x": want a letter, then letters, digits or '-' or '_'`, `name "a-b": want a letter`, `name "2": want a letter`, "a phase has no name", "cannot be named all", `id "a b"`}},
		{name: "group", text: "group: §[a]\n", want: []string{"group is a text; here is a list"}},
		{name: "group that is no word", text: "group: §a b\n", want: []string{`group "a b": want a letter`}},
		{name: "group of the scenario's own name", text: "name: cache\ngroup: §cache\n", want: []string{"group: cache is the name of the scenario itself; a group needs another"}},
		{name: "names of a group and of a scenario", text: "name: §fallback\ngroup: §trips\n", want: []string{
			"name: fallback is a group of the library; a scenario needs another", "group: trips is a scenario of the library; a group needs another name"}},
		{name: "names twice", text: `
phases: [{name: a, for: 2s}, {name: §a, for: 2s}]
traffic: [{name: t, call: GET /a, rate: 1/s}, {name: §t, call: GET /b, rate: 1/s}]
claims: [{id: c, holds: count(t) >= 1}, {id: §c, holds: count(t) >= 1}]
`, want: []string{"a second phase named a", "a second stream named t", "a second claim with the id c"}},

		{name: "durations", text: `
phases:
  - §{name: a}
  - {name: b, for: §2}
  - {name: c, for: §5x}
  - {name: d, for: §-2s}
  - {name: e, for: §0s}
  - {name: f, for: §soon}
  - {name: g, for: §2 s}
  - {name: h, for: §24h1m}
  - {name: i, for: §9999999999h}
  - {name: j, for: §5sec}
`, want: []string{
			"a phase has no for: how long it lasts, such as 2s", `"2" has no unit (did you mean 2s?)`, `bad unit "x" (did you mean s?)`, `"-2s" is negative`, "longer than 0s",
			`"soon": want a number and a unit`, `bad unit " s"`, "24h1m0s is longer than 24h0m0s", "", `bad unit "sec"`}},
		{name: "a round too long", text: "§phases: [{name: a, for: 16h}, {name: b, for: 8h}, {name: c, for: 1ms}]\n", want: []string{"last longer than 24h0m0s together"}},

		{name: "env", text: "target:\n  env:\n    §A-B: 1\n    §PORT: 80\n    B: §[1]\n    C: §{}\nphases: [{name: a, for: 2s, env: {§REDIS_URL: x, §CACHE_POLICY: documented, §INSTANCE: 1, §SQLITE_PATH: x, §MONGODB_URI: x}}, {name: b, for: 2s, env: §{}}, {name: c, for: 2s, env: §A=b}, {name: d, for: 2s, env: {§REDIS_URL: }}, {name: e, for: 2s, env: {§REDIS_URL: ' '}}, {name: f, for: 2s, env: {§PORT: ''}}]\n", want: []string{
			`env name "A-B": want NAME: value`, "PORT is set by the lab: each instance gets a port", "B is a text", "C is a text",
			"REDIS_URL is set by the lab: it leads through the proxy", "CACHE_POLICY is set by the lab: it is what the arms", "INSTANCE is set by the lab", "SQLITE_PATH is set by the lab", "MONGODB_URI is set by the lab",
			"env is empty", `env is a mapping, such as {key: value}; here is "A=b"`,
			`REDIS_URL is set by the lab: it leads through the proxy that carries the faults; only "" may be given, and the service then runs without Redis`, `only "" may be given`, "PORT is set by the lab"}},

		{name: "faults", text: `
phases:
  - name: a
    for: 2s
    faults:
      - {kind: §blackhol, on: §redes}
      - {kind: §flood, on: §mongo}
      - §§{from: 1s}
      - {kind: refused, on: redis, for: §3s}
      - {kind: refused, on: redis, from: 1s, for: §1001ms}
      - {kind: refused, on: redis, from: §2s}
      - {kind: refused, on: redis, for: §0s}
      - {kind: refused, on: redis, from: 1s, for: §2562047h}
      - {kind: refused, on: redis, §delay: 5ms, §jitter: 1ms}
      - §{kind: latency, on: redis}
      - {kind: latency, on: redis, delay: §1ms}
      - {kind: latency, on: redis, delay: 5ms, jitter: §6ms}
      - {kind: refused, on: redis, instances: [1, §3, §0, §x, §1, §01]}
      - {kind: refused, on: redis, instances: §[]}
`, want: []string{
			`unknown kind of fault "blackhol" (did you mean blackhole?)`, `there is no "redes" (did you mean redis?)`,
			`unknown kind of fault "flood" (there is: latency, spikes, blackhole, hang, reset, close, cutoff, slow, slices, oneway, refused, error, lost, late, mute, killed, stopped, terminated, restarted, reloaded, replayed, crashed, powerlost, recreated, flushed, slowcmd, busy, loading, readonly, noauth, rotated, oom, maxclients, isolated, demoted, locked)`, `there is no "mongo" (there is: redis, instance, database)`,
			"a fault has no kind: one of latency, spikes, blackhole, hang, reset, close, cutoff, slow, slices, oneway, refused", "a fault has no on: ",
			"a fault of 3s does not fit a phase of 2s", "a fault of 1.001s from 1s does not fit a phase of 2s", "a fault from 2s does not fit a phase of 2s",
			"a fault lasts longer than 0s", "does not fit a phase of 2s",
			"refused takes no delay", "refused takes no jitter",
			"a fault has no delay: how much later a reply comes", "1ms is below 2ms", "6ms leaves less than 2ms of the delay of 5ms",
			"there is no instance 3; the target has 1 to 2", "there is no instance 0", "an instance is a number", "instance 1 is given twice", "an instance is a number",
			"instances is an empty list"}},
		{name: "parameters of faults", text: `
phases:
  - name: a
    for: 2s
    faults:
      - {kind: latency, on: redis, delay: §5, shape: §round}
      - §{kind: latency, on: redis, delay: 50ms, shape: normal}
      - {kind: latency, on: redis, delay: 50ms, shape: normal, jitter: §51ms, to: §50ms}
      - {kind: latency, on: redis, delay: 50ms, shape: normal, jitter: §0s, §share: 1%}
      - {kind: latency, on: redis, delay: §[5ms], to: §5}
      - §{kind: spikes, on: redis, delay: 50ms, §jitter: 5ms}
      - {kind: spikes, on: redis, delay: 50ms, share: §5}
      - {kind: spikes, on: redis, delay: 50ms, share: §0%}
      - {kind: spikes, on: redis, delay: 50ms, share: §101%}
      - §{kind: cutoff, on: redis}
      - {kind: cutoff, on: redis, after: §5}
      - {kind: cutoff, on: redis, after: §5kb}
      - {kind: cutoff, on: redis, after: §0B}
      - {kind: cutoff, on: redis, after: §1.5B}
      - {kind: cutoff, on: redis, after: §2GB}
      - {kind: cutoff, on: redis, after: §KB}
      - {kind: cutoff, on: redis, after: §[1KB]}
      - {kind: slow, on: redis, rate: §20KB}
      - {kind: slow, on: redis, rate: §0B/s, §after: 5B}
      - §{kind: slices, on: redis, delay: 5ms}
      - {kind: slices, on: redis, delay: §1ms, size: §5}
      - §{kind: oneway, on: redis}
      - {kind: oneway, on: redis, direction: §reply}
      - {kind: blackhole, on: redis, connections: §new, ends: §always}
      - {kind: blackhole, on: redis, ends: §never}
      - {kind: reset, on: redis, connections: old, §ends: never}
      - {kind: refused, on: redis, §connections: old}
`, want: []string{
			`delay: "5" has no unit`, `shape: unknown shape "round"`, "a fault has no jitter: the standard deviation",
			"51ms is above the delay of 50ms", "50ms is not above the delay of 50ms", "0s makes the delay constant", "latency takes no share",
			"delay is a duration, such as 50ms; here is a list", `to: "5" has no unit`,
			"a fault has no share: how many of the replies", "spikes takes no jitter", `"5" has no unit: want more than 0%`, `"0%": want more than 0%`, `"101%": want`,
			"a fault has no after: how many bytes", `"5" has no unit: want a number and a unit, such as 512B`, `"5kb": bad unit "kb"`, "a whole number of bytes above zero",
			"a whole number of bytes above zero", `"2GB" is above 1GB`, `"KB": want a number and a unit`, "after is a number of bytes, such as 20KB; here is a list",
			`"20KB": want a number of bytes per second`, "a whole number of bytes above zero", "slow takes no after",
			"a fault has no size: how many bytes", "delay: 1ms is below 2ms", `size: "5" has no unit`,
			"a fault has no direction: what is held", `unknown direction "reply" (`,
			`connections: unknown word "new" (there is: old); leave it out for all`, `ends: unknown word "always" (there is: never)`, "needs connections: old", "reset takes no ends", "refused takes no connections"}},
		{name: "faults of chosen commands", text: `
phases:
  - name: a
    for: 2s
    faults:
      - §{kind: lost, on: redis}
      - §§{kind: error, on: redis}
      - {kind: mute, on: redis, commands: §read}
      - {kind: mute, on: redis, commands: §get}
      - {kind: mute, on: redis, commands: §{GET: 1}}
      - {kind: mute, on: redis, commands: [GET, §GTE, §xyzzy, §get, §reads, §[a], §subscribe]}
      - {kind: mute, on: redis, commands: §all}
      - {kind: mute, on: redis, commands: §[]}
      - {kind: mute, on: redis, prefix: §""}
      - {kind: mute, on: redis, prefix: §[a]}
      - {kind: mute, on: redis, commands: [GET, PING], prefix: §"a:"}
      - {kind: error, on: redis, commands: reads, answer: §"-BUSY x"}
      - {kind: error, on: redis, commands: reads, answer: §loading}
      - {kind: error, on: redis, commands: reads, answer: §"ERR a\tb"}
      - {kind: late, on: redis, commands: reads, delay: §1ms}
      - §{kind: late, on: redis, commands: reads}
      - {kind: mute, on: redis, commands: reads, §answer: ERR x}
      - {kind: refused, on: redis, §commands: reads}
      - {kind: mute, on: redis, §comands: reads, prefix: a}
`, want: []string{
			"lost needs commands or a prefix", "a fault has no answer: the error", "error needs commands or a prefix",
			`commands: unknown word "read" (did you mean reads?); or a list`, "want a list of names, or reads or writes (did you mean [GET]?)", "commands is a list of names, such as [GET, MGET], or reads or writes; here is a mapping",
			`unknown command "GTE" (did you mean GET?)`, `unknown command "xyzzy"; a command of a module has a dot`, "GET is given twice", "reads stands alone", "is the name of a command, such as GET; here is a list", "SUBSCRIBE has no single reply",
			"only error can be done to all", "commands is an empty list", "an empty prefix matches every key", "prefix is a text; here is a list", "prefix: PING has no key",
			`"-BUSY x": leave the - out`, `"loading": want a word in capitals`, "want one line of 200 bytes", "delay: 1ms is below 2ms", "a fault has no delay", "mute takes no answer", "refused takes no commands",
			`unknown key "comands" of a fault (did you mean commands?)`}},
		{name: "repetition of faults", text: `
phases:
  - name: a
    for: 2s
    faults:
      - {kind: refused, on: redis, §every: 600ms}
      - {kind: refused, on: redis, every: §300ms, for: 300ms}
      - {kind: refused, on: redis, every: §0s, for: 300ms}
      - {kind: refused, on: redis, every: §5, for: 300ms}
      - {kind: refused, on: redis, every: 600ms, for: §100ms}
      - {kind: refused, on: redis, every: 600ms, for: §3s}
      - {kind: refused, on: redis, every: §1701ms, for: 300ms}
  - name: b
    for: 10m
    faults:
      - {kind: refused, on: redis, every: §300ms, for: 200ms}
      - {kind: refused, on: redis, from: 1s, every: 2s, for: 500ms}
      - §{kind: refused, on: redis, from: 2s, every: 3s, for: 200ms}
`, want: []string{
			"every needs a for", "300ms is not longer than the 300ms", "0s is not longer", `every: "5" has no unit`, "refused cannot be proved in less than 200ms; give it for: 200ms or more", "a fault of 3s does not fit",
			"a phase of 2s has no room for a second time", "2000 times in a phase of 10m0s; the most is 1000", "it overlaps the refused on redis from 5s to 5.5s"}},
		{name: "overlaps", text: `
phases:
  - name: a
    for: 4s
    faults:
      - {kind: refused, on: redis, for: 1s}
      - {kind: blackhole, on: redis, from: 1s, for: 1s, instances: [1]}
      - {kind: refused, on: redis, from: 1s, for: 1s, instances: [2]}
      - §{kind: refused, on: redis, from: 1500ms, for: 1s, instances: [2]}
      - §{kind: blackhole, on: redis}
      - §{kind: killed, on: redis, from: 500ms, for: 1s}
      - {kind: oom, on: redis, from: 3s, for: 1s}
      - §{kind: refused, on: redis, from: 3500ms, for: 300ms, instances: [2]}
      - {kind: locked, on: database, from: 1s, for: 1s}
      - §{kind: locked, on: database, from: 1900ms, for: 1s}
      - {kind: stopped, on: instance, instances: [1], for: 1s}
      - §{kind: killed, on: instance, from: 500ms, for: 1s}
`, want: []string{"it overlaps the refused on redis from 1s to 2s", "it overlaps the refused on redis from 0s to 1s", "it overlaps the refused on redis from 0s to 1s",
			"it overlaps the oom on redis from 3s to 4s", "it overlaps the locked on database from 1s to 2s", "it overlaps the stopped on instance from 0s to 1s"}},

		{name: "claims lack what they need", text: "claims:\n  - §{id: x}\n  - §{says: x, holds: count(trips) >= 1}\n", want: []string{"a claim has no holds", "a claim has no id"}},
		{name: "plain expressions", text: "claims:\n  - id: x\n    holds: p50(trips) <= 1s and p50(§trip) <= 1s\n  - id: y\n    requires: §nothing(x)\n    holds: §é\n", want: []string{`holds: unknown stream "trip"`, "requires: ", "holds: "}},
		{name: "quoted expressions", text: "claims:\n  - {id: a, holds: 'p50(§trip) <= 1s'}\n  - {id: b, holds: \"p50(§trip) <= 1s\"}\n  - {id: c, holds: '§'''' p50(trips)'}\n", want: []string{"holds: unknown stream", "holds: unknown stream", "holds: "}},
		{name: "folded expressions", text: "claims:\n  - id: a\n    holds: >-\n      p50(trips)\n        <= 1s and\n\n      p50(§trip) <= 1s\n  - id: b\n    holds: |\n      p50(trips) <= 1s and\n      p50(§trip) <= 1s\n  - id: c\n    holds: p50(trips)\n      <= 1s and p50(§trip) <= 1s\n", want: []string{"holds: unknown stream", "holds: unknown stream", "holds: unknown stream"}},
		{name: "an expression that ends too early", text: "claims:\n  - id: a\n    holds: p50(trips) <=§\n    says: x\n", want: []string{"holds: "}},
		{name: "an expression behind an escape", text: "claims:\n  - {id: a, §holds: \"p50(\\x74rip) <= 1s\"}\n", want: []string{"holds, column 5: unknown stream"}},
		{name: "claims are not blamed for missing phases", text: "name: x\nphases: [§a]\ntraffic: [{name: t, call: GET /a, rate: 1/s, phases: [a]}]\nclaims: [{id: a, holds: 'p50(t[phase=a]) <= 1s'}]\n", want: []string{"a phase is a mapping"}},
		{name: "Windows line ends and a byte order mark", text: "\ufeffabout: y\r\nname: x\r\n§trafic: z\r\n", want: []string{"unknown key"}},
	} {
		t.Run(row.name, row.check)
	}
}

// check parses the file and compares the mistakes with those that must be found.
func (row wrong) check(t *testing.T) {
	text, places := unmark(row.text)
	if !row.raw {
		text = complete(text)
	}
	_, err := scenarios.Parse("x.yaml", []byte(text))
	var got strictyaml.Mistakes
	if !errors.As(err, &got) {
		t.Fatalf("error %v, want mistakes", err)
	}
	for i, m := range got {
		if i >= len(places) || i >= len(row.want) {
			t.Errorf("one too many: %v", m)
			continue
		}
		if m.File != "x.yaml" || (place{m.Line, m.Col}) != places[i] || !strings.Contains(m.Msg, row.want[i]) {
			t.Errorf("%v\nwant x.yaml:%d:%d: …%s…", m, places[i].line, places[i].col, row.want[i])
		}
	}
	if len(got) < len(row.want) {
		t.Errorf("%d mistakes, want %d", len(got), len(row.want))
	}
}

func TestMistakesPrintOnePerLine(t *testing.T) {
	_, err := scenarios.Parse("dir/x.yaml", []byte("nam: x\nphases: []\ntraffic: [{name: a, call: GET /a, rate: 1/s}]\n"))
	want := "dir/x.yaml:1:1: unknown key \"nam\" of a scenario (did you mean name?)\n" +
		"dir/x.yaml:1:1: a scenario has no name: results are filed under it\n" +
		"dir/x.yaml:2:9: phases is an empty list; leave it out or fill it"
	if err == nil || err.Error() != want {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
}

type place struct{ line, col int }

// unmark takes the § out of text and says where they stood.
func unmark(text string) (string, []place) {
	var out strings.Builder
	var at []place
	line, col := 1, 1
	for _, part := range strings.SplitAfter(strings.ReplaceAll(text, "§", "\x01§"), "\x01") {
		part, marked := strings.CutSuffix(part, "\x01")
		part = strings.TrimPrefix(part, "§")
		for _, c := range strings.TrimPrefix(part, "\ufeff") {
			if col++; c == '\n' {
				line, col = line+1, 1
			}
		}
		out.WriteString(part)
		if marked {
			at = append(at, place{line, col})
		}
	}
	return out.String(), at
}
