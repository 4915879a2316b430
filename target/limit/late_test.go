package limit

import (
	"slices"
	"testing"
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
