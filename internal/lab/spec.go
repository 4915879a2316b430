package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/lab/redis"
	"github.com/trektribe/bench/internal/redact"
)

// readyIn is how long an instance may take to get ready where the Spec does not say.
const readyIn = 15 * time.Second

// armName is what an arm may be called: it becomes part of file names.
var armName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)

// check refuses a Spec that cannot be opened, all mistakes at once, before
// anything is started, and returns it with its defaults filled in.
func (s Spec) check(ctx context.Context) (Spec, error) {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	seen := map[string]bool{}
	for _, a := range s.Arms {
		if !armName.MatchString(a.Name) {
			bad("arm %q: a name is made of letters, digits and . _ + -", a.Name)
		}
		if seen[a.Name] {
			bad("arm %q is named twice", a.Name)
		}
		seen[a.Name] = true
		if a.Mutant != "" && s.Foreign() {
			bad("arm %q: mutants are of the reference target only", a.Name)
		}
		if len(a.Command)+len(a.Dir) > 0 && len(s.URLs) > 0 {
			bad("arm %q: either a command or target URLs, not both", a.Name)
		}
	}
	if s.Compose != "" {
		errs = append(errs, s.readStack(ctx))
	} else if s.Redis == redis.Composed {
		bad("redis: no compose file describes it: name one (--compose FILE)")
	}
	if len(s.Arms) == 0 {
		bad("no arm to open: name at least one")
	}
	if s.Clock == nil {
		bad("no clock to record events on")
	}
	if s.ReadyIn < 0 {
		bad("an instance cannot get ready in %v", s.ReadyIn)
	}
	if s.ReadyIn == 0 {
		s.ReadyIn = readyIn
	}
	if len(s.Self) == 0 {
		self, err := os.Executable()
		if err != nil {
			bad("find this program, to start it as a child: %w", err)
		}
		s.Self = []string{self}
	}
	errs = append(errs, s.checkToxiproxy(ctx)...)
	if len(s.URLs) > 0 {
		errs = append(errs, s.checkURLs(ctx)...)
		s.Instances = 0
		return s, errors.Join(errs...)
	}

	if !process.Supported {
		bad("processes can be started and ended safely on Linux and macOS only: give --target-url")
	}
	if s.Instances < 1 {
		bad("%d instances: an arm has at least one", s.Instances)
	}
	if s.Dir == "" {
		bad("no directory for logs")
	}
	errs = append(errs, checkEnv(s.Env))
	for _, a := range s.Arms {
		errs = append(errs, lookFor(s.command(a), a.Dir))
	}
	errs = append(errs, s.checkRedis(ctx))
	return s, errors.Join(errs...)
}

// lookFor refuses a command that is not there. One that is named by a path is sought where it is started.
func lookFor(command []string, dir string) error {
	if len(command) == 0 {
		return nil
	}
	name := command[0]
	if dir != "" && strings.ContainsRune(name, filepath.Separator) && !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	if _, err := exec.LookPath(name); err != nil {
		return fmt.Errorf("target command %q: %w", command[0], errors.Unwrap(err))
	}
	return nil
}

func (s Spec) checkURLs(ctx context.Context) []error {
	var errs []error
	switch n := len(s.Arms); {
	case n > 1 && slices.ContainsFunc(s.Arms, func(a ArmSpec) bool { return a.Policy != "" }):
		errs = append(errs, errors.New("instances that already run are one arm: they cannot be two policies at once"))
	case n > 1 && len(s.Toxiproxy) > 0:
		errs = append(errs, errors.New("a toxiproxy serves one arm: compare services that already run without it"))
	case n > 0 && len(s.URLs)%n != 0:
		errs = append(errs, fmt.Errorf("%d target URLs cannot be shared evenly by %d arms", len(s.URLs), n))
	}
	if len(s.Command) > 0 {
		errs = append(errs, errors.New("either a target command or target URLs, not both"))
	}
	for _, u := range s.URLs {
		if !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "https://") {
			errs = append(errs, fmt.Errorf("target URL %s: write http://host:port", redact.URL(u)))
		} else if strings.Contains(u, "@") {
			errs = append(errs, fmt.Errorf("target URL %s: a user and a password are not sent; write http://host:port", redact.Text(u)))
		} else if err := checkHost(ctx, u, s.AllowHosts); err != nil {
			errs = append(errs, fmt.Errorf("target URL: %w", err))
		}
	}
	return errs
}

// checkRedis refuses a Redis that cannot be opened.
func (s Spec) checkRedis(ctx context.Context) error {
	if s.Compose != "" {
		return nil // readStack has
	}
	if err := redis.Check(s.Redis); err != nil || redis.Own(s.Redis) {
		return err
	}
	if len(s.Arms) > 1 {
		return errors.New("a Redis of your own serves one arm, since its databases share publish/subscribe and the processor: " +
			"run the arms one by one (--arms hardened), or use --redis embedded or server")
	}
	return checkHost(ctx, s.Redis, s.AllowHosts)
}
