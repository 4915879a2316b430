package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/machinetest"
)

// A stranger is a service of testdata/strangers, a scenario beside it, and what is true of the two.
type stranger struct {
	command, scenario string
	true              map[string]outcome // by claim; nil: it cannot run
	cannot            string             // what bench then says
	quick             bool               // also under -short
	contract          string             // its own, beside it; empty: it speaks the service contract
}

func (s stranger) name() string {
	return strings.Join(append(strings.Fields(s.command+" "+s.contract), s.scenario), " ")
}

// played are the contract and the scenario, which is beside it or in the library.
func (s stranger) played() []string {
	file := "testdata/strangers/" + s.scenario + ".yaml"
	if _, err := os.Stat(file); err != nil {
		file = s.scenario
	}
	if s.contract == "" {
		return []string{file}
	}
	return []string{"--contract", "testdata/strangers/" + s.contract + ".yaml", file}
}

// because is an outcome whose reason names the cause.
func because(o outcome, cause string) outcome { o.because = cause; return o }

const (
	outage    = "fallback.outage"
	blackhole = "fallback.blackhole"
	recovered = "fallback.recovery"
	bystander = "fallback.bystander"
	poison    = "cache.poison" // anything wrong after the fault
	stale     = "fallback.stale"
	again     = "fallback.again"
	latency   = "trips.hit.latency"
	speedup   = "trips.speedup.10x"
	warm      = "trips.warm"
)

var (
	sound   = all(holds, outage+" "+recovered+" "+poison)
	soundly = all(holds, blackhole+" "+recovered+" "+poison)
	spared  = outcome{verdict: notRefuted}
	hung    = because(refuted, "no answer in time")
	is      = func(id string, o outcome) map[string]outcome { return map[string]outcome{id: o} }
	unhurt  = func(why string) map[string]outcome {
		return outcomes(all(undecided(why), outage+" "+recovered), is(poison, spared))
	}
)

