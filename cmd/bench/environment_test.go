package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/machinetest"
)

// A service gets its own variables and arguments, and nothing that people read has a secret of theirs.
func TestAServiceGetsItsOwnVariablesAndArguments(t *testing.T) {
	machinetest.Need(t, "python3")
	dir, out := t.TempDir(), t.TempDir()
	scenario, env := filepath.Join(dir, "own.yaml"), filepath.Join(dir, "env")
	for path, text := range map[string]string{
		scenario: "name: own\nabout: it is there\nrounds: {min: 1, max: 2}\nphases: [{name: a, for: 300ms}]\n" +
			"traffic: [{name: listing, call: GET /api/trips, rate: 100/s}]\nclaims: [{id: trips.warm, says: it answers, holds: 'count(listing[within=900ms]) >= 1'}]\n",
		env: "# of the service\nAPI_TOKEN=hunter2-and-more\nexport GREETING='hello'\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("MONGODB_URI", "mongodb://elsewhere")
	play := func(more ...string) (int, string) {
		code, table, errs := bench(append([]string{"run", "--out", out, "--target-cmd", "python3 testdata/flags.py --listen=:{port} --cache={redis}", scenario}, more...)...)
		return code, table + errs
	}
	code, said := play("--wide", "--env-file", env, "--env", "GREETING=good day")
	if code != exitHolds {
		t.Errorf("exit %d, want %d\n%s", code, exitHolds, said)
	}
	for _, want := range []string{"API_TOKEN=xxxxx", "GREETING=good day", "MONGODB_URI of your environment stays out"} {
		if !strings.Contains(strings.Join(strings.Fields(said), " "), want) {
			t.Errorf("nothing says %q:\n%s", want, said)
		}
	}
	if code, said := play("--env", "API_TOKEN=hunter3-and-more"); code != exitCannotRun || strings.Contains(said, "hunter") || !strings.Contains(said, "what is xxxxx?") {
		t.Errorf("exit %d with a wrong secret, want %d without the secret:\n%s", code, exitCannotRun, said)
	}
	filepath.WalkDir(out, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || strings.HasSuffix(path, ".log") {
			return err
		}
		if b, err := os.ReadFile(path); err != nil || bytes.Contains(b, []byte("hunter2")) {
			t.Errorf("%s has the secret (%v)", path, err)
		}
		return nil
	})
}
