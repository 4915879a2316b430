package scenarios

import (
	"fmt"
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

// parseCall reads "GET /api/trips/{id}".
func parseCall(s string) (method, path string, err error) {
	if method, path, err = traffic.ParseCall(s, traffic.Methods); err != nil {
		return "", "", err
	}
	if route, query, _ := strings.Cut(path, "?"); traffic.Hole(route) == "" && traffic.Hole(query) != "" {
		return "", "", fmt.Errorf("the path %s has %s in its query; only the part before ? can be filled", near.Quote(path), traffic.Hole(query))
	}
	return method, path, nil
}
