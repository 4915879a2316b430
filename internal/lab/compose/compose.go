// Package compose reads a compose file as a world to test in: which of its
// services is Redis, which is the service under test, and what else that one
// stands on. Out comes a copy of the file for one arm, without what would make
// two arms meet, and the commands that start its services in it. It drives
// compose, version 1 or 2, by its command, and writes nothing but that copy.
package compose

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

const (
	// roleLabel says what a service is where its name and image do not.
	roleLabel = "bench.role"
	// renewLabel says what is done to a service, beside Redis and the target, that a round is to find as new: "restart".
	renewLabel = "bench.renew"
	// The roles.
	roleRedis, roleTarget, roleOther = "redis", "target", "other"

	redisPort = 6379
	// readWithin bounds the reading of a file: compose 1 needs a second on a busy machine.
	readWithin = 30 * time.Second
)

// A Stack is a compose file, read. It is not changed.
type Stack struct {
	Redis              string   // the service that is Redis
	Target             string   // the service under test
	Needs              []string // what else Target depends on, directly or not
	Username, Password string   // of Redis, as Target is told
	DB                 int

	command []string // docker compose, or docker-compose
	port    int      // on which Target listens
	root    object
}

type object = map[string]any

// Read reads the file as compose does, with its variables. It starts nothing.
func Read(ctx context.Context, file string) (*Stack, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, fmt.Errorf("compose file: %w", err)
	}
	command, err := Command(ctx)
	if err != nil {
		return nil, err
	}
	text, err := output(ctx, append(slices.Clone(command), "-f", file, "config")...)
	if err != nil {
		return nil, fmt.Errorf("compose file %s: %w", file, err)
	}
	s := &Stack{command: command}
	if err := yaml.Unmarshal(text, &s.root); err != nil {
		return nil, fmt.Errorf("compose file %s, as %s shows it: %w", file, command[0], err)
	}
	if err := s.find(); err != nil {
		return nil, fmt.Errorf("compose file %s: %w", file, err)
	}
	return s, nil
}

// Command is compose as this machine has it.
func Command(ctx context.Context) ([]string, error) {
	for _, c := range [][]string{{"docker", "compose"}, {"docker-compose"}} {
		if _, err := output(ctx, append(slices.Clone(c), "version")...); err == nil {
			return c, nil
		}
	}
	return nil, errors.New("neither docker compose nor docker-compose is here: install one (apt-get install docker-compose)")
}

// output is what a command writes; its error has the last line that it complained with.
func output(ctx context.Context, argv ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	var complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(complaint.String()), "\n")
		return nil, fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, lines[len(lines)-1])
	}
	return out, nil
}

// find finds who is who.
func (s *Stack) find() error {
	var err error
	if s.Redis, err = s.only(roleRedis, func(name string, service object) bool {
		image, _, _ := strings.Cut(path.Base(text(service["image"])), ":")
		return image == "redis" || image == "valkey"
	}); err != nil {
		return err
	}
	if s.Target, err = s.only(roleTarget, func(_ string, service object) bool { return variables(service)["REDIS_URL"] != "" }); err != nil {
		return err
	}
	target := s.service(s.Target)
	if err := s.access(variables(target)["REDIS_URL"]); err != nil {
		return err
	}
	if s.port, err = port(target); err != nil {
		return fmt.Errorf("service %s: %w", s.Target, err)
	}
	s.need(s.Target)
	for _, name := range append([]string{s.Redis, s.Target}, s.Needs...) {
		if text(s.service(name)["image"]) == "" {
			return fmt.Errorf("service %s has no image: give it a name (image:), and build it first", name)
		}
	}
	return nil
}

// String lists the services that are started, with their images.
func (s *Stack) String() string {
	var all []string
	for _, name := range append([]string{s.Target, s.Redis}, s.Needs...) {
		all = append(all, name+" of "+text(s.service(name)["image"]))
	}
	return strings.Join(all, ", ")
}

// Images are those of the services that are started.
func (s *Stack) Images() (all []string) {
	for _, name := range append([]string{s.Redis, s.Target}, s.Needs...) {
		if image := text(s.service(name)["image"]); !slices.Contains(all, image) {
			all = append(all, image)
		}
	}
	return all
}

// only is the one service with the role, by its label, or else by what looks like it.
func (s *Stack) only(role string, like func(string, object) bool) (string, error) {
	var labelled, alike []string
	for name := range s.services() {
		service := s.service(name)
		switch is := labels(service)[roleLabel]; {
		case is == role:
			labelled = append(labelled, name)
		case is == "" && like(name, service):
			alike = append(alike, name)
		}
	}
	found := labelled
	if len(found) == 0 {
		found = alike
	}
	slices.Sort(found)
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", fmt.Errorf("no service is known to be the %s: give it the label %s: %s", role, roleLabel, role)
	}
	return "", fmt.Errorf("several services may be the %s: %s; give the right one the label %s: %s", role, strings.Join(found, ", "), roleLabel, role)
}

// access reads how Target gets into Redis.
func (s *Stack) access(redisURL string) error {
	u, err := url.Parse(strings.ReplaceAll(redisURL, "$$", "$"))
	if err != nil || u.Scheme != "redis" {
		return fmt.Errorf("service %s has no REDIS_URL that can be read: give it one in its environment, redis://[user:password@]host:port[/database]", s.Target)
	}
	s.Username = u.User.Username()
	s.Password, _ = u.User.Password()
	s.DB, _ = strconv.Atoi(strings.Trim(u.Path, "/"))
	return nil
}

// need adds what the service depends on, what comes first before what comes after. Another proxy is not needed: the lab has its own.
func (s *Stack) need(of string) {
	for name := range names(s.service(of)["depends_on"]) {
		if name == s.Redis || slices.Contains(s.Needs, name) || labels(s.service(name))[roleLabel] == roleOther {
			continue
		}
		s.need(name)
		s.Needs = append(s.Needs, name)
	}
}

// port is where a service listens inside: its variable PORT, or what it publishes or exposes.
func port(service object) (int, error) {
	if n, err := strconv.Atoi(variables(service)["PORT"]); err == nil {
		return n, nil
	}
	for _, key := range []string{"ports", "expose"} {
		for _, p := range list(service[key]) {
			if long, ok := p.(object); ok { // version 2 writes it so
				p = long["target"]
			}
			s, _, _ := strings.Cut(text(p), "/")
			if n, err := strconv.Atoi(s[strings.LastIndex(s, ":")+1:]); err == nil {
				return n, nil
			}
		}
	}
	return 0, errors.New("no port that it listens on: give it the variable PORT, or ports")
}
