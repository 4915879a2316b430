package gate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/trektribe/bench/internal/lab/process"
)

// A Checkout is a revision of a git repository in a directory of its own. Nothing of it is in the repository. The
// watchdog removes it when the harness is killed.
type Checkout struct {
	Dir      string
	Revision string // the commit, in full
	lease    *process.Lease
	log      string
}

// CheckOut checks out a revision of the repository around the working directory. self is this program, for the watchdog.
func CheckOut(ctx context.Context, revision string, self []string) (_ *Checkout, err error) {
	top, err := git(ctx, "", "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, fmt.Errorf("git:%s: %w", revision, err)
	}
	commit, err := git(ctx, top, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return nil, fmt.Errorf("git:%s: %s has no such revision", revision, top)
	}
	c := &Checkout{Revision: commit}
	if c.lease, err = process.Open(self, os.Environ()); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	tmp, err := c.lease.TempDir()
	if err != nil {
		return nil, err
	}
	c.Dir, c.log = filepath.Join(tmp, "source"), filepath.Join(tmp, "build.log")
	if err := c.run(ctx, "", "git", "clone", "--quiet", "--shared", "--no-checkout", top, c.Dir); err != nil {
		return nil, err
	}
	if err := c.run(ctx, c.Dir, "git", "checkout", "--quiet", "--detach", commit); err != nil {
		return nil, err
	}
	return c, nil
}

// Build runs a shell's command line in it.
func (c *Checkout) Build(ctx context.Context, command string) error {
	return c.run(ctx, c.Dir, "sh", "-c", command)
}

// Close removes it.
func (c *Checkout) Close() error {
	return errors.Join(os.RemoveAll(filepath.Dir(c.Dir)), c.lease.Close(context.Background()))
}

// run runs a command to its end, and ends it with ctx. Its error quotes the end of what it wrote.
func (c *Checkout) run(ctx context.Context, dir string, argv ...string) error {
	p, err := c.lease.Start(process.Command{Name: argv[0], Argv: argv, Env: os.Environ(), Dir: dir, Log: c.log}, nil)
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		return errors.Join(ctx.Err(), p.Kill())
	}
	if !p.State().Success() {
		return fmt.Errorf("%s: %v%s", strings.Join(argv, " "), p.State(), p.Tail())
	}
	return nil
}

// git is one line that git says.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, "git", args...)
	c.Dir = dir
	var said strings.Builder
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(said.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
