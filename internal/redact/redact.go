// Package redact takes user names and passwords out of what people are shown.
// A text or a URL goes in, the same without its secrets comes out. It rather
// takes too much than too little.
package redact

import (
	"net/url"
	"regexp"
	"strings"
)

// userinfo is the part of a URL that may hold a password, wherever the URL stands.
// Up to the last @: a password may hold one, or a slash, unescaped.
var userinfo = regexp.MustCompile(`://\S*@`)

// named is a password that is given by name: --password=x, ?pass=x.
var named = regexp.MustCompile(`(?i)(pass[a-z]*=)[^&\s]+`)

// secret is a word in the name of a variable by which its value is one.
var secret = regexp.MustCompile(`(?i)pass|pwd|secret|token|key|credential|auth|private|salt|dsn`)

// Secret reports whether the value of a variable of this name is secret.
func Secret(name string) bool { return secret.MatchString(name) }

// Variable is a variable's value as people may see it.
func Variable(name, value string) string {
	if Secret(name) && value != "" {
		return "xxxxx"
	}
	return Text(value)
}

// Text is for text that is no URL but may hold some: MONGO=mongodb://user:password@host.
func Text(text string) string {
	return named.ReplaceAllString(userinfo.ReplaceAllString(text, "://xxxxx@"), "${1}xxxxx")
}

// URL is a URL without its password. What cannot be parsed is not shown at all,
// since the password may be anywhere in it.
func URL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "(unreadable URL)"
	}
	q := u.Query()
	for k := range q {
		if strings.Contains(strings.ToLower(k), "pass") {
			q.Set(k, "xxxxx")
		}
	}
	u.RawQuery = q.Encode()
	return u.Redacted()
}
