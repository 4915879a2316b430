package traffic

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ofTheConnection are request headers that the sender sets: they say how a request is sent.
var ofTheConnection = []string{"accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "proxy-connection", "te", "trailer",
	"transfer-encoding", "upgrade"}

const (
	mostHeaders = 32  // of a call, and patterns of Keep
	mostName    = 64  // bytes
	mostValue   = 512 // bytes
)

// CheckHeader returns why requests cannot carry a header of this name; nil: they can.
func CheckHeader(name string) error {
	switch {
	case !IsHeaderName(name):
		return fmt.Errorf("%q is not a header name", cut(name))
	case slices.Contains(ofTheConnection, strings.ToLower(name)):
		return fmt.Errorf("%s is set by the sender of the request", name)
	}
	return nil
}

// CheckHeaders returns what is wrong with the headers of a call together; nil: nothing.
func (c Call) CheckHeaders(clients *Clients) error {
	if len(c.Headers) > mostHeaders {
		return fmt.Errorf("%d headers: at most %d", len(c.Headers), mostHeaders)
	}
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		lower := strings.ToLower(name)
		switch {
		case seen[lower]:
			return fmt.Errorf("%s is given twice", name)
		case clients != nil && strings.EqualFold(name, clients.Header):
			return fmt.Errorf("%s is set by as: header %s", name, clients.Header)
		case clients != nil && clients.Cookies && lower == "cookie":
			return fmt.Errorf("%s is set by cookies: true", name)
		}
		seen[lower] = true
	}
	return nil
}

// CheckHeaderValue returns what is wrong with the template of a header's value; nil: nothing.
func CheckHeaderValue(value string, clients bool) error {
	if len(value) > mostValue {
		return fmt.Errorf("a value of %d bytes: at most %d", len(value), mostValue)
	}
	if strings.TrimSpace(value) != value || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		return fmt.Errorf("%q is not a header value: want ASCII characters, with no space at either end", cut(value))
	}
	return CheckTemplate(value, clients)
}

// CheckKeep returns what is wrong with the patterns of Keep; nil: nothing.
func CheckKeep(patterns []string) error {
	if len(patterns) > mostHeaders {
		return fmt.Errorf("%d names: at most %d", len(patterns), mostHeaders)
	}
	for i, p := range patterns {
		switch {
		case !IsHeaderName(strings.TrimSuffix(p, "*")):
			return fmt.Errorf("%q is neither a header name nor the start of one and *", cut(p))
		case slices.ContainsFunc(patterns[:i], func(o string) bool { return strings.EqualFold(o, p) }):
			return fmt.Errorf("%s is given twice", p)
		}
	}
	return nil
}

// IsHeaderName reports whether s is a header name (RFC 9110, section 5.6.2), without the * that patterns have.
func IsHeaderName(s string) bool {
	for _, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("!#$%&'+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != "" && len(s) <= mostName
}

// cut shortens a text for a message.
func cut(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
