package load

import (
	"maps"
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
	if !strings.HasPrefix(path, "/") {
		complain("path %q does not begin with a slash", s.Path)
	} else if _, err := url.Parse("http://host" + s.Path); err != nil {
		complain("path %q: %w", s.Path, err)
	}
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
	say("body", s.CheckBody())
	say("body", traffic.CheckTemplate(s.Body, clients))
	say("headers", s.CheckHeaders(s.Clients))
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		say("headers", traffic.CheckHeader(name))
		say("headers: "+name, traffic.CheckHeaderValue(s.Headers[name], clients))
	}
	say("keep", traffic.CheckKeep(s.Keep))
	if i := slices.IndexFunc(s.Expect, func(status int) bool { return traffic.CheckStatus(status) != nil }); i >= 0 {
		say("expect", traffic.CheckStatus(s.Expect[i]))
	}
}
