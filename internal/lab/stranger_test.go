package lab_test

import (
	"errors"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/machinetest"
)

// A Redis that lost its password serves anybody, and has it again in the next round.
func TestStrangersAreServedOnlyWhereThereIsNoPassword(t *testing.T) {
	for _, have := range []string{"embedded", "server"} {
		t.Run(have, func(t *testing.T) {
			s := spec(t)
			if s.Redis = have; have == "server" {
				machinetest.Need(t, "redis-server")
			}
			w := open(t, s)
			w.fresh(t, nil)
			meets := func(bare, wrong string) {
				t.Helper()
				for _, s := range w.Stores() {
					if a, b := s.Stranger(t.Context(), time.Second, false), s.Stranger(t.Context(), time.Second, true); a.Met != bare || b.Met != wrong {
						t.Errorf("strangers met %v and %v, want %s and %s", a, b, bare, wrong)
					}
				}
			}
			meets("NOAUTH", "NOAUTH") // a read after a password that was refused
			if have == "embedded" {
				return // it has no settings
			}
			c := service(t, w)
			if err := errors.Join(c.ConfigSet(t.Context(), "requirepass", "").Err(), c.Close()); err != nil {
				t.Fatal(err)
			}
			meets("reply", "reply")
			w.do(t, doing("redis", "flushed")) // the lab still gets in
			w.fresh(t, nil)
			meets("NOAUTH", "NOAUTH")
		})
	}
}
