package load

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
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

func checkCall(s Stream, complain func(string, ...any)) {
	if _, known := methods[s.Method]; !known {
		complain("method %q: want one of %s", s.Method, strings.Join(traffic.Methods, ", "))
	}
	path, query, _ := strings.Cut(s.Path, "?")
	checkPath(s.Path, complain)
	rest := strings.Replace(path, traffic.Hole(path), "", 1)
	if strings.ContainsAny(rest, "{}") || traffic.Hole(query) != "" {
		complain("path %q: the only place that can be filled is one %s before any query", s.Path, strings.Join(traffic.Holes, " or "))
	}
	say := func(what string, err error) {
		if err != nil {
			complain("%s: %w", what, err)
		}
	}
	clients := s.Clients != nil
	if _, err := s.Contract.Speak(s.Call); err != nil {
		complain("%w", err)
	}
	say("body", s.CheckBody())
	say("body", traffic.CheckTemplate(s.Body, clients))
	say("headers", s.CheckHeaders(s.Clients))
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		say("headers", traffic.CheckHeader(name))
		say("headers: "+name, traffic.CheckHeaderValue(s.Headers[name], clients))
	}
	say("keep", traffic.CheckKeep(s.Keep))
	if s.Retry < 0 || s.Retry > traffic.MostRetries {
		complain("retry %d: want 0 to %d", s.Retry, traffic.MostRetries)
	}
	if i := slices.IndexFunc(s.Expect, func(status int) bool { return traffic.CheckStatus(status) != nil }); i >= 0 {
		say("expect", traffic.CheckStatus(s.Expect[i]))
	}
}

func checkPath(path string, complain func(string, ...any)) {
	if !strings.HasPrefix(path, "/") {
		complain("path %q does not begin with a slash", path)
	} else if _, err := url.Parse("http://host" + path); err != nil {
		complain("path %q: %w", path, err)
	}
}

func checkSequence(s Stream, complain func(string, ...any)) {
	if n := len(s.Steps); n < 1 || n > traffic.MostSteps {
		complain("a sequence of %d calls: want 1 to %d", n, traffic.MostSteps)
		return
	}
	if s.Burst > 1 {
		complain("bursts of %d: the calls of a sequence are made one after the other", s.Burst)
	}
	for i, one := range s.calls() {
		checkCall(one, func(format string, args ...any) { complain("step %d: %w", i+1, fmt.Errorf(format, args...)) })
	}
}

func checkSockets(s Stream, complain func(string, ...any)) {
	checkPath(s.Path, complain)
	if _, err := s.Contract.Speak(s.Call); err != nil {
		complain("%w", err)
	}
	if rest := strings.Replace(s.Path, traffic.Hole(s.Path), "", 1); strings.ContainsAny(rest, "{}") {
		complain("path %q: the only place that can be filled is one %s", s.Path, strings.Join(traffic.Holes, " or "))
	}
	if s.Method != http.MethodGet || s.Body != "" || len(s.Headers)+len(s.Expect)+len(s.Keep) > 0 {
		complain("a socket is opened by GET and a path alone")
	}
	if s.Clients != nil || s.Burst > 1 {
		complain("each socket is a client of its own: without clients and bursts")
	}
	if s.Socket == nil {
		complain("nothing says what becomes of its sockets")
	} else if err := s.Socket.Check(); err != nil {
		complain("%w", err)
	}
}