var strangers = []stranger{
	// They do not use what is hurt.
	{command: "python3 pinger.py", scenario: "outage", true: unhurt("its cache does not use the path"), quick: true},
	{command: "python3 pinger.py", scenario: "blackhole", true: outcomes(all(undecided("its cache does not use the path"), blackhole+" "+recovered), is(poison, spared))},
	{command: "python3 authonce.py", scenario: "outage", true: outcomes(unhurt("no command of its own succeeded"), is(recovered, undecided("")))},
	{command: "node nopassword.js", scenario: "outage", true: outcomes(unhurt("NOAUTH"), is(recovered, undecided("")))},
	{command: "python3 boast.py", scenario: "outage", true: unhurt(`say "redis" while nothing comes from Redis`)},

	// Their Redis is out of reach, or their answers are of no one shape.
	{command: "python3 astray.py elsewhere", scenario: "outage", true: all(undecided("never connected to Redis through its proxy"), outage+" "+recovered+" "+poison)},
	{command: "python3 astray.py socket", scenario: "outage", true: all(undecided("never connected to Redis through its proxy"), outage+" "+recovered+" "+poison)},
	{command: "python3 astray.py tls", scenario: "outage", true: outcomes(is(outage, undecided("TLS")), is(recovered, undecided("")), is(poison, spared))},
	{command: "python3 astray.py shape", scenario: "outage", true: outcomes(all(undecided("a body that is not as in docs/contract.md"), outage+" "+poison), is(recovered, spared))},

	// They are sound, and do not speak the whole contract.
	{command: "python3 sound.py two-calls", scenario: "outage", true: sound},
	{command: "python3 sound.py two-calls", scenario: "blackhole", true: soundly},
	{command: "node hundred.js", scenario: "outage", true: sound},
	{command: "nousers.go", scenario: "unconfigured", true: all(holds, "fallback.unconfigured fallback.transparent")},
	{command: "nousers.go", scenario: "blackhole", true: soundly},
	{command: "python3 sound.py no-source", scenario: "cached", true: all(holds, latency+" "+speedup+" "+warm)},
	{command: "python3 sound.py no-source", scenario: "outage", true: sound},
	{command: "python3 sound.py hungry", scenario: "cached", true: all(holds, latency+" "+speedup+" "+warm)},
	{command: "python3 sound.py slow-start", scenario: "absent", true: is("fallback.startup", outcome{notRefuted, "to start without any fault"})},
	{command: "node limited.js", scenario: "outage", true: all(undecided("429"), outage+" "+recovered+" "+poison), quick: true},
	{command: "python3 atleastone.py", scenario: "cached", true: outcomes(all(holds, latency+" "+warm), is(speedup, undecided("from the cache")))},

	// They speak a listing and a trip, and say no source: their commands do.
	// A round has one load: where others overlap it, the wire may not prove it.
	{command: "python3 twocalls.py", scenario: "cached", true: outcomes(all(holds, latency+" "+speedup), is(warm, spared)), quick: true},
	{command: "python3 twocalls.py hash", scenario: "cached", true: outcomes(all(holds, latency+" "+speedup), is(warm, spared))},
	{command: "python3 twocalls.py script", scenario: "cached", true: outcomes(all(holds, latency+" "+speedup), is(warm, undecided("uses scripts")))},
	{command: "node pipes.js", scenario: "cached", true: outcomes(all(holds, latency+" "+speedup), is(warm, spared))},
	{command: "python3 twocalls.py", scenario: "outage", true: sound},
	{command: "python3 twocalls.py", scenario: "blackhole", true: soundly},
	{command: "node pipes.js", scenario: "outage", true: sound},

	{command: "node hashed.js", scenario: "outage", true: sound},
	{command: "node hashed.js", scenario: "cached", true: outcomes(all(holds, latency+" "+speedup), is(warm, spared))},
	{command: "node breaker.js", scenario: "outage", true: sound},
	{command: "node breaker.js", scenario: "blackhole", true: outcomes(soundly, is(recovered, spared))},
	{command: "python3 quiet.py", scenario: "blackhole", true: soundly},

	// They are sound, and speak HTTP in their own way.
	{command: "python3 squeezed.py", scenario: "outage", true: sound},
	{command: "python3 http10.py", scenario: "outage", true: sound},
	{command: "node talks.js chunked", scenario: "outage", true: sound},
	{command: "node talks.js close", scenario: "blackhole", true: soundly},
	{command: "node talks.js redirect", scenario: "outage", true: sound},
	{command: "node talks.js dual", scenario: "outage", true: sound},
	{command: "sh fronted.sh", scenario: "outage", true: sound},
	{command: "node talks.js bare", scenario: "outage", true: outcomes(all(undecided("its answer has no trips: it has data"), outage+" "+poison), is(recovered, spared))},
	{command: "node talks.js no-content", scenario: "readonly", true: is("fallback.stale", undecided("undelivered"))},
	{command: "node talks.js no-word", scenario: "outage", cannot: "204 No Content"},
	{command: "node talks.js no-health", scenario: "outage", cannot: "/health last said: 404"},
	{command: "node talks.js v6", scenario: "outage", cannot: "connection refused"},

	// They speak in a way of their own, which a contract maps.
	{command: "node talks.js bare", contract: "bare-contract", scenario: "blackhole", true: soundly},
	{command: "python3 twocalls.py", contract: "never-contract", scenario: "outage", true: outcomes(sound, is(recovered, spared))}, // without its listing, which is judged on nothing
	{command: "python3 gate.py", contract: "gate-contract", scenario: "limit-exact", true: outcomes(is("limit.exact", holds), is("limit.headers", undecided("")))},
	{command: "python3 gate.py", contract: "gate-contract", scenario: "limit", true: is("limit.window", holds)},
	{command: "python3 gate.py generous", contract: "gate-contract", scenario: "limit-exact", true: outcomes(is("limit.exact", because(refuted, "let in")), is("limit.headers", undecided("")))},
	{command: "python3 gate.py generous", contract: "gate-contract", scenario: "limit", true: is("limit.window", refuted)},

	// They limit, without headers and without Redis.
	{command: "python3 gate.py", scenario: "limit", true: is("limit.window", holds)},
	{command: "python3 gate.py", scenario: "limit-burst", true: is("limit.concurrent", holds)},
	{command: "python3 gate.py", scenario: "limit-exact", true: outcomes(is("limit.exact", holds), is("limit.headers", undecided("")))},
	{command: "python3 gate.py leaky", scenario: "limit", true: is("limit.window", outcome{verdict: notOpen})}, // a busy machine sends together what was to come apart
	{command: "python3 gate.py leaky", scenario: "limit-burst", true: is("limit.concurrent", because(refuted, "leaks-under-concurrency"))},
	{command: "python3 gate.py own", scenario: "limit", true: is("limit.window", undecided(""))},
	{command: "python3 gate.py own", scenario: "limit-burst", true: is("limit.concurrent", undecided(""))},
	{command: "python3 gate.py own", scenario: "limit-exact", true: all(undecided(""), "limit.exact limit.headers")},

	// They fail, in the ways in which services do.
	{command: "node sluggish.js", scenario: "cached", true: outcomes(is(latency, because(refuted, "failed request")), is(speedup, undecided("from the cache")), is(warm, holds))},
	{command: "python3 half.py", scenario: "cached", true: outcomes(is(latency, because(refuted, "failed request")), is(speedup, outcome{notHeld, ""}), is(warm, spared))},
	{command: "bash supervised.sh", scenario: "deaths", true: is("fallback.crash", because(refuted, "exit")), quick: true},
	{command: "python3 readonly.py", scenario: "readonly", true: is("fallback.stale", because(refuted, "stale reads"))},
	{command: "python3 subscription.py", scenario: "changes", true: is("stale.after", because(refuted, "stale reads"))},
	{command: "python3 hangs.py", scenario: "outage", true: outcomes(sound, is(outage, hung))},
	{command: "node queue.js", scenario: "outage", true: outcomes(sound, is(outage, hung))},
	{command: "python3 oneclass.py", scenario: "outage", true: sound},
	{command: "python3 oneclass.py", scenario: "blackhole", true: outcomes(soundly, is(blackhole, because(refuted, "status 500")))},
	{command: "python3 oldconn.py", scenario: "outage", true: outcomes(sound, is(recovered, because(refuted, "time to recover at least")))},
	{command: "python3 sixcalls.py", scenario: "outage", true: sound},
	{command: "python3 sixcalls.py", scenario: "blackhole", true: outcomes(soundly, is(blackhole, hung))},
	{command: "node twoclients.js", scenario: "outage", true: sound},
	{command: "node twoclients.js", scenario: "blackhole", true: outcomes(soundly, is(blackhole, hung))},
	{command: "onelock.go", scenario: "outage", true: sound},
	{command: "onelock.go", scenario: "blackhole", true: outcomes(soundly, is(blackhole, hung))},
	{command: "onelock.go next", scenario: "blackhole", true: outcomes(soundly, is(poison, because(refuted, "body")))},
	{command: "node twofaced.js page", scenario: "outage", true: outcomes(sound, is(outage, because(refuted, "body")))},
	{command: "node twofaced.js neighbour", scenario: "outage", true: outcomes(sound, is(outage, because(refuted, "body")))},
	{command: "node twofaced.js failing", scenario: "cached", true: outcomes(is(latency, because(refuted, "failed request")), is(speedup, outcome{notHeld, ""}), is(warm, spared))},
	{command: "node twofaced.js forgetful", scenario: "kept", true: is(stale, because(refuted, "stale reads"))},
	{command: "node twofaced.js memory", scenario: "kept", true: is(stale, because(refuted, "stale reads"))},
	{command: "node twofaced.js memory", scenario: "again", true: outcomes(is(recovered, outcome{notHeld, ""}), is(again, spared))},
	{command: "node twofaced.js half-back", scenario: "again", true: outcomes(is(recovered, because(refuted, "time to recover at least")), is(again, refuted))},
	{command: "node twofaced.js new-keys", scenario: "again", true: outcomes(is(recovered, spared), is(again, refuted))},
	{command: "python3 otherdb.py", scenario: "sides", true: is("stale.after", because(refuted, "stale reads"))},
	{command: "python3 poison.py", scenario: "outage", true: outcomes(all(because(refuted, "body"), outage+" "+poison), is(recovered, outcome{notHeld, ""}))},
}

