package container_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/lab/container"
)

// engine is a docker that runs the script, and the only program on the PATH beside the shell's.
func engine(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	if script != "" {
		if err := os.WriteFile(filepath.Join(dir, "docker"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

func TestWhatIsMissingIsNamedWithItsRemedy(t *testing.T) {
	for _, row := range []struct{ name, docker, want string }{
		{"no docker", "", "docker is not on PATH: install it"},
		{"no engine", "echo 'Cannot connect to the Docker daemon' >&2; exit 1", "start it (service docker start), or set DOCKER_HOST; docker version: exit status 1: Cannot connect"},
		{"an engine too old", "echo '19.03.1 1.9'", "19.03.1 speaks API 1.9, and 1.41 is the least: update it"},
		{"no image", `case "$1" in version) echo 20.10.24 1.41;; *) exit 1;; esac`, "no image bench/redis:latest: run make images"},
		{"all there", `case "$1" in version) echo 29.0.1 1.52;; esac`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			engine(t, row.docker)
			err := container.Check("bench/redis:latest")
			if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("Check says %v, want %q", err, row.want)
			}
		})
	}
}

func TestAContainerIsNamedAndMarked(t *testing.T) {
	got := container.Marked([]string{"docker", "run", "--rm", "redis"}, "bench-x-1", "X")
	want := []string{"docker", "run", "--name", "bench-x-1", "--label", "bench.lease=X", "--rm", "redis"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// What comes late, as the engine was asked for it before its client was killed, is removed too, and nothing without the mark
// is ever asked for.
func TestWhatComesLateIsSwept(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	engine(t, `echo "$@" >>`+log+`
n=$(/usr/bin/grep -c '^container ls' `+log+`)
[ "$1 $2" = "container ls" ] && [ "$n" = 2 ] && echo late
exit 0`)
	if err := container.Sweep("X"); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	said := string(b)
	if !strings.Contains(said, "container rm --force --volumes late\n") || strings.Count(said, "container ls") != 4 {
		t.Errorf("the engine was asked:\n%s\nwant what is there at the second look removed, and two more looks", said)
	}
	for line := range strings.Lines(said) {
		if strings.Contains(line, " ls ") && !strings.HasSuffix(line, "--filter label=bench.lease=X\n") {
			t.Errorf("asked without the mark: %s", line)
		}
	}
}
