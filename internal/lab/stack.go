package lab

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"time"

	"github.com/trektribe/bench/internal/lab/compose"
	"github.com/trektribe/bench/internal/lab/container"
	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/lab/redis"
)

// needsWithin is how long what a service needs beside Redis may take to start.
const needsWithin = 2 * time.Minute

// noProject is what a project's name has none of.
var noProject = regexp.MustCompile(`[^A-Za-z0-9]+`)

// readStack reads the Spec's compose file.
func (s *Spec) readStack(ctx context.Context) (err error) {
	if len(s.URLs)+len(s.Command) > 0 {
		return errors.New("either a compose file, or a target command or target URLs")
	}
	if s.Redis != "" && s.Redis != redis.Composed {
		return fmt.Errorf("the compose file says which Redis it is: leave out %s", redis.Name(s.Redis))
	}
	s.Redis = redis.Composed
	if _, err := container.Engine(); err != nil {
		return err
	}
	if s.stack, err = compose.Read(ctx, s.Compose); err != nil {
		return err
	}
	for _, image := range s.stack.Images() {
		if err := container.Check(image); err != nil {
			return fmt.Errorf("compose file %s: %w", s.Compose, err)
		}
	}
	return nil
}

// Stack says which services of which images run, of a compose file: "api of bench/bench:latest, …"; empty: there is none.
func (l *Lab) Stack() string {
	if l.spec.stack == nil {
		return ""
	}
	return l.spec.stack.String()
}

// openProject writes an arm's copy of the compose file.
func (l *Lab) openProject(a *arm) (err error) {
	name := "bench-" + l.lease.Token()[:12] + "-" + noProject.ReplaceAllString(a.Name, "-")
	a.project, err = l.spec.stack.Project(name, filepath.Join(l.tmp, a.Name+"-compose.yml"), container.Mark(l.lease.Token()))
	return err
}

// openNeeds starts what the service of an arm needs beside Redis, and finds the address by which it reaches the lab's proxies.
// The watchdog removes it with all the rest.
func (l *Lab) openNeeds(ctx context.Context, a *arm) (err error) {
	if err := l.needs(ctx, a, a.project.UpNeeds()); err != nil {
		return err
	}
	a.host, err = container.Gateway(a.project.Network())
	return err
}

// renewNeeds makes new what a round is to find so.
func (l *Lab) renewNeeds(ctx context.Context, a *arm) error {
	if a.project == nil {
		return nil
	}
	return l.needs(ctx, a, a.project.Renew())
}

// needs does something to what the service of an arm needs; nil: nothing.
func (l *Lab) needs(ctx context.Context, a *arm, command []string) error {
	if command == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, needsWithin)
	defer cancel()
	name := a.Name + "-needs"
	p, err := l.lease.Start(process.Command{Name: name, Argv: command, Env: cleanEnviron(), Log: l.logOf(name)}, nil)
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("start what %s needs: %w%s", a.project.Target, ctx.Err(), p.Tail()), p.Kill())
	}
	if !p.State().Success() {
		return fmt.Errorf("start what %s needs: %v%s", a.project.Target, p.State(), p.Tail())
	}
	return nil
}
