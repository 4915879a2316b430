package load

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/traffic"
)

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
