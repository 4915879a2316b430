package session_test

import (
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/target/redistest"
	"github.com/trektribe/bench/target/session"
)

// policies are the two under test: instances that share a Redis.
var policies = map[string]func(t *testing.T, addr string) session.Sessions{
	"documented": documented,
	"hardened":   func(t *testing.T, addr string) session.Sessions { return hardened(t, addr, time.Hour) },
}

// TestPoliciesKeepTheContract holds what both promise while Redis is there, for users who have one socket at a time.
func TestPoliciesKeepTheContract(t *testing.T) {
	for name, open := range policies {
		t.Run(name, func(t *testing.T) {
			addr := redistest.Start(t).Addr()
			all := []session.Sessions{open(t, addr), open(t, addr)}
			shows(t, all[0], "7")
			end := all[0].Open(t.Context(), "7", made(1))
			all[0].Open(t.Context(), "8", made(2))
			for i, s := range all {
				list, source := s.Of(t.Context(), "7")
				if !reflect.DeepEqual(list, []session.Session{made(1)}) || source != "redis" {
					t.Errorf("instance %d: %+v from %s, want %+v", i, list, source, made(1))
				}
			}
			all[1].Open(t.Context(), "7", made(3))
			for _, s := range all {
				shows(t, s, "7", "s1", "s3")
				shows(t, s, "8", "s2")
			}
			end()
			for _, s := range all {
				comes(t, s, "7", "s3")
			}
		})
	}
}

func TestPoliciesKnowTheirOwnWithoutRedis(t *testing.T) {
	for name, open := range policies {
		for _, addr := range []string{"", "127.0.0.1:1"} {
			t.Run(name+" at "+addr, func(t *testing.T) {
				t.Parallel() // the documented one takes its time
				s := open(t, addr)
				end := s.Open(t.Context(), "7", made(1))
				s.Open(t.Context(), "7", made(2))
				if list, source := s.Of(t.Context(), "7"); len(list) != 2 || source != "memory" {
					t.Errorf("%v from %s", list, source)
				}
				end()
				shows(t, s, "7", "s2")
			})
		}
	}
}

// TestManySocketsAtOnce has each user connect once, all together.
func TestManySocketsAtOnce(t *testing.T) {
	for name, open := range policies {
		t.Run(name, func(t *testing.T) {
			addr := redistest.Start(t).Addr()
			all := []session.Sessions{open(t, addr), open(t, addr)}
			const users = 200
			var wg sync.WaitGroup
			for i := range users {
				wg.Go(func() { all[i%2].Open(t.Context(), fmt.Sprint("u", i), made(i)) })
			}
			wg.Wait()
			for i := range users {
				shows(t, all[(i+1)%2], fmt.Sprint("u", i), fmt.Sprint("s", i))
			}
		})
	}
}
