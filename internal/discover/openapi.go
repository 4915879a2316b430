package discover

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/strictyaml"
)

var parameter = regexp.MustCompile(`\{[^{}]*\}`)

// OpenAPI are the paths of an OpenAPI file, JSON or YAML: what is read without parameters, or
// with one in the path. Paths of health, readiness and metrics that it does not have are the usual ones.
func OpenAPI(name string, text []byte) (Paths, error) {
	var doc struct {
		Servers []struct {
			URL string `json:"url" yaml:"url"`
		} `json:"servers" yaml:"servers"`
		BasePath string                    `json:"basePath" yaml:"basePath"` // of version 2
		Paths    map[string]map[string]any `json:"paths" yaml:"paths"`
	}
	if json.Unmarshal(text, &doc) != nil {
		if err := strictyaml.Decode(name, text, &doc); err != nil {
			return Paths{}, fmt.Errorf("%s is no OpenAPI file: %w", name, err)
		}
	}
	if len(doc.Paths) == 0 {
		return Paths{}, fmt.Errorf("%s is no OpenAPI file: %w", name, errors.New("it has no paths"))
	}
	base := doc.BasePath
	if len(doc.Servers) > 0 {
		if u, err := url.Parse(doc.Servers[0].URL); err == nil {
			base = u.Path // the host is the target's
		}
	}
	base = strings.TrimRight(base, "/")
	usual := Usual()
	var out Paths
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		if _, ok := doc.Paths[path]["get"]; !ok {
			continue
		}
		full := base + path
		switch found := parameter.FindAllString(path, -1); {
		case len(found) == 1:
			out.Items = append(out.Items, strings.Replace(full, found[0], "{id}", 1))
		case len(found) > 1:
		case strings.Contains(path, "metrics") || strings.Contains(path, "prometheus"):
			out.Metrics = append(out.Metrics, full)
		case strings.Contains(path, "ready"):
			out.Ready = append(out.Ready, full)
		case strings.Contains(path, "health") || strings.Contains(path, "status") || strings.Contains(path, "ping"):
			out.Health = append(out.Health, full)
		default:
			out.Lists = append(out.Lists, full)
		}
	}
	out.Health, out.Ready, out.Metrics = append(out.Health, usual.Health...), append(out.Ready, usual.Ready...), append(out.Metrics, usual.Metrics...)
	return out, nil
}
