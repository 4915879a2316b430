package lab_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
)

// Old connections are hurt, also after the fault, and new ones never; what is not so is no delivery.
func TestAFaultOfOldConnectionsIsProved(t *testing.T) {
	gone := fault.Fault{Kind: "blackhole", Connections: "old", Ends: "never"}
	replica := fault.Fault{Kind: "error", Commands: []string{"writes"}, Answer: "READONLY it is", Connections: "old", Ends: "never"}
	while := gone
	while.Ends = ""
	type doing = func(ctx context.Context, mine, other lab.AnyProxy, f fault.Fault) error
	instead := func(change func(f *fault.Fault)) doing {
		return func(ctx context.Context, mine, _ lab.AnyProxy, f fault.Fault) error {
			change(&f)
			return mine.Apply(ctx, f)
		}
	}
	for _, row := range []struct {
		name   string
		meant  fault.Fault
		done   doing // nil: what is meant
		idle   bool  // the service asks nothing meanwhile
		during []string
		after  string // what the old connection meets when the fault is lifted
		why    string
	}{
		{name: "silence for good", meant: gone, during: []string{"new reply", "old silence"}, after: "old silence"},
		{name: "silence", meant: while, during: []string{"new reply", "old silence"}, after: "old reply"},
		{name: "an error for good", meant: replica, during: []string{"new reply", "old reply"}, after: "old reply"},
		{name: "of all connections", meant: while, done: instead(func(f *fault.Fault) { f.Connections = "" }), why: "a new connection met silence"},
		{name: "an error on all connections", meant: replica, done: instead(func(f *fault.Fault) { f.Connections, f.Ends = "", "" }), why: "it was to be spared"},
		{name: "silence that ends", meant: gone, done: instead(func(f *fault.Fault) { f.Ends = "" }), why: "it was to stay hurt for good"},
		{name: "an error that ends", meant: replica, done: instead(func(f *fault.Fault) { f.Ends = "" }), why: "it was to stay hurt for good"},
		{name: "a connection that ends", meant: gone, done: instead(func(f *fault.Fault) {
			if f.Kind != "" {
				*f = fault.Fault{Kind: "close", Connections: "old"}
			}
		}), why: "met eof"},
		{name: "nothing", meant: gone, done: instead(func(f *fault.Fault) { *f = fault.Fault{} }), why: "the old connection met reply"},
		{name: "nobody's connections", meant: gone, idle: true, why: "no connection of the service was hurt"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := spec(t)
			s.Instances = 2
			w := open(t, s)
			w.fresh(t, nil)
			if row.done != nil {
				w.Mislead(row.done)
			}
			c := patient(t, w, 50*time.Millisecond)
			set := func() error { return c.Set(t.Context(), "k", "v", 0).Err() }
			if err := set(); err != nil {
				t.Fatal(err)
			}
			a := onRedis(row.meant, "1")
			w.do(t, a)
			if !row.idle {
				hurt := set() // on the old connection
				if well := row.why != ""; !well && (hurt == nil || set() != nil) {
					t.Errorf("the first command met %v, want an error, and the next one none", hurt)
				}
			}
			w.probed(t, a, 1)
			w.do(t, lifted(a))
			w.settle(t)
			got := w.of(history.Delivery)
			if len(got) != 1 || (got[0].Value == 1) != (row.why == "") || !strings.Contains(got[0].Detail, row.why) {
				t.Fatalf("delivery %v, want one with %q", got, row.why)
			}
			if row.why != "" {
				return
			}
			around, during := w.met()
			slices.Sort(during)
			if want := []string{"old reply", row.after, "new reply"}; !slices.Equal(around, want) || !slices.Equal(during, row.during) {
				t.Errorf("canaries met %q around the fault and %q during it, want %q and %q", around, during, want, row.during)
			}
			if on := w.of(history.FaultOn); !strings.Contains(on[0].Detail, "connections old") {
				t.Errorf("the fault is recorded with %q", on[0].Detail)
			}
		})
	}
}
