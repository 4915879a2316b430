package load

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
)

const maxKeys = 1_000_000 // the zipf table and the versions seen take 8 bytes a key each

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
		s.checkCall(complain)
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

func (s Stream) checkCall(complain func(string, ...any)) {
	switch {
	case s.Method == http.MethodGet:
	case s.Method == http.MethodPut && s.path() == tripPath:
	default:
		complain("%s %s has no body to send: use GET, or PUT %s", s.Method, s.Path, tripPath)
	}
	path, query, _ := strings.Cut(s.Path, "?")
	if !strings.HasPrefix(path, "/") {
		complain("path %q does not begin with a slash", s.Path)
	} else if _, err := url.Parse("http://host" + s.Path); err != nil {
		complain("path %q: %w", s.Path, err)
	}
	rest := strings.Replace(path, hole(path), "", 1)
	if strings.ContainsAny(rest, "{}") || hole(query) != "" {
		complain("path %q: the only place that can be filled is one %s before any query", s.Path, strings.Join(holes, " or "))
	}
	if !s.keyed() {
		return
	}
	k := s.Keys
	if k.N < 1 || k.N > maxKeys {
		complain("%d keys: want 1 to %d", k.N, maxKeys)
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
	if s.Patience <= 0 {
		complain("patience %v: want one above 0", s.Patience)
	}
	if s.Workers < 1 {
		complain("%d workers: want at least 1", s.Workers)
	}
}

// holes are the places of a path that a key can fill.
var holes = []string{"{id}", "{user}"}

// hole is the first of holes that path has; empty: it has none.
func hole(path string) string {
	for _, h := range holes {
		if strings.Contains(path, h) {
			return h
		}
	}
	return ""
}

// keyed reports whether the path has a hole to fill.
func (s Stream) keyed() bool { return hole(s.Path) != "" }
