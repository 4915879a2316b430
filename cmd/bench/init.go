package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/discover"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/inspect"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/scenarios"
)

const initHelp = `Write a first contract for a service with other paths and answers, and a small
scenario beside it. Bench starts the service, asks it for what it has (only GET),
and says the next command.

Usage: bench init --target-cmd CMD [flags]

Flags:
  --target-cmd CMD   start CMD; PORT, REDIS_URL, {port} and {redis} as in bench run
  --target-url URL   ask a service that already runs
  --openapi FILE     try the paths of an OpenAPI file, JSON or YAML, not the usual ones
  --name NAME        of the contract and its files (default service)
  --dir DIR          where they are written (default the current folder)
  --env, --env-file, --redis, --ready-in, --allow-host   as in bench run

Writes NAME.yaml and NAME-outage.yaml, and never over a file that is there.

Exit: 0, or 2 when nothing was found or the service did not start.

Example:
  bench init --target-cmd 'node shop.js' --name shop
  bench init --target-cmd 'node shop.js' --openapi openapi.yaml
`

// initFlags are the flags of bench init; initHelp says what each is.
type initFlags struct {
	runFlags
	openapi, name, dir string
}

var initName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,39}$`)

func runInit(ctx context.Context, args []string, out, errw io.Writer) int {
	var f initFlags
	f.set = flag.NewFlagSet("init", flag.ContinueOnError)
	f.defineTarget()
	f.set.StringVar(&f.openapi, "openapi", "", "")
	f.set.StringVar(&f.name, "name", "service", "")
	f.set.StringVar(&f.dir, "dir", ".", "")
	rest, err := parse(f.set, initHelp, args, out)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("init takes no arguments, got %q", rest[0])
	}
	if err == nil && f.contract != "" {
		err = errors.New("init writes a contract, and takes none: see bench inspect --contract")
	}
	if err != nil {
		return stopped(err, errw)
	}
	if err := f.write(ctx, out); err != nil {
		return cannot(errw, err)
	}
	return 0
}

// write asks the service and writes what was found.
func (f initFlags) write(ctx context.Context, out io.Writer) error {
	spec, err := f.spec()
	if err == nil && len(spec.Command)+len(spec.URLs) == 0 {
		err = errors.New("which service? Give --target-cmd CMD, or --target-url URL")
	}
	paths, pathsErr := f.paths()
	files := []string{filepath.Join(f.dir, f.name+".yaml"), filepath.Join(f.dir, f.name+"-outage.yaml")}
	errs := []error{err, pathsErr}
	if !initName.MatchString(f.name) {
		errs = append(errs, fmt.Errorf("--name %q: want a letter, then letters, digits, - or _", f.name))
	} else {
		for _, file := range files {
			if _, err := os.Lstat(file); err == nil {
				errs = append(errs, fmt.Errorf("%s is there already: choose another --name or --dir", file))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	found, notes, err := f.ask(ctx, spec, paths)
	if err != nil {
		return err
	}
	if len(found.Lists) == 0 {
		return fmt.Errorf("none of the %d paths that were asked answers with a list in JSON: name the service's paths by --openapi FILE, or write a contract by hand (docs/contracts.md)", found.Asked)
	}
	texts := []string{found.Contract(f.name), found.Scenario(f.name)}
	own, err := contract.Read(files[0], []byte(texts[0]))
	if err != nil {
		return fmt.Errorf("what was found makes no contract, which is a defect of bench: %w", err)
	}
	for i, file := range files {
		if err := writeNew(file, texts[i]); err != nil {
			return err
		}
	}
	if _, err := scenarios.Load(asPath(files[1])); err != nil {
		return fmt.Errorf("what was found makes no scenario, which is a defect of bench: %w", err)
	}
	fmt.Fprintf(out, "asked %d paths, and found:\n", found.Asked)
	for _, l := range own.Lines() {
		if l[1] != "not spoken" {
			fmt.Fprintf(out, "  %s is %s\n", l[0], strings.TrimSuffix(l[1]+" ("+l[2]+")", " ()"))
		}
	}
	for _, n := range notes {
		fmt.Fprintln(out, n)
	}
	fmt.Fprintf(out, "wrote %s and %s\n\nnext: bench run %s --contract %s %s\n", files[0], files[1], f.target(), shellWord(files[0]), shellWord(asPath(files[1])))
	return nil
}

// paths are what to ask for.
func (f initFlags) paths() (discover.Paths, error) {
	if f.openapi == "" {
		return discover.Usual(), nil
	}
	const most = 16 << 20
	text, err := readRegular(f.openapi, most)
	if err == nil && len(text) > most {
		err = fmt.Errorf("%s is larger than 16 MiB", f.openapi)
	}
	if err != nil {
		return discover.Paths{}, fmt.Errorf("--openapi: %w", err)
	}
	return discover.OpenAPI(f.openapi, text)
}

// ask opens a lab with one instance and asks it. notes are on what the service then said to Redis.
func (f initFlags) ask(ctx context.Context, spec lab.Spec, paths discover.Paths) (found discover.Found, notes []string, err error) {
	logs, err := os.MkdirTemp("", "bench-init-")
	if err != nil {
		return found, nil, err
	}
	defer os.RemoveAll(logs)
	var mu sync.Mutex
	var heard []history.Command
	spec.Wire = func(c history.Command) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, c)
	}
	spec.Instances, spec.Dir, spec.Clock = 1, logs, history.NewClock()
	spec.Ready = lab.Question{Path: "/", Any: true}
	l, err := lab.Open(ctx, spec)
	if err != nil {
		return found, nil, err
	}
	ctx, release := l.Guard(ctx)
	defer func() {
		release()
		err = errors.Join(cmp.Or(l.Lost(), err), l.Close())
		if len(spec.URLs) == 0 { // else its Redis is its own
			notes = inspect.Heard(heard)
		}
	}()
	if err := l.Fresh(ctx, nil); err != nil {
		if f.command != "" && !strings.Contains(f.command, "{port}") {
			err = fmt.Errorf("%w\nif it takes its port from elsewhere than PORT, put {port} into --target-cmd, as in 'env HTTP_PORT={port} …'", err)
		}
		return found, nil, err
	}
	root := strings.TrimRight(l.Arms()[0].Instances[0].URL, "/")
	client := &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       3 * time.Second,
	}
	defer client.CloseIdleConnections()
	found = discover.Find(func(path string) (discover.Answer, error) { return getOnce(ctx, client, root+path) }, paths)
	return found, nil, ctx.Err()
}

// getOnce is the answer to one GET.
func getOnce(ctx context.Context, client *http.Client, url string) (discover.Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return discover.Answer{}, err
	}
	request.Header = http.Header{"User-Agent": {"bench"}, "Accept": {"application/json, */*;q=0.5"}}
	response, err := client.Do(request)
	if err != nil {
		return discover.Answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	return discover.Answer{Status: response.StatusCode, Header: response.Header, Body: body}, err
}

// target is how the service was named, for the next command.
func (f initFlags) target() string {
	if len(f.urls) > 0 {
		return "--target-url " + shellWord(f.urls[0])
	}
	text := "--target-cmd " + shellWord(f.command)
	for _, file := range f.envFiles {
		text += " --env-file " + shellWord(file)
	}
	for _, kv := range f.env {
		name, _, _ := strings.Cut(kv, "=")
		text += " --env " + name + "=…" // its value may be secret
	}
	return text
}

// asPath is a file's path as a scenario is named by it.
func asPath(file string) string {
	if filepath.Base(file) == file {
		return "./" + file
	}
	return file
}

var plainShell = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=-]+$`)

// shellWord is a text as one word of a shell's line.
func shellWord(text string) string {
	if plainShell.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// writeNew writes a file that is not there yet.
func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, text)
	return errors.Join(err, f.Close())
}
