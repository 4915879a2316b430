package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What cannot be drilled is refused with a remedy, and no folder of a run is made: no fault was begun.
func TestADrillThatCannotBeginTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "stop")
	if err := os.WriteFile(there, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	stops := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "stop") }))
	defer stops.Close()
	for _, row := range []struct {
		args []string
		want string
	}{
		{nil, "name what to rehearse"},
		{[]string{"testdata/drill.yaml"}, "--yes begins without asking"},
		{[]string{"--yes", "trips"}, "scenario trips has no fault, so there is nothing to rehearse"},
		{[]string{"--yes", "redis-reset"}, "nothing is predicted of phase"},
		{[]string{"--yes", "--expect", "outage: availabilty(all) >= 1%", "testdata/drill.yaml"}, `did you mean "availability"?`},
		{[]string{"--yes", "--expect", "death: max(time_to_steady(trip, 300ms)) <= 1s and availability(all[phase=outage]) >= 1%", "testdata/drill.yaml"}, "outage"},
		{[]string{"--yes", "--expect", "outag: count(all) >= 1", "testdata/drill.yaml"}, `did you mean outage?`},
		{[]string{"--yes", "--expect", "what", "testdata/drill.yaml"}, "write PHASE: COMPARISON"},
		{[]string{"--yes", "--halt-file", there, "testdata/drill.yaml"}, "is there already"},
		{[]string{"--yes", "--halt-url", stops.URL, "testdata/drill.yaml"}, `answered "stop"`},
		{[]string{"--yes", "--target-url", "http://127.0.0.1:1", "testdata/drill.yaml"}, "--toxiproxy"},
		{[]string{"--yes", "--allow-host", "staging.example", "testdata/drill.yaml"}, "--tell"},
		{[]string{"--ledger", "trips"}, "takes no scenario"},
	} {
		out := t.TempDir()
		code, said, errs := bench(append([]string{"drill", "--out", out}, row.args...)...)
		if code != exitCannotRun || !strings.Contains(errs, row.want) || said != "" {
			t.Errorf("%v: exit %d, want %q\n%s%s", row.args, code, row.want, said, errs)
		}
		if left, _ := os.ReadDir(out); len(left) > 0 {
			t.Errorf("%v leaves %v", row.args, left)
		}
	}
	if code, _, errs := bench("halt", "--out", dir); code != exitCannotRun || !strings.Contains(errs, "no drill is running") {
		t.Errorf("halt without a drill: exit %d\n%s", code, errs)
	}
}

// A service that does not start is not drilled, and no prediction of it is a hit.
func TestAServiceThatDoesNotStartIsNotDrilled(t *testing.T) {
	out := t.TempDir()
	code, table, errs := bench("drill", "--yes", "--out", out, "--target-cmd", "python3 -c 'import time; time.sleep(60)'", "--ready-in", "1s", "testdata/drill.yaml")
	if code != exitCannotRun || strings.Contains(table, "HIT") {
		t.Errorf("a service that does not start: exit %d\n%s%s", code, table, errs)
	}
}
