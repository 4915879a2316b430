package config_test

import (
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/target/config"
	"github.com/trektribe/bench/target/delay"
)

func env(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

func TestFromEnvResolvesDefaults(t *testing.T) {
	got, err := config.FromEnv(env(nil))
	want := config.Config{Host: "127.0.0.1", Port: 4000, Instance: "1", Policy: config.Hardened,
		TTLTrips: 300 * time.Second, TTLProfiles: 300 * time.Second, TTLAI: time.Hour,
		RateLimit: 100, RateWindow: 900 * time.Second, Instances: 1, Lease: 15 * time.Second, PingEvery: 25 * time.Second, PingWithin: 20 * time.Second, LogLevel: slog.LevelInfo}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("FromEnv() = %+v, %v; want %+v", got, err, want)
	}
}

func TestFromEnvReadsEverything(t *testing.T) {
	got, err := config.FromEnv(env(map[string]string{
		"HOST": "0.0.0.0", "PORT": "0", "INSTANCE": "api-2", "REDIS_URL": "redis://:pw@localhost:7/1", "MONGODB_URI": "mongodb://db/x",
		"SQLITE_PATH": "/tmp/x.db", "CACHE_POLICY": "documented", "TTL_TRIPS": "0s", "TTL_PROFILES": "20m", "TTL_AI": "2h",
		"DB_DELAY": "180ms-250ms", "AI_DELAY": "2s", "LOG_LEVEL": "debug",
		"RATE_LIMIT": "100", "RATE_WINDOW": "2s", "INSTANCES": "3", "SESSION_LEASE": "1s", "PING_INTERVAL": "300ms", "PING_TIMEOUT": "200ms", "TRUSTED_PROXIES": "loopback, 10.1.2.3/8 2001:db8::7,::ffff:192.0.2.1",
	}))
	want := config.Config{Host: "0.0.0.0", Port: 0, Instance: "api-2", RedisURL: "redis://:pw@localhost:7/1", RedisAddr: "localhost:7",
		MongoURI: "mongodb://db/x", SQLitePath: "/tmp/x.db", Policy: config.Documented, TTLProfiles: 20 * time.Minute, TTLAI: 2 * time.Hour,
		DBDelay: delay.Range{Min: 180 * time.Millisecond, Max: 250 * time.Millisecond}, AIDelay: delay.Range{Min: 2 * time.Second, Max: 2 * time.Second},
		RateLimit: 100, RateWindow: 2 * time.Second, Instances: 3, Lease: time.Second, PingEvery: 300 * time.Millisecond, PingWithin: 200 * time.Millisecond, Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"),
			netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::7/128"), netip.MustParsePrefix("192.0.2.1/32")},
		LogLevel: slog.LevelDebug}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("FromEnv() = %+v, %v; want %+v", got, err, want)
	}
}

func TestFromEnvNamesTheVariableAndTheRemedy(t *testing.T) {
	for _, tc := range []struct{ name, value, remedy string }{
		{"PORT", "http", "0 (the kernel chooses) to 65535"},
		{"PORT", "65536", "0 (the kernel chooses) to 65535"},
		{"PORT", "-1", "0 (the kernel chooses) to 65535"},
		{"INSTANCE", "a\r\nX-Evil: 1", "printable ASCII"},
		{"REDIS_URL", "localhost:6379", "redis://"},
		{"REDIS_URL", "redis://:s3cret@host:port", "redis://"},
		{"MONGODB_URI", "mongodb://u:s3cret@:%zz", "mongodb://"},
		{"MONGODB_URI", "http://u:s3cret@host", "mongodb://"},
		{"CACHE_POLICY", "hardned", "documented or hardened"},
		{"TTL_TRIPS", "300", "300s"},
		{"TTL_TRIPS", "-1s", "1ms to 720h"},
		{"TTL_TRIPS", "1us", "1ms to 720h"},
		{"TTL_TRIPS", "1000h", "1ms to 720h"},
		{"TTL_PROFILES", "300", "300s"},
		{"TTL_AI", "1000h", "1ms to 720h, such as 3600s"},
		{"RATE_LIMIT", "-1", "0 to 100000"},
		{"RATE_LIMIT", "100/s", "0 to 100000"},
		{"RATE_WINDOW", "900", "such as 900s"},
		{"RATE_WINDOW", "0s", "such as 900s"},
		{"INSTANCES", "0", "1 to 1000"},
		{"SESSION_LEASE", "0", "100ms to 1h0m0s, such as 15s"},
		{"PING_INTERVAL", "25", "such as 25s"},
		{"PING_TIMEOUT", "2h", "such as 20s"},
		{"TRUSTED_PROXIES", "lo", "an address, a network such as 10.0.0.0/8, or loopback"},
		{"DB_DELAY", "200", "180ms-250ms"},
		{"DB_DELAY", "250ms-180ms", "180ms-250ms"},
		{"DB_DELAY", "-5ms", "180ms-250ms"},
		{"DB_DELAY", "1ms-2ms-3ms", "180ms-250ms"},
		{"DB_DELAY", "2m", "at most 1m0s"},
		{"AI_DELAY", "2", "180ms-250ms"},
		{"LOG_LEVEL", "loud", "debug, info, warn or error"},
	} {
		_, err := config.FromEnv(env(map[string]string{tc.name: tc.value}))
		if err == nil || !strings.HasPrefix(err.Error(), tc.name+": ") || !strings.Contains(err.Error(), tc.remedy) {
			t.Errorf("%s=%q: error %v, want %q with the remedy %q", tc.name, tc.value, err, tc.name, tc.remedy)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s=%q: the error tells the password: %v", tc.name, tc.value, err)
		}
	}
}

func TestFromEnvReportsEveryMistakeAtOnce(t *testing.T) {
	_, err := config.FromEnv(env(map[string]string{"PORT": "x", "TTL_TRIPS": "x", "CACHE_POLICY": "x"}))
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("error %v, want three lines", err)
	}
}

func ExampleFromEnv() {
	_, err := config.FromEnv(env(map[string]string{"TTL_TRIPS": "300"}))
	fmt.Println(err)
	// Output: TTL_TRIPS: bad time to live "300"; want 1ms to 720h, such as 300s, or 0 to cache nothing
}

func FuzzParseDelay(f *testing.F) {
	for _, s := range []string{"200ms", "180ms-250ms", "0", "-", "1s-", "1h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := config.ParseDelay(s); err == nil && (d.Min < 0 || d.Max < d.Min || d.Max > time.Minute) {
			t.Errorf("ParseDelay(%q) = %v", s, d)
		}
	})
}
