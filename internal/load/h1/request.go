package h1

import (
	"fmt"
	"net/http"
	"strconv"

	"golang.org/x/net/http/httpguts"
)

// AppendTo appends the request as it is sent. The headers stand in the order of their names,
// so that the same request has the same bytes.
func (r Request) AppendTo(b []byte) ([]byte, error) {
	if !httpguts.ValidHostHeader(r.Host) || !plain(r.Target) {
		return b, fmt.Errorf("no request can be made of %q at host %q", r.Target, r.Host)
	}
	b = append(b, r.Method...)
	b = append(b, ' ')
	b = append(b, r.Target...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, r.Host...)
	b = append(b, "\r\n"...)
	var few [8]string
	for _, name := range sorted(few[:0], r.Header) {
		if name == "Host" || name == "Content-Length" || name == "Transfer-Encoding" {
			continue // they follow from the rest
		}
		for _, value := range r.Header[name] {
			if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
				return b, fmt.Errorf("header %s cannot have the value %q", name, value)
			}
			b = append(b, name...)
			b = append(b, ": "...)
			b = append(b, value...)
			b = append(b, "\r\n"...)
		}
	}
	if len(r.Body) > 0 || r.Method != http.MethodGet && r.Method != http.MethodHead {
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, int64(len(r.Body)), 10)
		b = append(b, "\r\n"...)
	}
	b = append(b, "\r\n"...)
	return append(b, r.Body...), nil
}

// sorted appends the names of h to names, in order. There are few.
func sorted(names []string, h http.Header) []string {
	for name := range h {
		names = append(names, name)
		for i := len(names) - 1; i > 0 && names[i] < names[i-1]; i-- {
			names[i], names[i-1] = names[i-1], names[i]
		}
	}
	return names
}

// plain reports that a request's target has no byte that would end it.
func plain(target string) bool {
	for i := range len(target) {
		if target[i] <= ' ' || target[i] == 0x7f {
			return false
		}
	}
	return target != ""
}
