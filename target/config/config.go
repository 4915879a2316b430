// Package config reads the environment that a service is started with.
//
// In goes the environment; out comes a Config with every default resolved, or
// every mistake at once, each naming its variable and the remedy. No secret
// ever enters an error.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/delay"
)

// The cache policies.
const (
	Documented = "documented"
	Hardened   = "hardened"
)

// A Config is resolved: nothing defaults later.
type Config struct {
	Host        string         // HOST, 127.0.0.1
	Port        int            // PORT, 4000; 0: the kernel chooses
	Instance    string         // INSTANCE, "1"
	RedisURL    string         // REDIS_URL; empty: memory only. Holds a secret: never log it
	RedisAddr   string         // where RedisURL leads, fit for logs
	MongoURI    string         // MONGODB_URI; empty: SQLite. Holds a secret: never log it
	SQLitePath  string         // SQLITE_PATH; empty: private and in memory
	Policy      string         // CACHE_POLICY, Hardened
	TTLTrips    time.Duration  // TTL_TRIPS, 300s; 0: trips are not cached
	TTLProfiles time.Duration  // TTL_PROFILES, 300s; 0: users are not cached
	TTLAI       time.Duration  // TTL_AI, 3600s; 0: recommendations are not cached
	RateLimit   int            // RATE_LIMIT, 100: calls below /api/ of one client in one window; 0: no limit
	RateWindow  time.Duration  // RATE_WINDOW, 900s
	Instances   int            // INSTANCES, 1: how many share the limit
	Lease       time.Duration  // SESSION_LEASE, 15s: how long the sessions of an instance outlive it, if hardened
	PingEvery   time.Duration  // PING_INTERVAL, 25s: of a socket
	PingWithin  time.Duration  // PING_TIMEOUT, 20s: in which its peer must answer
	Trusted     []netip.Prefix // TRUSTED_PROXIES; empty: X-Forwarded-For is not believed
	DBDelay     delay.Range    // DB_DELAY; zero: none
	AIDelay     delay.Range    // AI_DELAY; zero: none
	LogLevel    slog.Level     // LOG_LEVEL, info
}

// maxTTL keeps a mistyped unit from caching for years.
const maxTTL = 30 * 24 * time.Hour

// maxRateLimit bounds what is kept of one client: some 10 bytes for each call in its window.
const maxRateLimit = 100_000

// A lease that is shorter would end whenever a busy processor holds up its renewal.
const leastLease, mostLease = 100 * time.Millisecond, time.Hour

