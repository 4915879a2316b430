package lab_test

import (
	"errors"
	"testing"

	"github.com/trektribe/bench/internal/history"
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
				w.forget()
				w.Strangers(t.Context())
				got := w.of(history.Stranger)
				if len(got) != 2 || got[0].Name != history.StrangerBare || got[0].Detail != bare || got[1].Name != history.StrangerWrong || got[1].Detail != wrong {
					t.Errorf("strangers met %+v, want %s and %s", got, bare, wrong)
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
