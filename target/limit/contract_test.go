package limit_test

import (
	"testing"
	"time"

	"github.com/trektribe/bench/target/limit"
	"github.com/trektribe/bench/target/redistest"
)

// policies are the two under test.
var policies = map[string]func(t *testing.T, addr string, rule limit.Rule) limit.Limiter{
	"documented": documented,
	"hardened":   func(t *testing.T, addr string, rule limit.Rule) limit.Limiter { return hardened(t, addr, rule) },
}

// TestPoliciesKeepTheContract holds what both policies promise to a client that asks once at a time.
func TestPoliciesKeepTheContract(t *testing.T) {
	rule := limit.Rule{Limit: 5, Window: time.Hour, Instances: 1}
	for name, open := range policies {
		for _, tier := range []string{"redis", "memory"} {
			t.Run(name+", "+tier, func(t *testing.T) {
				addr := ""
				if tier == "redis" {
					addr = redistest.Start(t).Addr()
				}
				l := open(t, addr, rule)
				began := time.Now()
				for i := range 5 {
					d := l.Take(t.Context(), "192.0.2.1")
					if !d.Allowed || d.Limit != 5 || d.Remaining != 4-i || d.Tier != tier {
						t.Errorf("request %d: %+v", i, d)
					}
					if lo, hi := began.Add(time.Hour-time.Second), time.Now().Add(time.Hour+time.Second); d.Reset.Before(lo) || d.Reset.After(hi) {
						t.Errorf("request %d: the window ends at %v, want an hour from now", i, d.Reset)
					}
				}
				for range 3 {
					if d := l.Take(t.Context(), "192.0.2.1"); d.Allowed || d.Remaining != 0 || d.Retry <= 0 || d.Retry > time.Hour || d.Tier != tier {
						t.Errorf("over the limit: %+v", d)
					}
				}
				for _, other := range []string{"192.0.2.2", "2001:db8::1"} {
					if d := l.Take(t.Context(), other); !d.Allowed || d.Remaining != 4 {
						t.Errorf("client %s: %+v, want one of its own", other, d)
					}
				}
			})
		}
	}
}

// TestPoliciesStartWithoutTheirRedis counts in memory.
func TestPoliciesStartWithoutTheirRedis(t *testing.T) {
	rule := limit.Rule{Limit: 5, Window: time.Hour, Instances: 1}
	for name, open := range policies {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the documented one takes its time
			l := open(t, "127.0.0.1:1", rule)
			if n := admitted(t, l, "192.0.2.1", 9); n != 5 {
				t.Errorf("let %d through, want 5", n)
			}
		})
	}
}
