package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	codes "github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/machinetest"
)

func TestARunIsJudgedAgainFromDiskToTheSameBytes(t *testing.T) {
	out := t.TempDir()
	code, table, errs := bench("run", "--out", out, "--seed", "7", "testdata/short.yaml")
	if code != exitHolds {
		t.Fatalf("exit %d, want %d\n%s%s", code, exitHolds, table, errs)
	}
	dir, err := filepath.EvalSymlinks(filepath.Join(out, "latest"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"run.json", "results.json", "report.md", "rounds/short-01/requests.parquet", "rounds/short-01/events.jsonl", "logs/hardened-1.log"} {
		if s, err := os.Stat(filepath.Join(dir, f)); err != nil || s.Size() == 0 {
			t.Errorf("%s is missing or empty: %v", f, err)
		}
	}
	before, err := os.ReadFile(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "results.json")); err != nil {
		t.Fatal(err)
	}
	code, again, errs := bench("judge", dir)
	if code != exitHolds {
		t.Fatalf("judge: exit %d, want %d\n%s", code, exitHolds, errs)
	}
	after, err := os.ReadFile(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Errorf("judged again, results.json differs:\n%s\n---\n%s", before, after)
	}
	// The table differs in nothing but the way the folder was named.
	if got, want := strings.Count(again, "\n"), strings.Count(table, "\n"); got != want {
		t.Errorf("judged again, the table has %d lines, want %d\n%s", got, want, again)
	}
}

// enough rounds for a claim to be judged on three, though a busy machine spoils
// some: those are set aside, as they should be.
const enough = 7

func TestInterruptedTheRunIsJudgedOnWhatWasSeenAndLeavesNothing(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	c := start(t, "run", "--out", out, "testdata/endless.yaml")
	if !waitFor(time.Minute, func() bool { return rounds(out) >= enough }) {
		t.Fatalf("no round %d: %s", enough, c.err.String())
	}
	c.Process.Signal(syscall.SIGINT)
	if code := c.exit(t, 15*time.Second); code != exitInterrupted {
		t.Errorf("exit %d, want %d\n%s", code, exitInterrupted, c.err.String())
	}
	c.nothingLeft(t, 2*time.Second)
	if !strings.Contains(strings.ToLower(c.out.String()), "interrupted") {
		t.Errorf("the table does not say that the run was interrupted:\n%s", c.out.String())
	}
	r := results(t, filepath.Join(out, "latest"))[[2]string{"trips.warm", "hardened"}]
	if r.Verdict != claim.Holds || r.Rounds < 3 {
		t.Errorf("verdict %s on %d rounds, want holds on those that were whole: %s", r.Verdict, r.Rounds, r.Because)
	}
}

func TestKilledTheRunLeavesNothingAndItsRoundsCanBeJudged(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	c := start(t, "run", "--out", out, "testdata/endless.yaml")
	if !waitFor(time.Minute, func() bool { return rounds(out) >= enough && hurtNow(out) }) {
		t.Fatalf("no round %d: %s", enough, c.err.String())
	}
	c.Process.Kill()
	c.Wait()
	c.nothingLeft(t, 2*time.Second)
	dirs, _ := filepath.Glob(filepath.Join(out, "2*"))
	if len(dirs) != 1 {
		t.Fatalf("run folders: %v, want one", dirs)
	}
	code, table, errs := bench("judge", dirs[0])
	if code != exitUndecided && code != exitHolds {
		t.Fatalf("judge: exit %d\n%s", code, errs)
	}
	if !strings.Contains(table, "cut short") {
		t.Errorf("the table does not say that a round was cut short:\n%s", table)
	}
	r := results(t, dirs[0])[[2]string{"trips.warm", "hardened"}]
	if r.Verdict != claim.Holds {
		t.Errorf("verdict %s, want holds on the rounds that were whole: %s", r.Verdict, r.Because)
	}
}

// rounds counts the rounds begun below out.
func rounds(out string) int {
	dirs, _ := filepath.Glob(filepath.Join(out, "2*", "rounds", "*"))
	return len(dirs)
}

