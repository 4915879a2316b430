// Package bundle packs a run's folder into one file that somebody else judges again.
//
// In go the files of a folder; out comes a tar.gz, the same bytes for the same files, and
// back again. It knows their names alone: what they say is others' business. Logs, which a
// service writes as it likes, and files that no run leaves are never packed and never unpacked.
package bundle

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Suffix is how the name of a bundle ends.
const Suffix = ".tar.gz"

// held are the files of a run that travel.
var held = []string{
	"run.json", "inspection.json", "drill.json", "after.json",
	"rounds/*/requests.parquet", "rounds/*/commands.parquet", "rounds/*/events.jsonl",
	"results.json", "curves.json", "clocks.json", "pictures.json", "compare.json", "gate.json",
	"report.md", "compare.md", "gate.md", "drill.md", "*.html",
}

// mostBytes bounds what a bundle may unpack to: a small file can hold far more zeros than a disk has room.
const mostBytes = 32 << 30

// Pack writes the run in dir to w, under a folder of the given name, and returns what it holds, sorted. at is the
// time of every file in it, to the second, so that it does not depend on when the folder was copied.
func Pack(w io.Writer, dir, name string, at time.Time) (files []string, err error) {
	if files, err = list(os.DirFS(dir)); err != nil {
		return nil, err
	}
	zip := gzip.NewWriter(w)
	out := tar.NewWriter(zip)
	for _, f := range files {
		if err := add(out, filepath.Join(dir, filepath.FromSlash(f)), path.Join(name, f), at); err != nil {
			return nil, err
		}
	}
	return files, errors.Join(out.Close(), zip.Close())
}

// list are the files of a run's folder that travel, sorted.
func list(dir fs.FS) (files []string, err error) {
	for _, pattern := range held {
		found, err := fs.Glob(dir, pattern)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	return files, nil
}

// add copies one file.
func add(out *tar.Writer, file, name string, at time.Time) error {
	if s, err := os.Lstat(file); err == nil && !s.Mode().IsRegular() {
		return fmt.Errorf("%s is no file of a run: only plain files are packed", file)
	}
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	s, err := in.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: s.Size(), ModTime: at.UTC().Truncate(time.Second), Format: tar.FormatPAX}
	if err := out.WriteHeader(header); err != nil {
		return err
	}
	n, err := io.Copy(out, in)
	if err == nil && n < s.Size() {
		err = io.ErrUnexpectedEOF
	}
	if errors.Is(err, tar.ErrWriteTooLong) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s changed while it was packed: wait until the run has ended", file)
	}
	return err
}

// Unpack makes the folder dir of a bundle. Whatever is wrong with the bundle, dir is whole or not there at all.
func Unpack(r io.Reader, dir string) (err error) {
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("%s is there already: %w", dir, fs.ErrExist)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	part, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(part) // gone already when all went well
	if err := unpack(r, part); err != nil {
		return err
	}
	if err := os.Chmod(part, 0o755); err != nil {
		return err
	}
	return os.Rename(part, dir)
}

func unpack(r io.Reader, dir string) error {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return notOne(err)
	}
	in, left, files := tar.NewReader(zip), int64(mostBytes), 0
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return notOne(err)
		}
		_, name, _ := strings.Cut(h.Name, "/") // without the run's own folder
		if h.Typeflag != tar.TypeReg || !travels(name) {
			return fmt.Errorf("it is no bundle of a run: it holds %q, which bench bundle never packs", h.Name)
		}
		if left -= h.Size; left < 0 {
			return fmt.Errorf("it unpacks to more than %d GiB", mostBytes>>30)
		}
		if err := put(in, filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			return err
		}
		files++
	}
	// The sum over all comes after the last file.
	if _, err := io.Copy(io.Discard, zip); err != nil {
		return notOne(err)
	}
	if files == 0 {
		return notOne(errors.New("it is empty"))
	}
	return nil
}

func notOne(err error) error {
	return fmt.Errorf("it is damaged, or no bundle: %w; bench bundle DIR writes one", err)
}

// travels reports whether a run has a file of that name that is packed.
func travels(name string) bool {
	return path.Clean(name) == name && !strings.Contains(name, `\`) && !slices.Contains(strings.Split(name, "/"), "..") &&
		slices.ContainsFunc(held, func(pattern string) bool { ok, _ := path.Match(pattern, name); return ok })
}

// put writes one new file.
func put(in io.Reader, file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return errors.Join(notOne(err), out.Close())
	}
	return out.Close()
}
