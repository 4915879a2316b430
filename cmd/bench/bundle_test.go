package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/machinetest"
)

// A run that is packed here is judged elsewhere to the same bytes, and packed again it is the same file.
func TestAPackedRunIsJudgedElsewhereToTheSameBytes(t *testing.T) {
	out, here, elsewhere := t.TempDir(), t.TempDir(), t.TempDir()
	code, table, errs := bench("run", "--out", out, "--seed", "7", "testdata/short.yaml")
	if code != exitHolds {
		t.Fatalf("exit %d, want %d\n%s%s", code, exitHolds, table, errs)
	}
	dir := filepath.Join(out, "latest")
	file := filepath.Join(here, "a.tar.gz")
	if code, said, errs := bench("bundle", dir, "--out", file); code != 0 || !strings.Contains(said, "bench judge "+file) {
		t.Fatalf("bundle: exit %d\n%s%s", code, said, errs)
	}
	first, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(elsewhere, "moved.tar.gz")
	if err := os.WriteFile(moved, first, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(out); err != nil { // nothing of the run is left here
		t.Fatal(err)
	}
	code, _, errs = bench("judge", moved)
	if code != exitHolds || !strings.Contains(errs, "the same, byte for byte") {
		t.Fatalf("judge: exit %d, want %d\n%s", code, exitHolds, errs)
	}
	again := filepath.Join(here, "b.tar.gz")
	if code, said, errs := bench("bundle", filepath.Join(elsewhere, "moved"), "--out", again); code != 0 {
		t.Fatalf("bundle again: exit %d\n%s%s", code, said, errs)
	}
	if second, _ := os.ReadFile(again); !bytes.Equal(first, second) {
		t.Errorf("the run, judged elsewhere, packs into other bytes: %d and %d", len(first), len(second))
	}

	// What is there is not written over, and the error says what to do.
	if code, _, errs := bench("judge", moved); code != exitCannotRun || !strings.Contains(errs, "--out DIR") {
		t.Errorf("unpacked twice: exit %d\n%s", code, errs)
	}
	// A result that was changed on the way is found out.
	results := filepath.Join(elsewhere, "moved", "results.json")
	b, _ := os.ReadFile(results)
	if err := os.WriteFile(results, bytes.Replace(b, []byte(`"holds"`), []byte(`"refuted"`), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	bench("bundle", filepath.Dir(results), "--out", again)
	if code, _, errs := bench("judge", again, "--out", filepath.Join(here, "c")); code != exitHolds || !strings.Contains(errs, "differs from the one in the bundle") {
		t.Errorf("judge of changed results: exit %d, want %d\n%s", code, exitHolds, errs)
	}
}

func TestWhatIsNoRunIsNotPacked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.tar.gz")
	if code, _, errs := bench("bundle", t.TempDir(), "--out", file); code != exitCannotRun || !strings.Contains(errs, "not a saved run") {
		t.Errorf("exit %d\n%s", code, errs)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a file was written")
	}
	if err := os.WriteFile(file, []byte("no bundle"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := bench("judge", file); code != exitCannotRun || !strings.Contains(errs, "bench bundle DIR writes one") {
		t.Errorf("judge of a text: exit %d\n%s", code, errs)
	}
}

// A bundle has no password of Redis, no secret of the service's environment and nothing of its logs, however deep in it.
func TestABundleHasNoSecret(t *testing.T) {
	machinetest.Need(t, "python3")
	dir, out, told := t.TempDir(), t.TempDir(), t.TempDir()
	scenario := filepath.Join(dir, "own.yaml")
	text := "name: own\nrounds: {min: 1, max: 2}\nphases: [{name: a, for: 300ms}, {name: b, for: 300ms, faults: [{kind: refused, on: redis}]}, {name: c, for: 300ms}]\n" +
		"traffic: [{name: listing, call: GET /api/trips, rate: 100/s}]\nclaims: [{id: trips.warm, says: it answers, holds: 'count(listing[within=900ms]) >= 1'}]\n"
	if err := os.WriteFile(scenario, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	// It writes its secrets into its log, and, for this test, aside.
	service := `sh -c 'env | tee "$TOLD/$INSTANCE"; exec python3 testdata/flags.py --listen=:{port} --cache={redis}'`
	code, table, errs := bench("run", "--report-only", "--out", out, "--target-cmd", service, "--env", "API_TOKEN=hunter2-and-more",
		"--env", "DATABASE=mongodb://user:swordfish-99@nowhere/db", "--env", "GREETING=good day", "--env", "TOLD="+told, scenario)
	if code != exitHolds {
		t.Fatalf("exit %d\n%s%s", code, table, errs)
	}
	file := filepath.Join(dir, "own.tar.gz")
	if code, said, errs := bench("bundle", filepath.Join(out, "latest"), "--out", file); code != 0 {
		t.Fatalf("exit %d\n%s%s", code, said, errs)
	}
	bench("judge", file)

	secrets := []string{"hunter2", "swordfish-99"}
	env, err := os.ReadFile(filepath.Join(told, "1"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(env)) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), "REDIS_URL="); ok {
			u, err := url.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			password, _ := u.User.Password()
			secrets = append(secrets, password)
		}
	}
	if len(secrets) != 3 || len(secrets[2]) < 8 {
		t.Fatalf("the password of Redis is not known: %q", env)
	}
	found := map[string]string{} // file → all that it says
	root := filepath.Join(dir, "own")
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		found[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	found["rows"] = rowsOf(t, filepath.Join(root, "rounds", "own-01"))
	if len(found) < 8 || !strings.Contains(found["rows"], `"Stream":"listing"`) {
		t.Fatalf("%d files were looked through", len(found))
	}
	for path, says := range found {
		for _, s := range secrets {
			if strings.Contains(says, s) {
				t.Errorf("%s has the secret %s", path, s)
			}
		}
	}
	if run := found[filepath.Join(root, "run.json")]; !strings.Contains(run, "good day") || !strings.Contains(run, "xxxxx") {
		t.Errorf("run.json has not what is no secret:\n%s", run)
	}
}

// rowsOf are all records of a round as a text: what is compressed on disk cannot be searched there.
func rowsOf(t *testing.T, dir string) string {
	t.Helper()
	r, err := history.OpenRound(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var all strings.Builder
	h := r.Arm("service")
	e := json.NewEncoder(&all)
	for one := range h.Requests() {
		e.Encode(one)
	}
	for one := range h.Commands() {
		e.Encode(one)
	}
	for one := range h.Events() {
		e.Encode(one)
	}
	return all.String()
}
