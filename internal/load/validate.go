package load

import (
	"errors"
	"fmt"
	"math"
	"net/url"
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
	switch k.Dist {
	case "uniform":
	case "zipf":
		if !(k.S > 0) || math.IsInf(k.S, 0) {
			complain("zipf exponent %v: want a number above 0", k.S)
		}
	default:
		complain("keys drawn by %q: want uniform or zipf", k.Dist)
	}
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
