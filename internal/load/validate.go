package load

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/traffic"
)

// check returns every mistake in streams at once, or nil.
func check(streams []Stream) error {
	var errs []error
	for i, s := range streams {
		complain := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("stream %d %q of arm %q: %w", i, s.Name, s.Arm, fmt.Errorf(format, args...)))
		}
		for j, o := range streams[:i] {
			if o.Arm == s.Arm && o.Name == s.Name && (o.First == s.First || o.Start < s.Start+s.For && s.Start < o.Start+o.For) {
				complain("stream %d has its name, and its First or a part of its window: number on, or name it otherwise", j)
			}
		}
		if sender, ok := senders[s.Type]; ok {
			sender.check(s, complain)
			s.checkKeys(complain)
			s.checkClients(complain)
		} else {
			complain("type %q: want one of %s", s.Type, strings.Join(traffic.Types, ", "))
		}
		s.checkSchedule(complain)
		if len(s.Targets) == 0 {
			complain("no targets: name at least one instance")
		}
		for _, t := range s.Targets {
			u, err := url.Parse(t.URL)
			if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
				complain("instance %q: %q is no URL of a service: want http://host:port", t.Instance, t.URL)
			}
		}
	}
	return errors.Join(errs...)
}

func (s Stream) checkKeys(complain func(string, ...any)) {
	if !s.Keyed() {
		return
	}
	k := s.Keys
	if k.N < 1 || k.N > traffic.MostKeys {
		complain("%d keys: want 1 to %d", k.N, traffic.MostKeys)
	}
	if k.Dist != "uniform" && k.Dist != "zipf" {
		complain("keys drawn by %q: want uniform or zipf", k.Dist)
	}
	if len(k.IDs) > 0 && len(k.IDs) != k.N {
		complain("%d keys of %d ids: want one for each", k.N, len(k.IDs))
	}
	checkExponent(k.Dist, k.S, complain)
}

func checkExponent(dist string, s float64, complain func(string, ...any)) {
	if dist == "zipf" && (!(s > 0) || math.IsInf(s, 0)) {
		complain("zipf exponent %v: want a number above 0", s)
	}
}

func (s Stream) checkClients(complain func(string, ...any)) {
	if s.Burst < 0 || s.Burst > traffic.MostBurst {
		complain("bursts of %d: want at most %d", s.Burst, traffic.MostBurst)
	} else if s.Workers > 0 && s.Workers < s.AtOnce() {
		complain("%d workers: a burst needs %d, one for each request", s.Workers, s.AtOnce())
	}
	c := s.Clients
	if c == nil {
		return
	}
	if err := c.Check(); err != nil {
		complain("%w", err)
	}
	if !slices.Contains(traffic.Draws, c.Draw) {
		complain("clients drawn by %q: want one of %s", c.Draw, strings.Join(traffic.Draws, ", "))
	}
	checkExponent(c.Draw, c.S, complain)
	for _, t := range s.Targets {
		if u, err := url.Parse(t.URL); err == nil && c.As == traffic.ByAddress && !onLoopback(u.Hostname()) {
			complain("instance %q: clients with addresses of their own reach 127.0.0.0/8 only, not %s; use as: header NAME", t.Instance, u.Host)
		}
	}
}

// onLoopback reports whether a host can be reached from 127.0.0.0/8.
func onLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Is4() && addr.IsLoopback()
}

func (s Stream) checkSchedule(complain func(string, ...any)) {
	for _, r := range []float64{s.From, s.To} {
		if !(r >= 0 && r <= maxRate) {
			complain("rate %v/s: want 0 to %d", r, int(maxRate))
		}
	}
	if s.From == 0 && s.To == 0 {
		complain("its rate is 0: it would send nothing")
	}
	if s.For <= 0 {
		complain("a window of %v: want one above 0", s.For)
	}
	if s.Start < 0 {
		complain("it starts at %v, before the clock", s.Start)
	}
	if s.Timeout <= 0 {
		complain("timeout %v: want one above 0", s.Timeout)
	}
	if s.Workers < 1 {
		complain("%d workers: want at least 1", s.Workers)
	}
}
