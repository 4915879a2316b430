package lab

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/lab/redis"
	"github.com/trektribe/bench/internal/redact"
)

// shortestSecret is the length below which a value is no secret to be kept out of what errors
// show: to take every "1" out of a text protects nobody.
const shortestSecret = 4

// environ is all of the service's environment: the harness's without the contract's
// variables, then the contract's, then the Spec's, then the round's. names are those but for the harness's. hidden are its secrets.
func (in *instance) environ() (env, names, hidden []string) {
	// Without RATE_LIMIT a service limits its clients as the contract says: only scenarios about limits want that.
	set := map[string]string{"PORT": strconv.Itoa(in.port), "INSTANCE": in.name, "RATE_LIMIT": "0"}
	hidden = slices.Clone(in.lab.spec.Hidden)
	for i, d := range in.arm.dependencies {
		v := d.Env(in.addrOf(dependencies[i].on))
		set[v.Name] = v.Value
		if v.Secret != "" {
			hidden = append(hidden, v.Secret)
		}
	}
	if in.arm.Policy != "" {
		set["CACHE_POLICY"] = in.arm.Policy
	}
	if in.arm.project != nil { // its file says where it listens, and what its database is
		delete(set, "PORT")
		delete(set, "SQLITE_PATH")
	}
	maps.Copy(set, in.lab.spec.Env)
	maps.Copy(set, in.env)
	if set["REDIS_URL"] == "" { // the contract knows an absent one, not an empty one
		delete(set, "REDIS_URL")
	}
	var also map[string]string
	if in.lab.spec.Also != nil {
		also = in.lab.spec.Also(set)
		maps.Copy(set, also)
	}
	env = slices.DeleteFunc(cleanEnviron(), func(kv string) bool {
		k, _, _ := strings.Cut(kv, "=")
		_, ok := set[k]
		return ok
	})
	for _, k := range slices.Sorted(maps.Keys(set)) {
		if _, ok := also[k]; ok && set[k] == "" {
			continue // nor does it come from the harness's environment
		}
		env, names = append(env, k+"="+set[k]), append(names, k)
		if redact.Secret(k) && len(set[k]) >= shortestSecret {
			hidden = append(hidden, set[k])
		}
	}
	return env, names, hidden
}

// addrOf is where the instance reaches a dependency: at its proxy; empty: there is none.
func (in *instance) addrOf(on string) string {
	for _, p := range in.paths {
		if p.on == on {
			return p.own.Addr()
		}
	}
	return ""
}

// contract is every variable of the service contract that the harness's own
// environment must not decide, and what is between the harness and its children.
var contract = []string{
	"PORT", "INSTANCE", "REDIS_URL", "MONGODB_URI", "SQLITE_PATH", "CACHE_POLICY", "TTL_TRIPS", "TTL_PROFILES", "TTL_AI",
	"RATE_LIMIT", "RATE_WINDOW", "INSTANCES", "DB_DELAY", "AI_DELAY", "LOG_LEVEL", "TRUSTED_PROXIES", redis.PasswordEnv, redis.ControlEnv, process.LeaseEnv,
}

// owned is what only the lab can set: with another value the faults would miss
// the service, or a round would not be fresh.
var owned = []string{"PORT", "INSTANCE", "SQLITE_PATH", "CACHE_POLICY"}

// checkEnv refuses variables that are the lab's. An empty REDIS_URL is allowed and
// takes Redis away from the service; no other is.
func checkEnv(env map[string]string) error {
	var errs []error
	for _, k := range slices.Sorted(maps.Keys(env)) {
		if slices.Contains(owned, k) {
			errs = append(errs, fmt.Errorf("env %s is set by the lab: remove it", k))
		}
		if k == "REDIS_URL" && env[k] != "" {
			errs = append(errs, errors.New("env REDIS_URL is set by the lab, so that faults reach the service: name the Redis instead (redis: URL)"))
		}
	}
	return errors.Join(errs...)
}

// Withheld are the variables of the contract that the harness's own environment has, and that
// services do not get unless env has them. Those between the harness and its children are no news.
func Withheld(env map[string]string) []string {
	var names []string
	for _, k := range contract {
		_, given := env[k]
		if _, ok := os.LookupEnv(k); ok && !given && !slices.Contains(owned, k) && k != "REDIS_URL" && !strings.HasPrefix(k, "BENCH_") {
			names = append(names, k)
		}
	}
	return names
}

// cleanEnviron is the harness's environment without the contract's variables.
func cleanEnviron() []string {
	return slices.DeleteFunc(os.Environ(), func(kv string) bool {
		k, _, _ := strings.Cut(kv, "=")
		return slices.Contains(contract, k)
	})
}