// wrongly are the cells that are known to be wrong, by stranger, scenario and claim, and why. One that is
// right does not belong here.
var wrongly = map[string]string{}

// Services that nobody here wrote are judged as is true of them, and for the true reason.
func TestStrangers(t *testing.T) {
	t.Setenv("DATABASE_URL", "sqlite:trips.db") // one of them needs it
	past := "127.0.0.1:" + machinetest.FreePort(t)
	start(t, "redis", "--port", strings.TrimPrefix(past, "127.0.0.1:"))
	plays, mu, rs, built := map[string]play{}, sync.Mutex{}, newRows(t), t.TempDir()
	t.Run("plays", func(t *testing.T) {
		for _, s := range strangers {
			t.Run(s.name(), func(t *testing.T) {
				if testing.Short() && !s.quick {
					t.Skip("make verdicts plays it")
				}
				t.Parallel()
				p := rs.judged(t, s.true, append([]string{"--target-cmd", strangersCommand(t, s.command, built), "--ready-in", "5s",
					"--env", "CACHE_URL=redis://" + past, "--env", "PYTHONDONTWRITEBYTECODE=1"}, s.played()...)...)
				mu.Lock()
				defer mu.Unlock()
				plays[s.name()] = p
			})
		}
	})
	known := maps.Clone(wrongly)
	t.Run("verdicts", func(t *testing.T) {
		for _, s := range strangers {
			p, ok := plays[s.name()]
			if ok && len(p.results) != len(s.true) {
				t.Errorf("%s: exit %d, %d claims were judged, want %d\n%s", s.name(), p.exit, len(p.results), len(s.true), p.said)
			}
			if ok && !strings.Contains(p.said, s.cannot) {
				t.Errorf("%s: it cannot run, want %q in\n%s", s.name(), s.cannot, p.said)
			}
		}
		each(t, plays, known, outcome.misjudged)
	})
	t.Run("reasons", func(t *testing.T) {
		each(t, plays, known, func(w outcome, r claim.Result) error {
			if w.misjudged(r) != nil {
				return nil // that is said already
			}
			return w.misexplained(r)
		})
	})
	for cell, why := range known {
		if _, ok := plays[cell[:strings.LastIndex(cell, " ")]]; ok {
			t.Errorf("%s is right now: take it from what is known to be wrong (%s)", cell, why)
		}
	}
}

