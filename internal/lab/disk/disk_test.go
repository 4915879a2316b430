//go:build linux

package disk_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/trektribe/bench/internal/lab/disk"
)

func mounted(t *testing.T) (*disk.Disk, string) {
	t.Helper()
	dir := t.TempDir()
	if err := disk.Can(); err != nil {
		t.Skip(err)
	}
	d, err := disk.Mount(dir)
	if err != nil {
		t.Skip(err) // a container without the right to mount
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("after Close: %v, %v", left, err)
		}
	})
	return d, dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatWasNotSyncedIsForgotten(t *testing.T) {
	d, dir := mounted(t)
	must(t, os.Mkdir(filepath.Join(dir, "sub"), 0o700))
	name := filepath.Join(dir, "sub", "log")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	must(t, err)
	defer f.Close()
	reads := func(want string) {
		t.Helper()
		if got, err := os.ReadFile(name); string(got) != want || err != nil {
			t.Errorf("it reads %q, %v; want %q", got, err, want)
		}
	}
	write := func(text string) { _, err := f.WriteString(text); must(t, err) }

	write("one ")
	must(t, f.Sync())
	write("two ")
	reads("one two ")
	if lost := d.Forget(); lost != 4 {
		t.Errorf("it lost %d bytes, want 4", lost)
	}
	reads("one ")
	write("three ") // goes on where the file ends now
	must(t, f.Sync())
	if lost := d.Forget(); lost != 0 {
		t.Errorf("it lost %d bytes of what was synced", lost)
	}
	reads("one three ")
	must(t, os.Truncate(name, 3))
	write("!")
	must(t, f.Sync())
	d.Forget()
	reads("one!")
}

// As Redis writes a new log beside the old one: a temporary file that is synced and then renamed.
func TestNamesAreKeptAtOnce(t *testing.T) {
	d, dir := mounted(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	f, err := os.Create(at("temp"))
	must(t, err)
	_, err = f.WriteString("base")
	must(t, err)
	must(t, f.Sync())
	must(t, f.Close())
	must(t, os.WriteFile(at("old"), []byte("old"), 0o600))
	must(t, os.Rename(at("temp"), at("old")))
	must(t, os.WriteFile(at("gone"), nil, 0o600))
	must(t, os.Remove(at("gone")))
	d.Forget()
	got, err := os.ReadFile(at("old"))
	left, _ := os.ReadDir(dir)
	if string(got) != "base" || err != nil || len(left) != 1 {
		t.Errorf("it holds %q, %v, and %v", got, err, left)
	}
}

// A child that had the connection would keep a disk alive whose server was killed.
func TestNoChildHasTheConnection(t *testing.T) {
	mounted(t)
	child := exec.Command("sleep", "60")
	must(t, child.Start())
	defer child.Wait()
	defer child.Process.Kill()
	dir := fmt.Sprintf("/proc/%d/fd/", child.Process.Pid)
	open, err := os.ReadDir(dir)
	must(t, err)
	for _, f := range open {
		if to, _ := os.Readlink(dir + f.Name()); to == "/dev/fuse" {
			t.Errorf("it has descriptor %s", f.Name())
		}
	}
}
