package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/history"
)

const (
	// portTries is how many ports a server is started on, where each was taken by somebody else in between.
	portTries = 3
	// healthCall bounds one question for /health.
	healthCall = time.Second
	// healthBytes bounds how much of an answer an error quotes.
	healthBytes = 200
)

// health is a client that keeps no connection, follows no redirect and uses no proxy
// of the environment's: the answer is the instance's own.
var health = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       healthCall,
}

// An instance is an Instance, its process and its path to Redis.
type instance struct {
	arm  *arm
	name string
	link *link // nil where it already ran

	mu      sync.Mutex
	url     string
	process *process // nil: not started
}

func (in *instance) at() string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.url
}

func (in *instance) running() *process {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.process
}

// environ is all of the service's environment: the harness's without the contract's
// variables, then the contract's, then the Spec's, then the round's.
func (in *instance) environ(port int, extra ...map[string]string) []string {
	set := map[string]string{
		"PORT":        strconv.Itoa(port),
		"INSTANCE":    in.name,
		"REDIS_URL":   in.arm.redis.url(in.link.proxy.Addr()),
		"SQLITE_PATH": in.arm.database + "/trips.db",
	}
	if in.arm.Policy != "" {
		set["CACHE_POLICY"] = in.arm.Policy
	}
	for _, e := range extra {
		maps.Copy(set, e)
	}
	if set["REDIS_URL"] == "" { // the contract knows an absent one, not an empty one
		delete(set, "REDIS_URL")
	}
	env := slices.DeleteFunc(cleanEnviron(), func(kv string) bool {
		k, _, _ := strings.Cut(kv, "=")
		_, ok := set[k]
		return ok
	})
	for _, k := range slices.Sorted(maps.Keys(set)) {
		env = append(env, k+"="+set[k])
	}
	return env
}

// argv is the service's command line.
func (l *Lab) argv(a *arm) []string {
	if len(l.spec.Command) > 0 {
		return l.spec.Command
	}
	argv := append(slices.Clone(l.spec.Self), "serve")
	if a.Mutant != "" {
		argv = append(argv, "--mutant", a.Mutant)
	}
	return argv
}

// startInstance starts one instance and waits until it is ready.
func (l *Lab) startInstance(ctx context.Context, in *instance, env map[string]string) error {
	for try := 1; ; try++ {
		port, err := l.ports.next()
		if err != nil {
			return err
		}
		began := l.spec.Clock.Now()
		c := command{name: in.arm.Name + "-" + in.name, argv: l.argv(in.arm), env: in.environ(port, l.spec.Env, env)}
		if in.arm.redis.password != "" {
			c.hidden = []string{in.arm.redis.password}
		}
		p, err := l.start(c, func(p *process) {
			if !p.ready.Load() {
				return // startInstance tells
			}
			now := l.spec.Clock.Now()
			l.record(history.Event{Kind: history.Process, Arm: in.arm.Name, Instance: in.name, Name: "exit", At: now, Until: now, Detail: p.cmd.ProcessState.String()})
		})
		if err != nil {
			return err
		}
		url := "http://" + loopback(port)
		in.mu.Lock()
		in.process, in.url = p, url
		in.mu.Unlock()

		err = waitReady(ctx, url, l.spec.ReadyIn, p)
		if err == nil {
			p.ready.Store(true)
			l.record(history.Event{Kind: history.Process, Arm: in.arm.Name, Instance: in.name, Name: "ready", At: began, Until: l.spec.Clock.Now(), Detail: url})
			return nil
		}
		if ctx.Err() == nil && p.portTaken(port) && try < portTries {
			continue
		}
		if ctx.Err() == nil {
			now := l.spec.Clock.Now()
			l.record(history.Event{Kind: history.Process, Arm: in.arm.Name, Instance: in.name, Name: "not ready", At: began, Until: now, Detail: err.Error()})
		}
		return err
	}
}

// portTaken reports whether p has exited because somebody else listens on its port.
func (p *process) portTaken(port int) bool {
	if p == nil || !p.exited() {
		return false
	}
	said := strings.ToLower(strings.Join(p.lines(), "\n"))
	return strings.Contains(said, "address already in use") || strings.Contains(said, "eaddrinuse") || !bindable(port)
}

// waitReady waits until GET /health answers 200. p is the process behind it; nil: it already ran.
func waitReady(ctx context.Context, url string, within time.Duration, p *process) error {
	name := Redact(url)
	var exited chan struct{}
	if p != nil {
		name, exited = p.name, p.done
	}
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("not ready within %v", within))
	defer cancel()
	last := errors.New("it was not asked")
	for wait := 5 * time.Millisecond; ; wait = min(wait*3/2, 50*time.Millisecond) {
		if err := askHealth(ctx, url); ctx.Err() == nil {
			last = err // an answer cut off by our own deadline says nothing
		}
		// A process that has exited is not what answered.
		if p != nil && p.exited() {
			return fmt.Errorf("%s ended before it was ready (%v)%s", name, p.cmd.ProcessState, p.tail())
		}
		if last == nil {
			return nil
		}
		select {
		case <-exited:
		case <-ctx.Done():
			err := fmt.Errorf("%s: %w; GET /health last said: %v", name, context.Cause(ctx), last)
			if p != nil && p.lines() != nil {
				err = fmt.Errorf("%w%s", err, p.tail())
			}
			return err
		case <-time.After(wait):
		}
	}
}

// askHealth is nil when the instance says that it is ready.
func askHealth(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(url, "/")+"/health", nil)
	if err != nil {
		return err
	}
	resp, err := health.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	b, _ := io.ReadAll(io.LimitReader(resp.Body, healthBytes))
	return fmt.Errorf("%s %q", resp.Status, b)
}
