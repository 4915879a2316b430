package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	codes "github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/machinetest"
)

// halted runs scenarios against the fragile service, judges the folder again, and gives it with what was printed
// and the exit code.
func halted(t *testing.T, when string, files ...string) (dir, table string, code int) {
	t.Helper()
	machinetest.Need(t, "node")
	out := t.TempDir()
	code, table, errs := bench(append([]string{"run", "--out", out, "--seed", "7", "--target-cmd", "env WHEN=" + when + " node testdata/fragile.js"}, files...)...)
	if code == exitCannotRun {
		t.Fatalf("exit %d\n%s%s", code, table, errs)
	}
	dir, err := filepath.EvalSymlinks(filepath.Join(out, "latest"))
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	if again, _, errs := bench("judge", dir); again != code {
		t.Errorf("judge: exit %d, want %d\n%s", again, code, errs)
	}
	if after, _ := os.ReadFile(filepath.Join(dir, "results.json")); !bytes.Equal(before, after) {
		t.Errorf("judged again, results.json differs:\n%s\n---\n%s", before, after)
	}
	return dir, table, code
}

// events lists what a round recorded of the kinds.
func events(t *testing.T, dir, round string, kinds ...history.Kind) (found []history.Event) {
	t.Helper()
	r, err := history.OpenRound(t.Context(), filepath.Join(dir, "rounds", round))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for e := range r.Arm("service").Events() {
		for _, k := range kinds {
			if e.Kind == k {
				found = append(found, e)
			}
		}
	}
	return found
}

// A service that is not well is not hurt: the scenario does not begin, and says so.
func TestWhatIsNotSteadyIsNotHurt(t *testing.T) {
	dir, table, code := halted(t, "sick", "testdata/unsteady.yaml")
	if code != exitUndecided {
		t.Errorf("exit %d, want %d", code, exitUndecided)
	}
	const want = "did not begin: availability(all) >= 99% is required, was 0 %, in arm service at "
	r := results(t, dir)[[2]string{"trips.warm", "service"}]
	if r.Verdict != claim.Inconclusive || r.Code != codes.Halted || !strings.HasPrefix(r.Because, want) || r.Remedy == "" {
		t.Errorf("%s because %q; to settle: %q", r.Verdict, r.Because, r.Remedy)
	}
	if flat := strings.Join(strings.Fields(table), " "); !strings.Contains(flat, "cut short and does not count: did not begin") {
		t.Errorf("the table does not say why the round does not count:\n%s", table)
	}
	if e := events(t, dir, "unsteady-01", history.FaultOn); len(e) > 0 {
		t.Errorf("it was hurt all the same: %v", e)
	}
	if _, err := os.Stat(filepath.Join(dir, "rounds", "unsteady-02")); err == nil {
		t.Error("another round was begun")
	}
}

// A service that breaks under the fault gets Redis back at once; the scenario ends, and the next one is played.
func TestAFaultThatBreaksTheServiceIsTakenBack(t *testing.T) {
	t.Parallel()
	dir, _, _ := halted(t, "fails", "testdata/abort.yaml", "testdata/dies.yaml")
	got := results(t, dir)
	want := regexp.MustCompile(`^aborted: availability\(all\) < 50% \(was [0-9.]+ %\) in arm service at [0-9.]+ m?s of round 1, every fault was lifted in [0-9.]+ (m|µ)?s; until then: `)
	for _, id := range []string{"cache.shared", "cache.ttls"} {
		if r := got[[2]string{id, "service"}]; r.Verdict != claim.Inconclusive || r.Code != codes.Halted || !want.MatchString(r.Because) {
			t.Errorf("%s: %s because %q, want %s", id, r.Verdict, r.Because, want)
		}
	}
	switch r := got[[2]string{"fallback.outage", "service"}]; {
	case r.Verdict == claim.Refuted, busy(t, r):
	case r.Code == codes.Undelivered: // no canary ran while it lasted
		machinetest.Busy(t, "%s is undecided: %s", r.ID, r.Because)
	default:
		t.Errorf("of the next scenario, fallback.outage: %s because %q", r.Verdict, r.Because)
	}
	on, off, stopped := events(t, dir, "abort-01", history.FaultOn), events(t, dir, "abort-01", history.FaultOff), events(t, dir, "abort-01", history.Stopped)
	if len(on) != 2 || len(off) != 2 || len(stopped) != 1 {
		t.Fatalf("recorded %v, %v, %v, want two faults on, two lifted and the end", on, off, stopped)
	}
	if e := stopped[0]; e.Name != "abort" || e.Phase != "fault" || off[1].At < e.At || off[1].Until > e.Until || e.At-on[0].At > 15*time.Second {
		t.Errorf("stopped %+v after %v, lifted %v", e, on[0], off[1])
	}
}

// A service that is killed again and again and does not come up is refuted by that, in whole rounds.
func TestWhoDoesNotComeUpAgainIsPlayedWithToTheEnd(t *testing.T) {
	t.Parallel()
	dir, table, code := halted(t, "once", "testdata/once.yaml")
	got := results(t, dir)
	for _, id := range []string{"fallback.crash", "fallback.outage"} {
		if r := got[[2]string{id, "service"}]; r.Verdict != claim.Refuted && !busy(t, r) {
			t.Errorf("%s: %s because %q\n%s", id, r.Verdict, r.Because, table)
		}
	}
	if code != exitRefuted && code != exitUndecided || strings.Contains(table, "cut short") {
		t.Errorf("exit %d, want %d with whole rounds\n%s", code, exitRefuted, table)
	}
	on, off, proved := events(t, dir, "once-01", history.FaultOn), events(t, dir, "once-01", history.FaultOff), events(t, dir, "once-01", history.Delivery)
	if len(on) != 1 || len(off) != 1 || len(proved) != 3 {
		t.Errorf("recorded %v, %v, %v, want that it was killed once, and found dead twice", on, off, proved)
	}
}