// FromEnv resolves the environment. The error joins every mistake.
func FromEnv(getenv func(string) string) (Config, error) {
	var mistakes []error
	fail := func(name, format string, args ...any) {
		mistakes = append(mistakes, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...)))
	}
	text := func(name, unset string) string {
		if v := strings.TrimSpace(getenv(name)); v != "" {
			return v
		}
		return unset
	}

	c := Config{
		Host:       text("HOST", "127.0.0.1"),
		Instance:   text("INSTANCE", "1"),
		RedisURL:   text("REDIS_URL", ""),
		MongoURI:   text("MONGODB_URI", ""),
		SQLitePath: text("SQLITE_PATH", ""),
		Policy:     text("CACHE_POLICY", Hardened),
	}
	var err error
	if c.Port, err = strconv.Atoi(text("PORT", "4000")); err != nil || c.Port < 0 || c.Port > 65535 {
		fail("PORT", "bad port %q; want a number from 0 (the kernel chooses) to 65535", getenv("PORT"))
	}
	if strings.ContainsFunc(c.Instance, func(r rune) bool { return r < ' ' || r > '~' }) {
		fail("INSTANCE", "bad name %q; want printable ASCII, such as 1", c.Instance)
	}
	if c.RedisURL != "" {
		if at, err := cache.ParseAddress(c.RedisURL); err != nil {
			fail("REDIS_URL", "%v; or unset it to cache in memory", err)
		} else {
			c.RedisAddr = at.String()
		}
	}
	if c.MongoURI != "" {
		if u, err := url.Parse(c.MongoURI); err != nil || u.Host == "" || (u.Scheme != "mongodb" && u.Scheme != "mongodb+srv") {
			fail("MONGODB_URI", "not a MongoDB URI; want mongodb://host:port/database, or unset it to use SQLite")
		}
	}
	if c.Policy != Documented && c.Policy != Hardened {
		fail("CACHE_POLICY", "unknown policy %q; want %s or %s", c.Policy, Documented, Hardened)
	}
	for _, ttl := range []struct {
		name, unset string
		into        *time.Duration
	}{{"TTL_TRIPS", "300s", &c.TTLTrips}, {"TTL_PROFILES", "300s", &c.TTLProfiles}, {"TTL_AI", "3600s", &c.TTLAI}} {
		v := text(ttl.name, ttl.unset)
		*ttl.into, err = time.ParseDuration(v)
		if err != nil || *ttl.into != 0 && (*ttl.into < time.Millisecond || *ttl.into > maxTTL) {
			fail(ttl.name, "bad time to live %q; want 1ms to 720h, such as %s, or 0 to cache nothing", v, ttl.unset)
		}
	}
	for _, n := range []struct {
		name, unset string
		least, most int
		into        *int
	}{{"RATE_LIMIT", "100", 0, maxRateLimit, &c.RateLimit}, {"INSTANCES", "1", 1, 1000, &c.Instances}} {
		v := text(n.name, n.unset)
		if *n.into, err = strconv.Atoi(v); err != nil || *n.into < n.least || *n.into > n.most {
			fail(n.name, "bad number %q; want %d to %d", v, n.least, n.most)
		}
	}
	window := text("RATE_WINDOW", "900s")
	if c.RateWindow, err = time.ParseDuration(window); err != nil || c.RateWindow < time.Millisecond || c.RateWindow > maxTTL {
		fail("RATE_WINDOW", "bad window %q; want 1ms to 720h, such as 900s", window)
	}
	// A socket is pinged as Socket.IO does by default.
	for _, d := range []struct {
		name, unset string
		into        *time.Duration
	}{{"SESSION_LEASE", "15s", &c.Lease}, {"PING_INTERVAL", "25s", &c.PingEvery}, {"PING_TIMEOUT", "20s", &c.PingWithin}} {
		v := text(d.name, d.unset)
		if *d.into, err = time.ParseDuration(v); err != nil || *d.into < leastLease || *d.into > mostLease {
			fail(d.name, "bad duration %q; want %v to %v, such as %s", v, leastLease, mostLease, d.unset)
		}
	}
	if c.Trusted, err = ParseProxies(text("TRUSTED_PROXIES", "")); err != nil {
		fail("TRUSTED_PROXIES", "%v", err)
	}
	for _, wait := range []struct {
		name string
		into *delay.Range
	}{{"DB_DELAY", &c.DBDelay}, {"AI_DELAY", &c.AIDelay}} {
		if v := text(wait.name, ""); v != "" {
			if *wait.into, err = ParseDelay(v); err != nil {
				fail(wait.name, "%v", err)
			}
		}
	}
	if v := text("LOG_LEVEL", "info"); c.LogLevel.UnmarshalText([]byte(v)) != nil {
		fail("LOG_LEVEL", "unknown level %q; want debug, info, warn or error", v)
	}
	return c, errors.Join(mistakes...)
}

// maxDelay is far above any time of a database or a model that a scenario could mean.
const maxDelay = time.Minute

// ParseDelay reads "200ms" or "180ms-250ms".
func ParseDelay(s string) (delay.Range, error) {
	lo, hi, ranged := strings.Cut(s, "-")
	if !ranged {
		hi = lo
	}
	least, err1 := time.ParseDuration(strings.TrimSpace(lo))
	most, err2 := time.ParseDuration(strings.TrimSpace(hi))
	if err1 != nil || err2 != nil || least < 0 || most < least || most > maxDelay {
		return delay.Range{}, fmt.Errorf("bad delay %q; want one duration such as 200ms, or a range such as 180ms-250ms, at most %v", s, maxDelay)
	}
	return delay.Range{Min: least, Max: most}, nil
}

// ParseProxies reads a list such as "loopback, 10.0.0.0/8, 2001:db8::7".
func ParseProxies(s string) (trusted []netip.Prefix, err error) {
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		if word == "loopback" {
			trusted = append(trusted, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
			continue
		}
		p, err := netip.ParsePrefix(word)
		if a, err2 := netip.ParseAddr(word); err2 == nil {
			p, err = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("bad proxy %q; want an address, a network such as 10.0.0.0/8, or loopback", word)
		}
		trusted = append(trusted, p.Masked())
	}
	return trusted, nil
}
