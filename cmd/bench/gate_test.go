package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A wrong count is proved, whatever the machine does: the gate never lets it pass.
func TestAWrongCountIsAnAlarm(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	code, text, errs := bench("gate", "--against", "hardened", "--arms", "hardened+limit-off-by-one", "--rounds", "3", "--seed", "3", "--out", out, "limit-exact")
	switch {
	case code == exitRefuted && strings.Contains(text, "limit.exact is refuted and was not"):
	case code == exitUndecided && strings.Contains(text, "  limit.exact "): // the machine was too busy to judge A, or both
	default:
		t.Errorf("exit %d\n%s%s", code, text, errs)
	}
	for _, name := range []string{"compare.json", "compare.md"} {
		if info, err := os.Stat(filepath.Join(out, "latest", name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What cannot be compared is no pass.
func TestAGateWithoutSomethingToCompareIsNoPass(t *testing.T) {
	dir := t.TempDir()
	damaged, newer, hollow, several := filepath.Join(dir, "damaged.json"), filepath.Join(dir, "newer.json"), filepath.Join(dir, "hollow.json"), filepath.Join(dir, "several")
	for path, text := range map[string]string{damaged: "{", newer: `{"schema": 9}`, hollow: `{"schema": 1, "runs": [{}]}`, several + "/run.json": `{"schema": 2, "arms": [{"Name": "A"}, {"Name": "B"}]}`} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out := t.TempDir()
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"nothing to compare with", []string{"gate"}, exitUndecided, "no baseline"},
		{"a baseline that is not there", []string{"gate", "--baseline", filepath.Join(dir, "none.json")}, exitUndecided, "--update writes one"},
		{"an empty folder", []string{"gate", "--baseline", t.TempDir()}, exitUndecided, "neither"},
		{"a damaged baseline", []string{"gate", "--baseline", damaged}, exitCannotRun, "is no baseline"},
		{"a baseline of a newer build", []string{"gate", "--baseline", newer}, exitCannotRun, "schema is 9"},
		{"a baseline that holds nothing", []string{"gate", "--baseline", hollow}, exitUndecided, "has no verdict"},
		{"a run of several services", []string{"gate", "--baseline", several}, exitCannotRun, "a baseline is of one"},
		{"both at once", []string{"gate", "--against", "hardened", "--baseline", damaged}, exitCannotRun, "exclude"},
		{"an update of nothing", []string{"gate", "--update"}, exitCannotRun, "--baseline FILE"},
		{"two builds to judge", []string{"gate", "--against", "hardened", "--target-cmd", "x", "--arms", "hardened"}, exitCannotRun, "one build is judged"},
		{"one build", []string{"compare", "hardened"}, exitCannotRun, "two builds"},
		{"an effect that is none", []string{"compare", "hardened", "hardened", "--effect", "0%"}, exitCannotRun, "percentage"},
		{"no rounds", []string{"compare", "hardened", "hardened", "--rounds", "0"}, exitCannotRun, "--rounds 0"},
		{"one that runs beside one that does not", []string{"compare", "hardened", "http://127.0.0.1:1"}, exitCannotRun, "only with another"},
		{"a revision that is not there", []string{"compare", "git:no-such-revision", "hardened"}, exitCannotRun, "no such revision"},
		{"a command that is not there", []string{"compare", "hardened", "no-such-program x", "--out", out, "testdata/short.yaml"}, exitCannotRun, "no-such-program"},
		{"a build that does not start", []string{"compare", "hardened", `sh -c "echo my last words >&2; exit 3"`, "--out", out, "testdata/short.yaml"}, exitCannotRun, "my last words"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, text, errs := bench(tt.args...)
			if code != tt.code || !strings.Contains(text+errs, tt.want) {
				t.Errorf("exit %d, want %d and %q:\n%s%s", code, tt.code, tt.want, text, errs)
			}
		})
	}
	left, _ := filepath.Glob(filepath.Join(out, "*")) // the pattern is right
	if len(left) > 0 {
		t.Errorf("%v are left of what could not run", left)
	}
}

func TestABaselineIsWrittenAndHeld(t *testing.T) {
	t.Parallel()
	file, out := filepath.Join(t.TempDir(), "ci", "baseline.json"), t.TempDir()
	run := func(args ...string) (int, string) {
		code, text, errs := bench(append([]string{"gate", "--baseline", file, "--rounds", "3", "--out", out, "testdata/short.yaml"}, args...)...)
		return code, text + errs
	}
	if code, text := run("--update"); code != exitHolds || !strings.Contains(text, "new: 1 verdicts") {
		t.Fatalf("exit %d\n%s", code, text)
	}
	if code, text := run(); code != exitHolds || !strings.Contains(text, "1 of 1 verdicts are those of the baseline") || !strings.Contains(text, "it takes 3") {
		t.Errorf("exit %d\n%s", code, text)
	}
	stored, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// A saved run is held without being played: what holds in it passes.
	saved := filepath.Join(out, "latest")
	heldAlone := func(args ...string) (int, string) {
		code, text, errs := bench(append([]string{"gate", "--baseline", file}, args...)...)
		return code, text + errs
	}
	if code, text := heldAlone("--run", saved, "--arms", "B"); code != exitHolds || !strings.Contains(text, "1 of 1 verdicts are those of the baseline") {
		t.Errorf("exit %d\n%s", code, text)
	}
	if code, text := heldAlone("--run", saved, "--arms", "hardened"); code != exitCannotRun || !strings.Contains(text, "has the arms B") {
		t.Errorf("exit %d\n%s", code, text)
	}
	if code, text := heldAlone("--run", saved, "trips"); code != exitCannotRun || !strings.Contains(text, "no scenario") {
		t.Errorf("exit %d\n%s", code, text)
	}
	// A baseline of another policy takes no run of this one: what that one breaks would excuse it.
	if err := os.WriteFile(file, []byte(strings.Replace(string(stored), `"policy": "hardened"`, `"policy": "documented"`, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, text := heldAlone("--run", saved, "--arms", "B"); code != exitUndecided || !strings.Contains(text, "of the policy documented") {
		t.Errorf("exit %d\n%s", code, text)
	}
	if code, text := heldAlone("--run", saved, "--arms", "B", "--update"); code != exitCannotRun || !strings.Contains(text, "a file of its own") {
		t.Errorf("exit %d\n%s", code, text)
	}
	// A claim that vanished is no pass.
	if err := os.WriteFile(file, []byte(strings.Replace(string(stored), `"trips.warm"`, `"trips.gone"`, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, text := heldAlone("--run", saved, "--arms", "B"); code != exitUndecided || !strings.Contains(text, "trips.gone of the baseline was not played") {
		t.Errorf("exit %d\n%s", code, text)
	}
	if code, text := run("--update"); code != exitHolds || !strings.Contains(text, "trips.gone: gone") || !strings.Contains(text, "2 runs") {
		t.Errorf("exit %d\n%s", code, text)
	}
}

// Two revisions of somebody's repository are built beside it, and nothing of that stays, in the repository or elsewhere.
func TestRevisionsAreComparedAndLeaveNothing(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	short, err := filepath.Abs("testdata/short.yaml")
	if err != nil {
		t.Fatal(err)
	}
	repo := t.TempDir()
	git := func(args ...string) string {
		c := exec.Command("git", append([]string{"-C", repo, "-c", "user.name=n", "-c", "user.email=e@example"}, args...)...)
		text, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, text)
		}
		return string(text)
	}
	git("init", "--quiet")
	for _, revision := range []string{"first", "second"} {
		script := "#!/bin/sh\n# " + revision + "\nexec '" + self + "' serve\n"
		if err := os.WriteFile(filepath.Join(repo, "server.sh"), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		git("add", ".")
		git("commit", "--quiet", "-m", revision)
	}
	before := git("status", "--porcelain", "--ignored") + git("worktree", "list") + git("branch", "-a")
	c := startIn(t, repo, "compare", "git:HEAD~1", "git:HEAD", "--target-cmd", "./built.sh", "--build", "cp server.sh built.sh", "--rounds", "1", "--out", t.TempDir(), short)
	code := c.exit(t, 3*time.Minute)
	text := c.out.String()
	if code == exitCannotRun || code == exitRefuted || !strings.Contains(text, "git:HEAD~1 (") || !strings.Contains(text, "git:HEAD (") {
		t.Errorf("exit %d\n%s%s", code, text, c.err.String())
	}
	if after := git("status", "--porcelain", "--ignored") + git("worktree", "list") + git("branch", "-a"); after != before {
		t.Errorf("of the repository: %s, and was %s", after, before)
	}
	if left, _ := os.ReadDir(c.tmp); len(left) > 0 {
		t.Errorf("%v are left", left)
	}

	// After kill -9 too: while it builds, the directory is there, and then it is gone.
	c = startIn(t, repo, "compare", "git:HEAD~1", "git:HEAD", "--target-cmd", "./server.sh", "--build", "touch begun; sleep 300", "--out", t.TempDir(), short)
	begun := func() bool {
		found, _ := filepath.Glob(filepath.Join(c.tmp, "bench-*", "source", "begun"))
		return len(found) > 0
	}
	if !waitFor(time.Minute, begun) {
		t.Fatalf("no build begins: %s", c.err.String())
	}
	c.Process.Kill()
	c.Wait()
	if !waitFor(time.Minute, func() bool { left, _ := os.ReadDir(c.tmp); return len(left) == 0 }) {
		t.Error("its directory is left")
	}
}
