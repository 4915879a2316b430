package compose

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// A Project is a stack for one arm: containers, networks and volumes of its own.
type Project struct {
	*Stack
	name, file string
}

// Project writes the stack's copy for one arm into file. Whatever compose makes of it bears the label ("name=value"). What
// would make two arms meet is left out: published ports, names of containers, networks and volumes. So is restart: what
// a fault has ended stays so until the fault is lifted.
func (s *Stack) Project(name, file, label string) (*Project, error) {
	p := &Project{s, strings.ToLower(name), file}
	root := maps.Clone(s.root)
	delete(root, "name")
	key, value, _ := strings.Cut(label, "=")

	services := object{}
	for service := range s.services() {
		o := maps.Clone(s.service(service))
		for _, k := range []string{"ports", "container_name", "restart", "build"} {
			delete(o, k)
		}
		o["labels"] = with(labels(o), key, value)
		services[service] = o
	}
	root["services"] = services
	for _, kind := range []string{"networks", "volumes"} {
		all := object{}
		given, _ := root[kind].(object)
		for n, v := range given {
			o, _ := v.(object)
			if o = maps.Clone(o); o == nil {
				o = object{}
			}
			if text(o["external"]) == "" || text(o["external"]) == "false" {
				delete(o, "name")
				o["labels"] = with(pairs(o["labels"]), key, value)
			}
			all[n] = o
		}
		if _, ok := all["default"]; kind == "networks" && !ok {
			all["default"] = object{"labels": with(nil, key, value)}
		}
		root[kind] = all
	}
	b, err := yaml.Marshal(root)
	if err == nil {
		err = os.WriteFile(file, b, 0o600) // it has passwords
	}
	if err != nil {
		return nil, fmt.Errorf("write the compose file of %s: %w", name, err)
	}
	return p, nil
}

// with is the labels and one more.
func with(labels map[string]string, key, value string) object {
	out := object{key: value}
	for k, v := range labels {
		out[k] = v
	}
	return out
}

// compose is its command line in this project.
func (p *Project) compose(args ...string) []string {
	return slices.Concat(p.command, []string{"-p", p.name, "-f", p.file}, args)
}

// UpNeeds is the command that starts what the target needs, and returns; nil: it needs nothing but Redis.
func (p *Project) UpNeeds() []string {
	if len(p.Needs) == 0 {
		return nil
	}
	return p.compose(append([]string{"up", "-d", "--no-deps"}, p.Needs...)...)
}

// Renew is the command that restarts what the target needs and a round is to find as new, and returns; nil: there is none.
func (p *Project) Renew() []string {
	var all []string
	for _, name := range p.Needs {
		if labels(p.service(name))[renewLabel] == "restart" {
			all = append(all, name)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return p.compose(append([]string{"restart", "--timeout", "0"}, all...)...)
}

// RunRedis is the command that runs Redis in the foreground, on a port of 127.0.0.1.
func (p *Project) RunRedis(port int) []string {
	return p.compose("run", "--rm", "-T", "--no-deps", "--use-aliases", "--publish", fmt.Sprintf("127.0.0.1:%d:%d", port, redisPort), p.Redis)
}

// RunTarget is the command that runs an instance in the foreground, on a port of 127.0.0.1. It is given the named variables,
// whose values are in the environment of the command: an argument list can be read by every user.
func (p *Project) RunTarget(port int, variables []string) []string {
	args := []string{"run", "--rm", "-T", "--no-deps", "--publish", fmt.Sprintf("127.0.0.1:%d:%d", port, p.port)}
	for _, v := range variables {
		args = append(args, "-e", v)
	}
	return p.compose(append(args, p.Target)...)
}

// Network is the name of a network that the target is in.
func (p *Project) Network() string {
	network := "default"
	for n := range names(p.service(p.Target)["networks"]) {
		network = n
		break
	}
	return p.name + "_" + network
}
