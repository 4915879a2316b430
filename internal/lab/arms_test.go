package lab_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/lab"
)

// Arms may be builds of their own, each started in its directory; and two that already run are two arms.
func TestArmsAreBuildsOfTheirOwn(t *testing.T) {
	built := t.TempDir()
	script := "#!/bin/sh\npwd >where\nexec '" + os.Args[0] + "' serve\n"
	if err := os.WriteFile(filepath.Join(built, "server.sh"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	s := spec(t)
	s.Arms = []lab.ArmSpec{{Name: "A", Command: []string{"./server.sh"}, Dir: built}, {Name: "B", Policy: "hardened"}}
	w := open(t, s)
	w.fresh(t, nil)
	if where, err := os.ReadFile(filepath.Join(built, "where")); err != nil || !strings.HasSuffix(strings.TrimSpace(string(where)), filepath.Base(built)) {
		t.Errorf("A was started in %s, %v", where, err)
	}
	arms := w.Arms()

	running := spec(t)
	running.Arms, running.URLs = []lab.ArmSpec{{Name: "A"}, {Name: "B"}}, []string{arms[0].Instances[0].URL, arms[1].Instances[0].URL}
	both := open(t, running)
	both.fresh(t, nil)
	for i, a := range both.Arms() {
		if len(a.Instances) != 1 || a.Instances[0].URL != running.URLs[i] {
			t.Errorf("%s has %+v", a.Name, a.Instances)
		}
	}
}
