package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/joho/godotenv"

	"github.com/trektribe/bench/scenarios"
)

// environment is what --env-file and --env give every instance; --env wins, and of two the later one.
func (f runFlags) environment() (map[string]string, error) {
	env := map[string]string{}
	var errs []error
	for _, path := range f.envFiles {
		read, err := readEnvFile(path)
		errs = append(errs, err)
		maps.Copy(env, read)
	}
	for _, kv := range f.env {
		k, v, ok := strings.Cut(kv, "=")
		if !ok || k == "" {
			errs = append(errs, fmt.Errorf("--env %q: want NAME=VALUE", k))
			continue
		}
		env[k] = v
	}
	if len(env) > 0 && len(f.urls) > 0 {
		errs = append(errs, errors.New("--env needs a service that bench starts: one that already runs has its environment"))
	}
	return env, errors.Join(errs...)
}

// readEnvFile reads lines NAME=VALUE, as `docker run --env-file` and dotenv have them. Its errors never
// show a line: there may be a secret on it.
func readEnvFile(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--env-file: %w", err)
	}
	defer file.Close()
	env, err := godotenv.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("--env-file %s: want lines NAME=VALUE, and comments that begin with #", path)
	}
	return env, nil
}

// overridden refuses variables that a scenario sets itself: its claims are about that value.
func overridden(env map[string]string, all []*scenarios.Scenario) error {
	var errs []error
	for _, k := range slices.Sorted(maps.Keys(env)) {
		var by []string
		for _, s := range all {
			sets := slices.ContainsFunc(s.Phases, func(p scenarios.Phase) bool { _, ok := p.Env[k]; return ok })
			if _, ok := s.Target.Env[k]; ok || sets {
				by = append(by, s.Name)
			}
		}
		if len(by) > 0 {
			errs = append(errs, fmt.Errorf("--env %s: %s sets it, and its claims are about that value; change it in a copy of the scenario", k, strings.Join(by, ", ")))
		}
	}
	return errors.Join(errs...)
}
