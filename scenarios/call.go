package scenarios

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
	"github.com/trektribe/bench/internal/traffic"
)

// readCall reads the HTTP call that a stream of traffic.Calls makes.
func readCall(t strictyaml.Table, v strictyaml.Value, st *traffic.Stream) {
	readHeaders(t, st)
	readBody(t, st)
	readExpect(t, st)
	readKeep(t, st)
	st.Retry = t.Whole("retry", 1, traffic.MostRetries, 0)
	text, ok := v.Text()
	if !ok {
		return
	}
	var err error
	if st.Method, st.Path, err = parseCall(text); err != nil {
		v.Wrong("call: %v", err)
		return
	}
	switch err := st.CheckBody(); {
	case err != nil && st.Body != "":
		t.At("body").WrongKey("body: %v", err)
	case err != nil && !t.Has("body"):
		v.Wrong("call: %v", err)
	}
}

func callText(st traffic.Stream) string { return st.Method + " " + st.Path }

var hole = regexp.MustCompile(`\{[^{}]*\}`)

// parseCall reads "GET /api/trips/{id}".
func parseCall(s string) (method, path string, err error) {
	if method, path, err = parsePath(s); err != nil {
		return "", "", err
	}
	if route, query, _ := strings.Cut(path, "?"); traffic.Hole(route) == "" && traffic.Hole(query) != "" {
		return "", "", fmt.Errorf("the path %s has %s in its query; only the part before ? can be filled", near.Quote(path), traffic.Hole(query))
	}
	return method, path, nil
}

// parsePath reads a method and a path, which may have one place to fill.
func parsePath(s string) (method, path string, err error) {
	method, path, _ = strings.Cut(s, " ")
	found := hole.FindAllString(path, -1)
	switch {
	case strings.HasPrefix(method, "/") && path == "":
		return "", "", fmt.Errorf("%s has no method (did you mean GET %s?)", near.Quote(s), s)
	case !slices.Contains(traffic.Methods, method):
		return "", "", fmt.Errorf("unknown method %s%s", near.Quote(method), near.Hint(method, traffic.Methods))
	case path == "":
		return "", "", fmt.Errorf("%s has no path, such as GET /api/trips", near.Quote(s))
	case !strings.HasPrefix(path, "/"):
		return "", "", fmt.Errorf("the path %s has no leading slash (did you mean /%s?)", near.Quote(path), path)
	case strings.ContainsAny(path, " #\\"):
		return "", "", fmt.Errorf("the path %s contains a character that is not allowed in a path: a space, # or \\", near.Quote(path))
	case len(found) > 1:
		return "", "", fmt.Errorf("the path %s has more than one {…}; one {id} or {user} can be filled", near.Quote(path))
	case len(found) == 1 && !slices.Contains(traffic.Holes, found[0]):
		return "", "", fmt.Errorf("%s cannot be filled%s", found[0], near.Hint(found[0], traffic.Holes))
	case strings.ContainsAny(hole.ReplaceAllString(path, ""), "{}"):
		return "", "", fmt.Errorf("the path %s has an unmatched brace; a key is written {id} or {user}", near.Quote(path))
	}
	if _, err := url.Parse("http://host" + path); err != nil {
		return "", "", fmt.Errorf("the path %s is not valid in a URL: check its %% signs", near.Quote(path))
	}
	return method, path, nil
}
