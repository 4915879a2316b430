package scenarios

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
)

//go:embed *.yaml
var files embed.FS

// usual are the scenarios of a run without names, in the order in which they run:
// first what works, then what breaks.
var usual = []string{"trips", "kinds", "instances", "limit", "limit-burst", "redis-outage", "redis-blackhole"}

// more are the other scenarios with a place in the order. Any further scenario runs
// after them, by name.
var more = []string{
	"redis-slow", "redis-reset", "redis-flapping", "redis-partition",
	"redis-unconfigured", "redis-absent", "redis-stale", "redis-crash",
	"bookings", "leaderboard", "sessions", "sessions-restart", "sessions-blackhole", "sessions-redis", "notifications", "notifications-killed",
	"limit-exact", "limit-instances", "limit-clients", "limit-fallback", "limit-recovery",
	"ops-auth", "ops-auth-wrong", "ops-metrics", "ops-logs", "ops-aof", "ops-aof-power", "ops-stack", "ops-order",
	"redis-errors", "redis-halfopen", "redis-writes", "redis-bystander", "redis-again", "redis-sides",
	"database-slow", "database-gone", "database-and-redis",
	"scale-sentinel",
}

// everything is the group of all scenarios.
const everything = "all"

// Library lists the names of the embedded scenarios, in the order in which they run.
func Library() []string {
	names, _ := fs.Glob(files, "*.yaml") // the pattern is right, so there is no error
	for i, n := range names {
		names[i] = strings.TrimSuffix(n, ".yaml")
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names
}

// Usual lists the scenarios of a run without names.
func Usual() []string { return slices.Clone(usual) }

func rank(name string) int {
	order := slices.Concat(usual, more)
	if i := slices.Index(order, name); i >= 0 {
		return i
	}
	return len(order)
}

// groups are the names of the embedded scenarios by their group.
var groups = sync.OnceValue(func() map[string][]string {
	out := map[string][]string{everything: Library()}
	for _, name := range Library() {
		// A scenario with a mistake is in no group; Load tells the mistake.
		if text, err := files.ReadFile(name + ".yaml"); err == nil {
			if all, err := read(name, text, "", nil); err == nil && all[0].Group != "" {
				out[all[0].Group] = append(out[all[0].Group], name)
			}
		}
	}
	return out
})

// Groups lists the groups of the library, sorted; "all" is the whole of it.
func Groups() []string { return slices.Sorted(maps.Keys(groups())) }

// InGroup lists the names of the embedded scenarios of a group, in the order in
// which they run. Empty: there is no such group.
func InGroup(group string) []string { return slices.Clone(groups()[group]) }

// Load finds a scenario by its name in the library, or by its path: a path contains
// a slash or ends in .yaml or .yml. The error is strictyaml.Mistakes when the file has
// mistakes. Any other error says that there is no such file or scenario, or that the
// name is a group's: the caller expands groups.
func Load(nameOrPath string) (*Scenario, error) {
	all, err := LoadProfile(nameOrPath, "")
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// LoadProfile is Load under a profile, or empty for the scenario as it stands. It is two
// scenarios where the profile decides some claims apart. One that the profile does not
// change has no Profile. An unknown profile is an error.
func LoadProfile(nameOrPath, profile string) ([]*Scenario, error) {
	if profile != "" {
		if _, err := FindProfile(profile); err != nil {
			return nil, err
		}
	}
	if strings.ContainsAny(nameOrPath, `/\`) || strings.HasSuffix(nameOrPath, ".yaml") || strings.HasSuffix(nameOrPath, ".yml") {
		text, err := readFile(nameOrPath)
		if err != nil {
			return nil, fmt.Errorf("read scenario %s: %w", nameOrPath, err)
		}
		return read(nameOrPath, text, profile, Groups())
	}
	if group := InGroup(nameOrPath); len(group) > 0 {
		return nil, fmt.Errorf("%s is a group of: %s; load these one by one", nameOrPath, strings.Join(group, ", "))
	}
	names := Library()
	if !slices.Contains(names, nameOrPath) {
		// The message has both: the near name to correct a slip, the list to choose from.
		h := near.Hint(nameOrPath, append(Library(), Groups()...))
		if !strings.Contains(h, "there is:") {
			h += "; the library has: " + strings.Join(names, ", ") + "; groups: " + strings.Join(Groups(), ", ")
		}
		return nil, fmt.Errorf("no scenario %s%s; a file is given by its path, such as ./%s.yaml", near.Quote(nameOrPath), h, nameOrPath)
	}
	text, err := files.ReadFile(nameOrPath + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("read scenario %s: %w", nameOrPath, err)
	}
	return read(path.Join("scenarios", nameOrPath+".yaml"), text, profile, Groups())
}

// readFile reads a regular file, up to one byte more than the largest that is allowed.
func readFile(name string) ([]byte, error) {
	// Checked before opening: opening a named pipe would wait for its writer.
	switch info, err := os.Stat(name); {
	case err != nil:
		var p *fs.PathError
		if errors.As(err, &p) {
			err = p.Err // the caller names the path
		}
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, strictyaml.MostBytes+1))
}
