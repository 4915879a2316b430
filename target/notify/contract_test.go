package notify_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/trektribe/bench/target/notify"
	"github.com/trektribe/bench/target/redistest"
)

// policies are the two under test: instances that share a Redis.
var policies = map[string]func(t *testing.T, addr string) *instance{
	"documented": documented,
	"hardened":   func(t *testing.T, addr string) *instance { return hardened(t, addr) },
}

// TestPoliciesKeepTheContract holds what both promise while Redis is there: each once, on every instance, in each publisher's order.
func TestPoliciesKeepTheContract(t *testing.T) {
	for name, start := range policies {
		t.Run(name, func(t *testing.T) {
			addr := redistest.Start(t).Addr()
			all := []*instance{start(t, addr), start(t, addr)}
			const publishers, each = 8, 25
			var wg sync.WaitGroup
			for p := range publishers {
				wg.Go(func() {
					for i := range each { // the publisher uses the instances in turn
						send(t, all[(p+i)%2], fmt.Sprint("p", p), i, 1)
					}
				})
			}
			wg.Wait()
			for i, in := range all {
				redistest.Until(t, "delivery", func() bool { return len(in.texts()) >= publishers*each })
				for p := range publishers {
					got := slices.DeleteFunc(in.texts(), func(s string) bool { return !strings.HasPrefix(s, fmt.Sprint("p", p, " ")) })
					if want := numbered(fmt.Sprint("p", p), each); !slices.Equal(got, want) {
						t.Errorf("instance %d delivered %v, want %v", i, got, want)
					}
				}
			}
			if a, d := all[0].counted("accepted")+all[1].counted("accepted"), all[0].counted("delivered"); a != publishers*each || d != publishers*each {
				t.Errorf("counted %d accepted and %d delivered, want %d", a, d, publishers*each)
			}
		})
	}
}

func TestPoliciesDeliverAloneWithoutRedis(t *testing.T) {
	for name, start := range policies {
		for _, addr := range []string{"", "127.0.0.1:1"} {
			t.Run(name+" at "+addr, func(t *testing.T) {
				t.Parallel() // the documented one takes its time
				in := start(t, addr)
				send(t, in, "a", 0, 5)
				comes(t, in, numbered("a", 5))
			})
		}
	}
}

// TestPoliciesFallBack to the sockets of the instance that takes a notification.
func TestPoliciesFallBack(t *testing.T) {
	for name, start := range policies {
		t.Run(name, func(t *testing.T) {
			m := redistest.Start(t)
			in := start(t, m.Addr())
			m.SetError("LOADING")
			send(t, in, "a", 0, 5)
			if got := in.texts(); !slices.Equal(got, numbered("a", 5)) {
				t.Errorf("delivered %v when it was taken over", got)
			}
		})
	}
}

func TestIDsAreOfTheirUser(t *testing.T) {
	in := hardened(t, redistest.Start(t).Addr())
	for _, user := range []string{"7", "8", "7"} {
		in.Send(t.Context(), notify.Notification{ID: "1", UserID: user, Text: "to " + user})
	}
	comes(t, in, []string{"to 7", "to 8"})
}
