package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/trektribe/bench/internal/bundle"
	"github.com/trektribe/bench/internal/run"
)

const bundleHelp = `Pack a run into one file that somebody else judges again: the plan with its seed and
versions, every request and event, and the reports. The same run gives the same bytes.

Usage: bench bundle [--out FILE] [DIR]

DIR is a run's folder (default reports/out/latest). FILE is a tar.gz (default: named
like the run, in the working directory). The logs of the service are not in it, and the
values of secret variables and passwords are in no file of a run.

  bench judge FILE

unpacks it, on any machine, into a folder beside FILE, judges it, and says whether its
results.json is the same, byte for byte.

Exit: 0 packed, 2 could not, 130 interrupted.

Example:
  bench bundle reports/out/latest --out outage.tar.gz
  bench judge outage.tar.gz
`

func runBundle(ctx context.Context, args []string, out, errw io.Writer) int {
	flags := flag.NewFlagSet("bundle", flag.ContinueOnError)
	file := flags.String("out", "", "")
	dirs, err := parse(flags, bundleHelp, args, out)
	if err == nil && len(dirs) > 1 {
		err = fmt.Errorf("bundle takes one folder, got %d", len(dirs))
	}
	if err != nil {
		return stopped(err, errw)
	}
	dir := "reports/out/latest"
	if len(dirs) == 1 {
		dir = dirs[0]
	}
	saved, err := run.ReadSaved(dir)
	if err != nil {
		return cannot(errw, err)
	}
	name := saved.Folder()
	if *file == "" {
		*file = name + bundle.Suffix
	}
	sum := sha256.New()
	var files []string
	size, err := whole(*file, func(w io.Writer) (err error) {
		files, err = bundle.Pack(&interruptible{ctx, io.MultiWriter(w, sum)}, dir, name, saved.Started)
		return err
	})
	if ctx.Err() != nil {
		return exitInterrupted
	}
	if err != nil {
		return cannot(errw, fmt.Errorf("pack %s: %w", dir, err))
	}
	fmt.Fprintf(out, "%s: %d files of %s, %d bytes, sha256 %x\n", *file, len(files), name, size, sum.Sum(nil))
	fmt.Fprintf(out, "bench judge %s judges it again, anywhere; the logs of the service are not in it\n", *file)
	return 0
}

// interruptible ends the writing once ctx has ended.
type interruptible struct {
	ctx context.Context
	io.Writer
}

func (i *interruptible) Write(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.Writer.Write(p)
}

// whole replaces a file in one step once fill has filled it, and returns its size.
func whole(path string, fill func(io.Writer) error) (size int64, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return 0, fmt.Errorf("%w; choose another place with --out", err)
	}
	defer os.Remove(f.Name()) // gone already when all went well
	err = fill(f)
	if s, unknown := f.Stat(); unknown == nil {
		size = s.Size()
	}
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return 0, err
	}
	return size, os.Rename(f.Name(), path)
}

// unpacked is the folder to judge: dir itself, or where the bundle of that name was unpacked to. before is the
// results.json that came with a bundle; nil: it is none, or came without.
func unpacked(dir, to string) (folder string, before []byte, err error) {
	s, err := os.Stat(dir)
	if err != nil || s.IsDir() {
		if err == nil && to != "" {
			err = errors.New("--out is where a bundle is unpacked, and " + dir + " is a folder")
		}
		return dir, nil, err
	}
	if to == "" {
		if to = strings.TrimSuffix(dir, bundle.Suffix); to == dir {
			to += ".run"
		}
	}
	f, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	err = bundle.Unpack(f, to)
	if errors.Is(err, fs.ErrExist) {
		return "", nil, fmt.Errorf("unpack %s: %w; bench judge %s judges what is there, --out DIR unpacks to another folder", dir, err, to)
	}
	if err != nil {
		return "", nil, fmt.Errorf("unpack %s: %w", dir, err)
	}
	before, err = os.ReadFile(filepath.Join(to, "results.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return to, nil, nil // it was killed before it was judged
	}
	return to, before, err
}

// sayWhetherSame says whether the results of an unpacked run, judged here, are those that came with it.
func sayWhetherSame(w io.Writer, dir string, before []byte) error {
	now, err := os.ReadFile(filepath.Join(dir, "results.json"))
	if err != nil {
		return err
	}
	if bytes.Equal(before, now) {
		fmt.Fprintf(w, "bench: judged in %s; its results.json is the same, byte for byte, as in the bundle\n", dir)
		return nil
	}
	fmt.Fprintf(w, "bench: judged in %s; its results.json differs from the one in the bundle: another build judged that one, or the bundle was changed\n", dir)
	return nil
}
