package bundle_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/bundle"
)

var at = time.Date(2026, 11, 27, 10, 0, 0, 123, time.UTC)

// folder makes one with files that say their own names.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, f)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(f), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func pack(t *testing.T, dir string) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := bundle.Pack(&out, dir, "20261127T100000Z-x", at); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// files lists what is below dir.
func files(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var run = []string{"report.html", "results.json", "rounds/x-01/commands.parquet", "rounds/x-01/events.jsonl", "rounds/x-01/requests.parquet", "run.json"}

func TestWhatIsUnpackedIsWhatWasPacked(t *testing.T) {
	dir := folder(t, append([]string{"logs/hardened-1.log", ".env", "notes.txt", "rounds/x-01/core"}, run...)...)
	to := filepath.Join(t.TempDir(), "new", "folder")
	if err := bundle.Unpack(bytes.NewReader(pack(t, dir)), to); err != nil {
		t.Fatal(err)
	}
	if got := files(t, to); !slices.Equal(got, run) {
		t.Errorf("unpacked %v, want %v", got, run)
	}
	for _, f := range run {
		if b, err := os.ReadFile(filepath.Join(to, f)); string(b) != f {
			t.Errorf("%s says %q, %v", f, b, err)
		}
	}
}

func TestTheSameRunGivesTheSameBytes(t *testing.T) {
	one, two := folder(t, run...), folder(t, run...)
	if err := os.Chtimes(filepath.Join(two, "run.json"), at, at); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(two, "run.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pack(t, one), pack(t, two)) {
		t.Error("a copy of the run gives other bytes")
	}
}

func TestALinkIsNotFollowed(t *testing.T) {
	dir := folder(t, run...)
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "drill.md")); err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.Pack(new(bytes.Buffer), dir, "x", at); err == nil || !strings.Contains(err.Error(), "drill.md") {
		t.Errorf("%v, want an error about drill.md", err)
	}
}

// of makes an archive by hand.
func of(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	w := tar.NewWriter(zip)
	for _, h := range headers {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil { // one that lacks the contents it promises cannot be closed
		t.Log(err)
	}
	zip.Close()
	return out.Bytes()
}

func TestWhatIsNoBundleLeavesNothing(t *testing.T) {
	whole := pack(t, folder(t, run...))
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-6] ^= 1 // of the sum
	for name, archive := range map[string][]byte{
		"nothing":         nil,
		"a text":          []byte("{}"),
		"an empty one":    of(t),
		"cut off":         whole[:len(whole)/2],
		"a wrong sum":     flipped,
		"out of its room": of(t, tar.Header{Name: "x/../../run.json", Typeflag: tar.TypeReg, Mode: 0o644}),
		"from the root":   of(t, tar.Header{Name: "/etc/run.json", Typeflag: tar.TypeReg, Mode: 0o644}),
		"a log":           of(t, tar.Header{Name: "x/logs/a.log", Typeflag: tar.TypeReg, Mode: 0o644}),
		"a link":          of(t, tar.Header{Name: "x/run.json", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}),
		"twice the same":  of(t, tar.Header{Name: "x/run.json", Typeflag: tar.TypeReg}, tar.Header{Name: "y/run.json", Typeflag: tar.TypeReg}),
		"too much":        of(t, tar.Header{Name: "x/run.json", Typeflag: tar.TypeReg, Size: 1 << 40}),
	} {
		room := t.TempDir()
		err := bundle.Unpack(bytes.NewReader(archive), filepath.Join(room, "x"))
		if err == nil {
			t.Errorf("%s is unpacked", name)
		}
		if left, _ := os.ReadDir(room); len(left) > 0 {
			t.Errorf("%s leaves %v", name, left)
		}
	}
}

func TestAFolderThatIsThereIsLeftAlone(t *testing.T) {
	dir := folder(t, run...)
	if err := bundle.Unpack(bytes.NewReader(pack(t, dir)), dir); err == nil {
		t.Error("it was unpacked over another run")
	}
}
