package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trektribe/bench/reports"
)

var update = flag.Bool("update", false, "write the golden files of recorded runs anew")

// judgedFiles are the files that judging a run writes, beside the table on stdout.
var judgedFiles = []string{"results.json", "curves.json", "clocks.json", "report.md"}

// The runs in testdata/recorded were played once: every scenario under both
// policies, some on a redis-server, a service that somebody else wrote, and a
// run that was interrupted. Whatever is rebuilt, they are judged as they were.
func TestRecordedRuns(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	runs, err := filepath.Glob(filepath.Join(here, "testdata/recorded/*.tar.gz"))
	if err != nil || len(runs) == 0 {
		t.Fatalf("no recorded runs: %v", err)
	}
	t.Chdir(t.TempDir())
	for i, archive := range runs {
		want := strings.TrimSuffix(archive, ".tar.gz")
		// To judge a run and to report it take a core each, side by side.
		for _, play := range []struct {
			what string
			as   func(t *testing.T, dir, want string)
		}{{"judged", judgedAsBefore}, {"reported", reportedAsBefore}} {
			t.Run(filepath.Base(want)+" "+play.what, func(t *testing.T) {
				if !*update { // what is reported follows from what was judged
					t.Parallel()
				}
				dir := fmt.Sprintf("%c%02d", play.what[0], i) // as long as "run": the table breaks its lines by that
				unpack(t, archive, dir)
				play.as(t, dir, want)
			})
		}
	}
}

func judgedAsBefore(t *testing.T, dir, want string) {
	var out, errw bytes.Buffer
	if code := runJudge(context.Background(), []string{"--report-only", dir}, &out, &errw); code != exitHolds || errw.Len() > 0 {
		t.Fatalf("judge exits with %d: %s", code, errw.String())
	}
	golden(t, filepath.Join(want, "table.txt"), bytes.ReplaceAll(out.Bytes(), []byte(dir), []byte("run")))
	for _, name := range judgedFiles {
		golden(t, filepath.Join(want, name), read(t, dir, name))
	}
	if page := read(t, dir, "report.html"); len(page) > 2<<20 {
		t.Errorf("report.html has %d bytes, want at most 2 MB", len(page))
	}
}

func reportedAsBefore(t *testing.T, dir, want string) {
	if err := os.WriteFile(filepath.Join(dir, "results.json"), read(t, want, "results.json"), 0o644); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range reports.OnDemand() {
		names = append(names, f.Name)
	}
	var out, errw bytes.Buffer
	if code := runReport(context.Background(), []string{dir, "--format", strings.Join(names, ","), "--out", dir + "/reports"}, &out, &errw); code != 0 {
		t.Fatalf("report exits with %d: %s", code, errw.String())
	}
	for _, f := range reports.OnDemand() {
		golden(t, filepath.Join(want, f.File), read(t, dir, filepath.Join("reports", f.File)))
	}
}

// A round whose file is damaged is set aside, and the others are judged.
func TestADamagedRoundIsSetAside(t *testing.T) {
	archive, err := filepath.Abs("testdata/recorded/server.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	dir := "run"
	t.Chdir(t.TempDir())
	unpack(t, archive, dir)
	files, err := filepath.Glob(filepath.Join(dir, "rounds/*-01/requests.parquet"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no rounds: %v", err)
	}
	whole := results(t, strings.TrimSuffix(archive, ".tar.gz"))
	cut, err := os.ReadFile(files[0])
	if err == nil {
		err = os.WriteFile(files[0], cut[:len(cut)/2], 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	var out, errw bytes.Buffer
	if code := runJudge(context.Background(), []string{"--report-only", dir}, &out, &errw); code != exitHolds {
		t.Fatalf("judge exits with %d: %s", code, errw.String())
	}
	round := filepath.Base(filepath.Dir(files[0]))
	scenario := strings.TrimSuffix(round, "-01")
	if table := strings.Join(strings.Fields(out.String()), " "); !strings.Contains(table, "round "+round+" is damaged and does not count") {
		t.Errorf("nothing says that %s is damaged:\n%s", round, out.String())
	}
	got := results(t, dir)
	if len(got) != len(whole) {
		t.Errorf("%d results, want %d", len(got), len(whole))
	}
	fewer := 0
	for id, r := range got {
		want := whole[id]
		if r.Scenario != scenario && (r.Verdict != want.Verdict || r.Rounds != want.Rounds) || r.Rounds > want.Rounds {
			t.Errorf("%v: %s of %d rounds, and %s of %d when nothing was damaged", id, r.Verdict, r.Rounds, want.Verdict, want.Rounds)
		}
		if r.Rounds < want.Rounds {
			fewer++
		}
	}
	if fewer == 0 {
		t.Errorf("every claim has as many rounds as if nothing was damaged")
	}
}

// golden holds got to a golden file, or makes it that with -update.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, got, 0o644)); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := 0; i < max(len(g), len(w)); i++ {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Errorf("%s differs from line %d on: got\n%s\nwant\n%s", file, i+1,
				strings.Join(g[min(i, len(g)):min(i+5, len(g))], "\n"), strings.Join(w[min(i, len(w)):min(i+5, len(w))], "\n"))
			return
		}
	}
}

// unpack puts the files of a tar.gz into dir.
func unpack(t *testing.T, archive, dir string) {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			if err := os.MkdirAll(name, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		data, err := io.ReadAll(r)
		if err == nil {
			err = os.WriteFile(name, data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
