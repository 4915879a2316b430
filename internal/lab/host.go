package lab

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// lookupWithin bounds the look-up of a host name.
const lookupWithin = 5 * time.Second

// CheckHost refuses to send load or faults to a host that is not this machine and
// was not named by the user. A host is allowed when it stands in allow (alone or as
// host:port), when it is a loopback address, or when it is a name all of whose
// addresses are loopback. Its errors do not show the URL's password.
func CheckHost(rawURL string, allow []string) error {
	return checkHost(context.Background(), rawURL, allow)
}

func checkHost(ctx context.Context, rawURL string, allow []string) error {
	u, err := url.Parse(rawURL)
	if err != nil || u.Hostname() == "" {
		return fmt.Errorf("%s is not a URL with a host", redact(rawURL))
	}
	host := u.Hostname()
	for _, a := range allow {
		if strings.EqualFold(a, host) || strings.EqualFold(a, u.Host) {
			return nil
		}
	}
	addrs := []net.IPAddr{{IP: net.ParseIP(host)}}
	if addrs[0].IP == nil {
		ctx, cancel := context.WithTimeout(ctx, lookupWithin)
		defer cancel()
		if addrs, err = net.DefaultResolver.LookupIPAddr(ctx, host); err != nil {
			return fmt.Errorf("host %s of %s: %w", host, redact(rawURL), err)
		}
	}
	for _, a := range addrs {
		if !a.IP.IsLoopback() {
			return fmt.Errorf("host %s (%s) is not this machine: load and faults there need its owner's leave; if you have it, add --allow-host %s", host, a.IP, host)
		}
	}
	return nil
}

// userinfo is the part of a URL that may hold a password, wherever the URL stands.
// Up to the last @: a password may hold one, or a slash, unescaped.
var userinfo = regexp.MustCompile(`://\S*@`)

// named is a password that is given by name: --password=x, ?pass=x.
var named = regexp.MustCompile(`(?i)(pass[a-z]*=)[^&\s]+`)

// Redact takes user names and passwords out of text that is no URL but may hold
// some: MONGO=mongodb://user:password@host. It rather takes too much than too little.
func Redact(text string) string {
	return named.ReplaceAllString(userinfo.ReplaceAllString(text, "://xxxxx@"), "${1}xxxxx")
}

// redact is a URL without its password. What cannot be parsed is not shown at all,
// since the password may be anywhere in it.
func redact(rawURL string) string {
	u, err := url.Parse(rawURL)
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

// secret is 128 random bits, safe in a URL, a file name and a configuration line.
func secret() string {
	b := make([]byte, 16)
	rand.Read(b) // never returns an error since Go 1.24
	return hex.EncodeToString(b)
}
