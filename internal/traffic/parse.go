package traffic

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/near"
)

var hole = regexp.MustCompile(`\{[^{}]*\}`)

// ParseCall reads a method, one of methods, and a path with at most one of Holes in it:
// "GET /api/trips/{id}".
func ParseCall(s string, methods []string) (method, path string, err error) {
	method, path, _ = strings.Cut(s, " ")
	found := hole.FindAllString(path, -1)
	switch {
	case strings.HasPrefix(method, "/") && path == "":
		return "", "", fmt.Errorf("%s has no method (did you mean GET %s?)", near.Quote(s), s)
	case !slices.Contains(methods, method):
		return "", "", fmt.Errorf("unknown method %s%s", near.Quote(method), near.Hint(method, methods))
	case path == "":
		return "", "", fmt.Errorf("%s has no path, such as GET /api/trips", near.Quote(s))
	case !strings.HasPrefix(path, "/"):
		return "", "", fmt.Errorf("the path %s has no leading slash (did you mean /%s?)", near.Quote(path), path)
	case strings.ContainsAny(path, " #\\"):
		return "", "", fmt.Errorf("the path %s contains a character that is not allowed in a path: a space, # or \\", near.Quote(path))
	case len(found) > 1:
		return "", "", fmt.Errorf("the path %s has more than one {…}; one {id} or {user} can be filled", near.Quote(path))
	case len(found) == 1 && !slices.Contains(Holes, found[0]):
		return "", "", fmt.Errorf("%s cannot be filled%s", found[0], near.Hint(found[0], Holes))
	case strings.ContainsAny(hole.ReplaceAllString(path, ""), "{}"):
		return "", "", fmt.Errorf("the path %s has an unmatched brace; a key is written {id} or {user}", near.Quote(path))
	}
	if _, err := url.Parse("http://host" + path); err != nil {
		return "", "", fmt.Errorf("the path %s is not valid in a URL: check its %% signs", near.Quote(path))
	}
	return method, path, nil
}

// IsJSON reports whether a template makes JSON once it is filled.
func IsJSON(text string) bool {
	var filled strings.Builder
	for _, part := range Split(text) {
		if slices.Contains(Blanks, part) {
			part = "1"
		}
		filled.WriteString(part)
	}
	return json.Valid([]byte(filled.String()))
}
