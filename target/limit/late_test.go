package limit

import (
	"slices"
	"testing"
	"time"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/redistest"
)

// What Redis says after its caller has stopped waiting, and decided alone.
func TestALateReplyCountsOnce(t *testing.T) {
	const here, there, now = 2000, 1990, 1000 // ends of the window, as it was opened in either place
	says := func(ends int64) reply { return reply{verdict: allowed, count: 1, ends: ends} }
	for _, tt := range []struct {
		name             string
		c                client
		id               int64
		held, owed, void []int64
	}{
		{"in time", client{}, 7, []int64{7}, nil, nil},
		{"let in meanwhile", client{ends: here, owed: []int64{7}}, 7, []int64{7}, nil, nil},
		{"said before", client{ends: there, held: []int64{7}}, 7, []int64{7}, nil, nil},
		{"refused meanwhile", client{ends: here, void: []int64{7}}, 7, nil, nil, []int64{7}},
		{"beside one that was late", client{ends: here, owed: []int64{6}}, 7, []int64{7}, []int64{6}, nil},
	} {
		c := tt.c
		c.learn(known{}, says(there), tt.id, now)
		if !slices.Equal(c.held, tt.held) || !slices.Equal(c.owed, tt.owed) || !slices.Equal(c.void, tt.void) || c.ends != there {
			t.Errorf("%s: %+v, want held %v, owed %v, void %v until %d", tt.name, c, tt.held, tt.owed, tt.void, there)
		}
	}
}

// Who decides alone leaves room for those whom Redis may be letting in just now.
func TestRequestsUnderWayKeepTheirRoom(t *testing.T) {
	h := &Hardened{rule: Rule{Limit: 2, Window: time.Minute, Instances: 1}, clients: newClients(10), owing: make(chan struct{}, 1)}
	asks := func(id int64) {
		h.clients.with("x", time.Now().UnixMilli(), func(c *client) { c.asking = append(c.asking, id) })
	}
	asks(1)
	asks(2)
	asks(3)
	if d := h.alone("x", 3, true); d.Allowed {
		t.Errorf("%+v, while two are under way and two may get in", d)
	}
	h.learn("x", known{}, reply{verdict: refused, count: 0, ends: time.Now().Add(time.Minute).UnixMilli()}, 1)
	asks(4)
	if d := h.alone("x", 4, true); !d.Allowed || d.Remaining != 0 {
		t.Errorf("%+v, want room for one beside the one that is under way", d)
	}
	if d := h.alone("x", 2, true); !d.Allowed {
		t.Errorf("%+v, and it had its room kept", d)
	}
}

// A window begins with somebody who got in, also where Redis let somebody in before who was refused here.
func TestNoWindowBeginsWithWhatDoesNotCount(t *testing.T) {
	store, err := cache.BoundedClient("redis://"+redistest.Start(t).Addr(), redistest.Timeout)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	rule := Rule{Limit: 10, Window: time.Minute, Instances: 1}
	ask := func(name, id string, k known) reply {
		t.Helper()
		r, err := run(t.Context(), store, rule, name, id, k)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := ask("x", "7", known{})
	if r := ask("x", "", known{ends: first.ends, void: []int64{7}}); r.count != 0 || r.ends != 0 {
		t.Errorf("%+v, want no window: nobody got in", r)
	}
	first = ask("y", "7", known{})
	redistest.Until(t, "admission 5 ms later", func() bool { return time.Now().UnixMilli() > first.ends-rule.Window.Milliseconds()+5 })
	second := ask("y", "8", known{})
	if second.ends != first.ends {
		t.Errorf("%+v, want the window of %+v", second, first)
	}
	if r := ask("y", "", known{ends: first.ends, held: 1, void: []int64{7}}); r.verdict == emptied || r.count != 1 || r.ends < first.ends+5 {
		t.Errorf("%+v, want one admission, and a window that ends 5 ms after %d", r, first.ends)
	}
	first = ask("z", "7", known{})
	opened := first.ends - rule.Window.Milliseconds()
	if r := ask("z", "", known{ends: first.ends, held: 1, owed: []int64{9}, at: []int64{opened - 300}}); r.count != 2 || r.ends != first.ends-300 || !r.same {
		t.Errorf("%+v, want the window of the admission 300 ms before %d", r, first.ends)
	}
	if r := ask("z", "10", known{ends: first.ends, held: 2, owed: []int64{11}, at: []int64{opened - rule.Window.Milliseconds()}}); r.verdict != allowed || r.count != 1 || r.same {
		t.Errorf("%+v, want a new window: the one that began a minute ago is over", r)
	}
	c := client{ends: first.ends, void: []int64{7}}
	if c.learn(known{ends: first.ends, void: []int64{7}}, reply{verdict: allowed}, 0, 1); c.ends != 0 {
		t.Errorf("%+v, want no window here either", c)
	}
}