func TestAServiceInAnotherLanguage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		program, command string
		want             map[string]claim.Verdict
		because          map[string]string
	}{
		// This one only pings its Redis: that it survives the fault proves nothing either.
		{"node", "node testdata/service.js", map[string]claim.Verdict{
			"trips.hit.latency": claim.Holds, "trips.dbload": claim.Inconclusive, "fallback.outage": claim.Inconclusive,
		}, map[string]string{"trips.dbload": "trips_db_queries_total", "fallback.outage": "command"}},
		// This one never speaks to its Redis: that it survives the fault proves nothing.
		{"python3", "python3 testdata/service.py", map[string]claim.Verdict{
			"trips.hit.latency": claim.Inconclusive, "trips.dbload": claim.Inconclusive, "fallback.outage": claim.Inconclusive,
		}, map[string]string{"fallback.outage": "Redis"}},
	} {
		t.Run(tt.program, func(t *testing.T) {
			machinetest.Need(t, tt.program)
			out := t.TempDir()
			code, table, errs := bench("run", "--out", out, "--target-cmd", tt.command, "testdata/foreign.yaml")
			if code != exitUndecided {
				t.Errorf("exit %d, want %d\n%s%s", code, exitUndecided, table, errs)
			}
			if t.Failed() && code == exitCannotRun {
				return
			}
			got := results(t, filepath.Join(out, "latest"))
			for id, want := range tt.want {
				r := got[[2]string{id, "service"}]
				if (r.Verdict != want || !strings.Contains(r.Because, tt.because[id])) && !busy(t, r) {
					t.Errorf("%s: %s because %q, want %s with %q", id, r.Verdict, r.Because, want, tt.because[id])
				}
			}
		})
	}
}

// Against a service that already runs, what can be judged is, and what would
// need a restart or a fault is undecided and says so.
func TestAServiceThatAlreadyRuns(t *testing.T) {
	t.Parallel()
	c := startService(t)
	out := t.TempDir()
	code, table, errs := bench("run", "--out", out, "--target-url", c, "testdata/running.yaml", "testdata/foreign.yaml")
	if code != exitUndecided {
		t.Errorf("exit %d, want %d\n%s%s", code, exitUndecided, table, errs)
	}
	got := results(t, filepath.Join(out, "latest"))
	for id, want := range map[string]struct {
		verdict claim.Verdict
		because string
	}{
		"trips.warm":      {claim.Holds, ""},
		"trips.source":    {claim.Inconclusive, "phase uncached needs the service restarted with TTL_TRIPS=0s"},
		"fallback.outage": {claim.Inconclusive, "phase fault needs refused on redis"},
	} {
		r := got[[2]string{id, "service"}]
		if r.Verdict != want.verdict || !strings.Contains(r.Because, want.because) {
			t.Errorf("%s: %s because %q, want %s with %q", id, r.Verdict, r.Because, want.verdict, want.because)
		}
	}
	if !strings.Contains(table, "already ran") {
		t.Errorf("the table does not say that the service already ran:\n%s", table)
	}
}

// startService runs the reference service in a process of its own, with env, and gives its URL.
func startService(t *testing.T, env ...string) string {
	t.Helper()
	port := machinetest.FreePort(t)
	addr := "127.0.0.1:" + port
	c := startWith(t, append(env, "PORT="+port, "RATE_LIMIT=0"), "serve")
	up := func() bool {
		r, err := http.Get("http://" + addr + "/health")
		if err == nil {
			r.Body.Close()
		}
		return err == nil && r.StatusCode == http.StatusOK
	}
	if !waitFor(10*time.Second, up) {
		c.Process.Kill()
		c.Wait()
		t.Fatalf("the service is not up: %s", c.err.String())
	}
	return "http://" + addr
}

// An instance that dies is missed for the rest of its round; the run goes on, and nothing
// holds for the service any more.
func TestAServiceThatDiesIsToldAndNothingHoldsForIt(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	c := start(t, "run", "--out", out, "--arms", "hardened", "testdata/endless.yaml")
	if !waitFor(time.Minute, func() bool { return rounds(out) >= enough && hurtNow(out) }) {
		t.Fatalf("no round %d: %s", enough, c.err.String())
	}
	died := rounds(out)
	if !kill(c.tmp, "serve") {
		t.Fatal("no service to kill")
	}
	if !waitFor(time.Minute, func() bool { return rounds(out) >= died+2 }) {
		t.Fatalf("the run did not go on: %s", c.err.String())
	}
	c.Process.Signal(syscall.SIGINT)
	if code := c.exit(t, 15*time.Second); code != exitInterrupted {
		t.Errorf("exit %d, want %d\n%s", code, exitInterrupted, c.err.String())
	}
	c.nothingLeft(t, 2*time.Second)
	r := results(t, filepath.Join(out, "latest"))[[2]string{"trips.warm", "hardened"}]
	if r.Verdict != claim.Inconclusive || r.Code != codes.Died || !strings.Contains(r.Because, "exit (signal: killed) in endless-0") || r.Rounds < died-3 {
		t.Errorf("verdict %s on %d rounds because %q, want inconclusive because an instance ended", r.Verdict, r.Rounds, r.Because)
	}
}

// hurtNow reports whether the newest round has come to its fault.
func hurtNow(out string) bool {
	dirs, _ := filepath.Glob(filepath.Join(out, "2*", "rounds", "*"))
	b, _ := os.ReadFile(filepath.Join(dirs[len(dirs)-1], "events.jsonl"))
	return bytes.Contains(b, []byte(`"kind":"fault"`)) && !bytes.Contains(b, []byte(`"kind":"end"`))
}

