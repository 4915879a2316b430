package remote_test

import (
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/proxy/remote"
	"github.com/trektribe/bench/internal/proxy/remote/toxitest"
	"github.com/trektribe/bench/internal/resp/resptest"
)

func TestAProxyThatIsNotOursToHurtIsLeftAlone(t *testing.T) {
	s := toxitest.Start(t)
	at := func(name string) error {
		_, err := remote.Open(t.Context(), remote.Place{URL: s.URL, Proxy: name}, "bench-test", (&promised{}).promise)
		return err
	}
	wants := func(err error, want ...string) {
		t.Helper()
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%v, want an error with %q", err, w)
			}
		}
	}
	wants(at(""), "no proxies")
	upstream := resptest.Listen(t, redis).Addr()
	s.Proxy("redis", upstream)
	s.Proxy("mongo", upstream)
	s.Proxy("idle", upstream)
	wants(at(""), "idle, mongo, redis", s.URL+"/idle")
	wants(at("rediss"), `no proxy "rediss"`, "idle, mongo, redis")
	s.Toxic("redis", "foo", "latency", "downstream")
	s.Toxic("redis", "bar", "timeout", "upstream")
	wants(at("redis"), "proxy redis already carries the toxics bar (timeout, upstream), foo (latency, downstream)", "not ours")
	if got := s.State("redis"); got != "enabled bar foo" {
		t.Errorf("somebody's toxics: %q, want them untouched", got)
	}
	s.Do("POST", "/proxies/idle", map[string]any{"enabled": false})
	wants(at("idle"), "idle", "is disabled")
	if got := s.State("idle"); got != "disabled" {
		t.Errorf("somebody's disabled proxy: %q, want it untouched", got)
	}
}

func TestParsePlace(t *testing.T) {
	for _, row := range []struct{ text, url, name string }{
		{"http://127.0.0.1:8474", "http://127.0.0.1:8474", ""},
		{"http://127.0.0.1:8474/", "http://127.0.0.1:8474", ""},
		{"http://localhost:8474/redis-1", "http://localhost:8474", "redis-1"},
		{"http://127.0.0.1:8474/a/b", "", ""},
		{"127.0.0.1:8474", "", ""},
		{"http://user:hunter2@127.0.0.1:8474", "", ""},
		{"redis://127.0.0.1:8474", "", ""},
	} {
		at, err := remote.ParsePlace(row.text)
		if (err == nil) != (row.url != "") || at.URL != row.url || at.Proxy != row.name {
			t.Errorf("ParsePlace(%q) = %+v, %v", row.text, at, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("ParsePlace(%q) shows the password: %v", row.text, err)
		}
	}
}
