package lab_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
)

// A process that is killed loses nothing that the kernel has; a machine loses what was not synced.
func TestWhatRedisKeepsOfWhatItHasAcknowledged(t *testing.T) {
	w := openServer(t)
	for _, row := range []struct {
		kind, fsync string
		kept        bool
	}{
		{"crashed", "no", true},
		{"powerlost", "always", true},
		{"powerlost", "no", false},
	} {
		t.Run(row.kind+" "+row.fsync, func(t *testing.T) {
			if err := (lab.Spec{Redis: "server"}).Can(row.kind, "redis"); err != nil {
				t.Skip(err)
			}
			a := doing("redis", row.kind)
			a.Fsync = row.fsync
			w.Ahead([]fault.Fault{a.Fault})
			w.fresh(t, nil)
			w.forget()
			c := patient(t, w, 5*time.Second)
			if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
				t.Fatal(err)
			}
			w.do(t, a)
			w.settle(t)
			n, err := patient(t, w, 5*time.Second).Exists(t.Context(), "k").Result()
			if (n == 1) != row.kept || err != nil {
				t.Errorf("afterwards there are %d of 1, %v; want it kept: %v", n, err, row.kept)
			}
			if got := w.of(history.Delivery); len(got) != 1 || got[0].Value != 1 {
				t.Errorf("delivery %v, want one of 1", got)
			}
		})
	}
	w.Ahead(nil)
	w.fresh(t, nil)
	if got := service(t, w).ConfigGet(t.Context(), "appendonly").Val()["appendonly"]; got != "no" {
		t.Errorf("appendonly is %q in the next round", got)
	}
	if mounts, _ := os.ReadFile("/proc/self/mountinfo"); strings.Contains(string(mounts), "bench-disk") {
		t.Error("a disk is still mounted")
	}
}
