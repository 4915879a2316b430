// Package before finds what came before a run, and says how to play one again.
//
// In go a run's folder and what is saved of it; out come the earlier runs beside it, and
// a command. It judges nothing.
package before

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/reports"
)

const (
	// mostRuns are shown beside one.
	mostRuns = 9
	// mostLookedAt folders are opened to find them.
	mostLookedAt = 60
)

// Runs are those beside dir that came before it, the newest first, if same says of their folder that they played
// the same. One that cannot be read is passed over: it says nothing about this one.
func Runs(dir string, same func(dir string) bool) (out []reports.Earlier) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil
	}
	real, err = filepath.Abs(real)
	if err != nil {
		return nil
	}
	entries, err := os.ReadDir(filepath.Dir(real))
	if err != nil {
		return nil
	}
	looked := 0
	for _, e := range slices.Backward(entries) { // names begin with the time
		if !e.IsDir() || e.Name() >= filepath.Base(real) {
			continue
		}
		other := filepath.Join(filepath.Dir(real), e.Name())
		if looked++; looked > mostLookedAt || len(out) == mostRuns {
			return out
		}
		if !same(other) {
			continue
		}
		f, err := os.Open(filepath.Join(other, "results.json"))
		if err != nil {
			continue
		}
		results, err := reports.ReadResultsJSON(f)
		f.Close()
		if err == nil && len(results) > 0 {
			out = append(out, reports.Earlier{Name: e.Name(), Results: results})
		}
	}
	return out
}

// A Command is bench run with what decides which requests are sent to what.
type Command struct {
	Target    string // the command or the URLs of the service; Reference: bench's own
	Running   bool   // they are URLs
	Toxiproxy string
	Alerts    string   // the Prometheus whose alerts are read
	Arms      []string // of the reference
	Redis     string   // its kind
	Profile   string
	Contract  bool
	Env       map[string]string
	Seed      uint64
	Scenario  string
}

// Reference is the Target that bench starts where none is named.
const Reference = "bench serve"

// String is the command as a shell takes it. What was not saved, as the URL of a Redis, stands as "…".
func (c Command) String() string {
	words := []string{"bench", "run"}
	flag := func(name, value string) {
		if value != "" {
			words = append(words, name, quoted(value))
		}
	}
	switch {
	case c.Running:
		for url := range strings.FieldsSeq(c.Target) {
			flag("--target-url", url)
		}
	case c.Redis == "compose" && c.Target != Reference:
		flag("--compose", c.Target)
	case c.Target != Reference:
		flag("--target-cmd", c.Target)
	default:
		flag("--stack", map[string]string{"compose": "compose"}[c.Redis])
		flag("--arms", strings.Join(c.Arms, ","))
	}
	flag("--toxiproxy", strings.ReplaceAll(c.Toxiproxy, " ", ","))
	flag("--alerts", c.Alerts)
	flag("--redis", map[string]string{"server": "server", "container": "container", "url": "redis://…"}[c.Redis])
	flag("--profile", c.Profile)
	if c.Contract {
		flag("--contract", "…")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		flag("--env", name+"="+c.Env[name])
	}
	flag("--seed", fmt.Sprint(c.Seed))
	return strings.Join(append(words, quoted(c.Scenario)), " ")
}

// quoted is a word as a shell reads it back.
func quoted(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\n'\"\\$`;&|<>(){}[]*?#~!") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// documented are the times of the document.
var documented = []struct {
	name, says string
	is         time.Duration
}{{"TTL_TRIPS", "5m", 5 * time.Minute}, {"TTL_PROFILES", "5m", 5 * time.Minute}, {"TTL_AI", "1h", time.Hour}, {"RATE_WINDOW", "15m", 15 * time.Minute}}

// Shortened says which times of the document an environment compresses.
func Shortened(env map[string]string) (out []string) {
	for _, d := range documented {
		if is, err := time.ParseDuration(env[d.name]); err == nil && is > 0 && is < d.is {
			out = append(out, fmt.Sprintf("%s is %s instead of %s", d.name, env[d.name], d.says))
		}
	}
	return out
}