// A service that does not live without Redis is refuted by what it then fails to answer,
// in whole rounds; what it did before holds no more.
func TestWhoDiesOfAFaultIsPlayedWithToTheEnd(t *testing.T) {
	t.Parallel()
	machinetest.Need(t, "node")
	out := t.TempDir()
	code, table, errs := bench("run", "--out", out, "--target-cmd", "env WHEN=dies node testdata/fragile.js", "testdata/dies.yaml")
	if code != exitRefuted && code != exitUndecided || strings.Contains(table, "cut short") {
		t.Fatalf("exit %d, want %d with whole rounds\n%s%s", code, exitRefuted, table, errs)
	}
	got := results(t, filepath.Join(out, "latest"))
	if r := got[[2]string{"trips.warm", "service"}]; !busy(t, r) && (r.Verdict != claim.Inconclusive || r.Code != codes.Died || !strings.Contains(r.Because, "exit (exit status 1) in dies-01")) {
		t.Errorf("trips.warm: %s because %q", r.Verdict, r.Because)
	}
	if r := got[[2]string{"fallback.outage", "service"}]; r.Verdict != claim.Refuted && !busy(t, r) {
		t.Errorf("fallback.outage: %s because %q", r.Verdict, r.Because)
	}
}

// busy reports whether a claim is undecided through nothing but the machine's doing.
func busy(t *testing.T, r claim.Result) bool {
	t.Helper()
	if r.Verdict != claim.Inconclusive || !r.Code.OfMachine() {
		return false
	}
	machinetest.Busy(t, "%s is undecided, which proves nothing: %s", r.ID, r.Because)
	return true
}

// playsWell plays scenarios all of whose claims hold, where the machine lets them be decided.
func playsWell(t *testing.T, args ...string) {
	t.Helper()
	out := t.TempDir()
	code, table, errs := bench(append([]string{"run", "--out", out}, args...)...)
	if code == exitHolds {
		return
	}
	for _, r := range results(t, filepath.Join(out, "latest")) {
		if r.Verdict != claim.Holds && !busy(t, r) {
			t.Errorf("exit %d, want %d\n%s%s", code, exitHolds, table, errs)
			return
		}
	}
	if code != exitUndecided {
		t.Errorf("exit %d, want %d or, of a busy machine, %d\n%s%s", code, exitHolds, exitUndecided, table, errs)
	}
}

// What a service does that meets no Redis when it starts.
func TestTheServiceStartsWithoutRedis(t *testing.T) {
	t.Parallel()
	play := func(t *testing.T, args ...string) map[[2]string]claim.Result {
		t.Helper()
		out := t.TempDir()
		code, table, errs := bench(append([]string{"run", "--out", out}, append(args, "testdata/unready.yaml")...)...)
		if code == exitCannotRun || strings.Contains(table, "cut short") {
			t.Fatalf("exit %d\n%s%s", code, table, errs)
		}
		return results(t, filepath.Join(out, "latest"))
	}
	t.Run("it falls back", func(t *testing.T) {
		t.Parallel()
		got := play(t)
		for _, arm := range []string{"hardened", "documented"} {
			if r := got[[2]string{"fallback.outage", arm}]; r.Verdict != claim.Holds && !busy(t, r) {
				t.Errorf("%s: %s because %q", arm, r.Verdict, r.Because)
			}
		}
	})
	t.Run("it does not start", func(t *testing.T) {
		t.Parallel()
		machinetest.Need(t, "node")
		r := play(t, "--target-cmd", "env WHEN=hasty node testdata/fragile.js")[[2]string{"fallback.outage", "service"}]
		if r.Verdict != claim.Refuted && !busy(t, r) {
			t.Errorf("%s because %q", r.Verdict, r.Because)
		}
	})
}

// kill ends one process of the command that has the scratch folder in its environment.
func kill(tmp, command string) bool {
	environs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, e := range environs {
		env, _ := os.ReadFile(e)
		cmd, _ := os.ReadFile(filepath.Join(filepath.Dir(e), "cmdline"))
		if bytes.Contains(env, []byte(tmp)) && bytes.Contains(cmd, []byte("\x00"+command+"\x00")) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(e)))
			return syscall.Kill(pid, syscall.SIGKILL) == nil
		}
	}
	return false
}

// A stream may pause, and faults may follow on one another.
func TestAStreamThatPausesAndFaultsBackToBack(t *testing.T) {
	t.Parallel()
	playsWell(t, "--arms", "hardened", "testdata/pauses.yaml")
}

// Faults of every sort follow one another: of Redis, of an instance and of the
// paths between them. Each is proved, and put back before the next round.
func TestProcessesAreHurtAndPutBack(t *testing.T) {
	t.Parallel()
	playsWell(t, "--arms", "hardened", "testdata/processes.yaml")
}
