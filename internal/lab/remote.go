package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/proxy/remote"
	"github.com/trektribe/bench/internal/redact"
)

// remoteClose bounds how long Close tries to put a proxy of somebody else's as it was found.
const remoteClose = 5 * time.Second

// checkToxiproxy says what is wrong with Spec.Toxiproxy, before anybody is asked.
func (s Spec) checkToxiproxy(ctx context.Context) []error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("toxiproxy: "+format, args...))
	}
	if len(s.Toxiproxy) == 0 {
		return nil
	}
	if !process.Supported {
		bad("what a killed harness left on it can be put back on Linux and macOS only")
	}
	if len(s.URLs) == 0 {
		bad("it is for a service that already runs (--target-url): what the lab starts has proxies of its own")
		return errs
	}
	if n := len(s.Toxiproxy); n > 1 && n != len(s.URLs) {
		bad("%d proxies for %d instances: name one for all, or one for each", n, len(s.URLs))
	}
	seen := map[remote.Place]bool{}
	for _, text := range s.Toxiproxy {
		at, err := remote.ParsePlace(text)
		if err != nil {
			bad("%s: %w", redact.Text(text), err)
			continue
		}
		if seen[at] {
			bad("%s is named twice: instances that share a proxy lose it together; name it once", text)
		}
		seen[at] = true
		if at.Proxy == "" && len(s.Toxiproxy) > 1 {
			bad("%s: name the proxy of each instance, as in %s/redis-1", text, at.URL)
		}
		if err := checkHost(ctx, at.URL, s.AllowHosts); err != nil {
			bad("%w", err)
		}
	}
	return errs
}

// openRemotes looks at the proxies that somebody else runs. Nothing is changed at them until a fault is.
func (l *Lab) openRemotes(ctx context.Context) error {
	if err := l.openLease(); err != nil {
		return err
	}
	a := l.arms[0]
	for i, text := range l.spec.Toxiproxy {
		at, err := remote.ParsePlace(text)
		if err != nil {
			return fmt.Errorf("toxiproxy %s: %w", text, err)
		}
		r, err := remote.Open(ctx, at, "bench-"+l.lease.Token()[:12], l.lease.Undo)
		if err != nil {
			return err
		}
		if err := checkHost(ctx, "tcp://"+r.Addr(), l.spec.AllowHosts); err != nil {
			return fmt.Errorf("proxy %v listens on %s: %w", r.Place(), r.Addr(), err)
		}
		c, err := r.OpenCanary(ctx)
		if err != nil {
			return fmt.Errorf("%w; canaries must reach the proxy where toxiproxy says that it listens: publish that port as it is", err)
		}
		c.Close()
		p := &path{site: site{spot: spot{arm: a.Name, on: "redis"}}, proxy: r, delivered: remote.Delivered, watch: newWatch(ctx, r)}
		if len(l.spec.Toxiproxy) == 1 {
			a.paths = append(a.paths, p)
		} else {
			p.instance = a.instances[i].name
			a.instances[i].paths = append(a.instances[i].paths, p)
		}
		l.closers = append(l.closers, func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, remoteClose)
			defer cancel()
			return r.Close(ctx)
		})
		l.say(fmt.Sprintf("redis: faults go through proxy %v, reached at %s", r.Place(), r.Addr()))
	}
	return nil
}

// CanDo is Can for a whole action: it looks at the fault's arguments and at its instances too.
func (s Spec) CanDo(a Action) error {
	if err := s.Can(a.Fault.Kind, a.On); err != nil || len(s.URLs) == 0 {
		return err
	}
	if err := remote.Check(a.Fault); err != nil {
		return err
	}
	if len(s.Toxiproxy) > 1 || len(a.Instances) == 0 {
		return nil
	}
	for i := range s.URLs {
		if !slices.Contains(a.Instances, fmt.Sprint(i+1)) {
			return fmt.Errorf("%s on redis of instance %s alone: one proxy serves all %d instances; name one for each, in the order of --target-url, as in --toxiproxy %s",
				a.Fault.Kind, strings.Join(a.Instances, ", "), len(s.URLs), "http://127.0.0.1:8474/redis-1,http://127.0.0.1:8474/redis-2")
		}
	}
	return nil
}

// canRemotely reports whether the kind can be done to a service that already runs.
func (s Spec) canRemotely(k fault.Kind, on string) error {
	if k.Acts != fault.Path {
		return fmt.Errorf("%s on %s needs a Redis that the harness has started; somebody else's toxiproxy can do: %s", k.Name, on, remote.Signatures())
	}
	return remote.CanDo(k.Name)
}

// canHurtRemotely reports whether there is a way to hurt what a service that already runs stands on.
func (s Spec) canHurtRemotely(on string) error {
	switch {
	case len(s.Toxiproxy) == 0:
		return fmt.Errorf("faults on %s need a service that the harness starts, or a proxy in front of its Redis: "+
			"use --target-cmd in place of --target-url, or name the toxiproxy (--toxiproxy)", on)
	case on != "redis":
		return errors.New("the harness cannot hurt instances that already run: use --target-cmd in place of --target-url; " +
			"on redis, --toxiproxy can do: " + remote.Signatures())
	}
	return nil
}
