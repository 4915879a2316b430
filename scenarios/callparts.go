package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/strictyaml"
	"github.com/trektribe/bench/internal/traffic"
)

// callKeys are the keys of a call beside its method and path.
var callKeys = []string{"body", "headers", "expect", "keep", "retry"}

func readBody(t strictyaml.Table, st *traffic.Stream) {
	v, ok := t.Get("body")
	if !ok {
		return
	}
	text, ok := v.Scalar()
	if !ok || text == "" {
		v.WrongType("body is a text, such as '{\"organizerId\":\"{id}\"}'")
		return
	}
	st.Body = text
	if err := traffic.CheckTemplate(text, st.Clients != nil); err != nil {
		v.Wrong("body: %v", err)
		return
	}
	typed := slices.ContainsFunc(slices.Collect(maps.Keys(st.Headers)), func(name string) bool { return strings.EqualFold(name, "Content-Type") })
	if !typed && !traffic.IsJSON(text) {
		v.Wrong("body is not JSON; if it is another type, give it, such as headers: {Content-Type: text/plain}")
	}
}

func readHeaders(t strictyaml.Table, st *traffic.Stream) {
	v, ok := t.Get("headers")
	if !ok {
		return
	}
	entries, ok := v.Entries("headers")
	if ok && len(entries) == 0 {
		v.Wrong("headers is empty; leave it out or fill it")
	}
	headers := map[string]string{}
	for _, e := range entries {
		value, ok := e.Scalar()
		if err := traffic.CheckHeader(e.Key); err != nil {
			e.WrongKey("headers: %v", err)
			continue
		}
		if !ok {
			e.WrongType(e.Key + " is a text, as in " + e.Key + ": value")
			continue
		}
		if err := traffic.CheckHeaderValue(value, st.Clients != nil); err != nil {
			e.Wrong("%s: %v", e.Key, err)
			continue
		}
		headers[e.Key] = value
	}
	if len(headers) == 0 {
		return
	}
	st.Headers = headers
	if err := st.CheckHeaders(st.Clients); err != nil {
		v.WrongKey("headers: %v", err)
	}
}

func readExpect(t strictyaml.Table, st *traffic.Stream) {
	v, ok := t.Get("expect")
	if !ok {
		return
	}
	for _, e := range v.List() {
		text, _ := e.Scalar()
		status, err := strconv.Atoi(text)
		switch {
		case err != nil || traffic.CheckStatus(status) != nil:
			e.WrongType("an entry of expect is a status from 200 to 599")
		case slices.Contains(st.Expect, status):
			e.Wrong("expect: %d is given twice", status)
		default:
			st.Expect = append(st.Expect, status)
		}
	}
}

func readKeep(t strictyaml.Table, st *traffic.Stream) {
	v, ok := t.Get("keep")
	if !ok {
		return
	}
	for _, e := range v.List() {
		text, ok := e.Text()
		if !ok {
			continue
		}
		if err := traffic.CheckKeep(append(slices.Clone(st.Keep), text)); err != nil {
			e.Wrong("keep: %v", err)
			continue
		}
		st.Keep = append(st.Keep, text)
	}
}

// callDetails describe a call beside its method and path, for people.
func callDetails(st traffic.Stream) [][2]string {
	var headers, statuses []string
	for _, name := range slices.Sorted(maps.Keys(st.Headers)) {
		headers = append(headers, name+": "+st.Headers[name])
	}
	for _, status := range st.Expect {
		statuses = append(statuses, strconv.Itoa(status))
	}
	body, retry := st.Body, ""
	if st.Retry > 0 {
		retry = fmt.Sprintf("up to %d times while no answer comes, to the next instance", st.Retry)
	}
	if strings.ContainsFunc(body, func(r rune) bool { return r < ' ' }) {
		body = fmt.Sprintf("%q", body)
	}
	return [][2]string{
		{"body", body}, {"headers", strings.Join(headers, ", ")}, {"expect", strings.Join(statuses, ", ")}, {"keep", strings.Join(st.Keep, ", ")},
		{"retry", retry},
	}
}
