package lab

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab/disk"
	"github.com/trektribe/bench/internal/lab/redis"
)

// Kinds lists the kinds of faults that a lab does itself to a target, with that Redis where the target is redis.
// All others are done by a proxy.
func Kinds(on, redis string) []string { return Spec{Redis: redis}.kinds(on) }

func (s Spec) kinds(on string) []string {
	for _, d := range dependencies {
		if d.on == on {
			return d.kinds(s)
		}
	}
	if on == "instance" {
		return instanceKinds()
	}
	return nil
}

// Can reports whether a lab of this Spec can do faults of the kind on one of fault.Targets; its error
// says why not, and what could. It opens nothing.
func (s Spec) Can(name, on string) error {
	if err := s.canHurt(on); err != nil {
		return err
	}
	k, _ := fault.Find(name)
	if !slices.Contains(k.On, on) {
		return fmt.Errorf("unknown fault %q on %s; there are: %s", name, on, strings.Join(fault.NamesOn(on), ", "))
	}
	if len(s.URLs) > 0 {
		return s.canRemotely(k, on)
	}
	if err := disk.Can(); name == "powerlost" && err != nil {
		return fmt.Errorf("powerlost on redis: %w", err)
	}
	if k.Acts == fault.Path && on == "redis" && redis.Several(s.Redis) {
		return fmt.Errorf("%s is done to the path to one Redis, and %s is several servers, whose addresses a service learns from them; to these can be done: %s",
			name, redis.Name(s.Redis), strings.Join(s.kinds(on), ", "))
	}
	if k.Acts == fault.Path || on != "redis" || slices.Contains(s.kinds(on), name) {
		return nil
	}
	remedy := "use " + k.Remedy()
	if name == "loading" {
		remedy += ", or the fault error of all commands on the path to redis, which answers LOADING in front of any Redis"
	}
	have := redis.Name(s.Redis)
	if !redis.Own(s.Redis) {
		return fmt.Errorf("%s on redis needs a Redis that the harness has started, and %s is somebody's: %s", name, have, remedy)
	}
	return fmt.Errorf("%s on redis cannot be done to the %s Redis: %s", name, have, remedy)
}

// canHurt reports whether there is anything to hurt there.
func (s Spec) canHurt(on string) error {
	if !slices.Contains(fault.Targets, on) {
		return fmt.Errorf("no dependency %q to hurt: there are redis, instance and database", on)
	}
	if len(s.URLs) > 0 {
		return s.canHurtRemotely(on)
	}
	for _, d := range dependencies {
		if d.on == on && d.can != nil {
			return d.can(s)
		}
	}
	return nil
}
