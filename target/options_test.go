package target_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/redistest"
)

func TestTheRedisClientTellsItsOptions(t *testing.T) {
	const absent = -1
	for policy, want := range map[string]map[string]float64{
		// What go-redis v9.23 does by default, and this server makes of it: it knows no maintenance notifications.
		"documented": {"dial_timeout_seconds": 5, "read_timeout_seconds": 5, "pool_timeout_seconds": 6, "max_retries": 3, "min_retry_backoff_seconds": 0.01,
			"max_retry_backoff_seconds": 1, "dialer_retries": 5, "dialer_retry_timeout_seconds": 0.1, "handshake_round_trips": 2,
			"idle_connections": 1, "calls_per_request": 2, "request_wait_seconds": absent},
		"hardened": {"dial_timeout_seconds": 0.5, "read_timeout_seconds": 0.5, "pool_timeout_seconds": 0.5, "max_retries": 0,
			"dialer_retries": 1, "context_timeout_enabled": 1, "handshake_round_trips": 1, "request_wait_seconds": 0.05,
			"command_timeout_seconds": 0.5, "breaker_failures": 3, "probe_seconds": 0.1, "calls_per_request": absent},
	} {
		t.Run(policy, func(t *testing.T) {
			s := start(t, map[string]string{"CACHE_POLICY": policy, "REDIS_URL": "redis://" + redistest.Start(t).Addr()}, target.Options{})
			for range 2 {
				s.call("GET", "/api/users/7", "")
			}
			text := s.call("GET", "/metrics", "").text
			for name, v := range want {
				line := regexp.MustCompile(`(?m)^redis_client_option\{name="` + name + `"\} (\S+)$`).FindStringSubmatch(text)
				switch {
				case v == absent && line != nil:
					t.Errorf("%s is %s, want it absent", name, line[1])
				case v != absent && (line == nil || line[1] != fmt.Sprint(v)):
					t.Errorf("%s is %v, want %v", name, line, v)
				}
			}
			if s.metric("redis_client_option", `name="pool_size"`) < 10 {
				t.Error("the size of the pool is not told")
			}
		})
	}
	s := start(t, nil, target.Options{})
	if text := s.call("GET", "/metrics", "").text; strings.Contains(text, "redis_client_option") {
		t.Error("there are options of a client that is not there")
	}
}