// each holds every cell against the truth, but for those that a busy machine left open. What is known to be wrong,
// and is, leaves what is known.
func each(t *testing.T, plays map[string]play, known map[string]string, wrong func(outcome, claim.Result) error) {
	t.Helper()
	for _, s := range strangers {
		p := plays[s.name()]
		for _, id := range slices.Sorted(maps.Keys(p.results)) {
			r, cell := p.results[id], s.name()+" "+id
			err := wrong(s.true[id], r)
			_, listed := wrongly[cell]
			switch {
			case listed && (err != nil || r.Code.OfMachine()):
				delete(known, cell)
			case err != nil && !r.Code.OfMachine():
				t.Errorf("%s: %v", cell, err)
			}
		}
	}
}

var building sync.Mutex

// strangersCommand is the command line of a stranger, whose program is on this machine. One in Go is built into dir.
func strangersCommand(t *testing.T, command, dir string) string {
	t.Helper()
	words := strings.Fields(command)
	if name, ok := strings.CutSuffix(words[0], ".go"); ok {
		machinetest.Need(t, "go")
		building.Lock()
		defer building.Unlock()
		words[0] = filepath.Join(dir, name)
		if out, err := exec.Command("go", "build", "-o", words[0], "testdata/strangers/"+name+".go").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return strings.Join(words, " ")
	}
	machinetest.Need(t, words[0])
	if strings.HasSuffix(words[1], ".sh") { // they start services in Node
		machinetest.Need(t, "node")
	}
	words[1] = "testdata/strangers/" + words[1]
	return strings.Join(words, " ")
}
