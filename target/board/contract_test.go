package board_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/trektribe/bench/target/board"
	"github.com/trektribe/bench/target/redistest"
	"github.com/trektribe/bench/target/store"
)

// policies are the two under test: instances that share a Redis and a database.
var policies = map[string]func(t *testing.T, addr string, n int) []board.Board{
	"documented": func(t *testing.T, addr string, n int) (all []board.Board) {
		for range n {
			all = append(all, documented(t, addr))
		}
		return all
	},
	"hardened": func(t *testing.T, addr string, n int) (all []board.Board) {
		db := newBookings()
		for range n {
			all = append(all, hardened(t, addr, db))
		}
		return all
	},
}

// TestPoliciesKeepTheContract holds what both promise while Redis is there and no booking is repeated.
func TestPoliciesKeepTheContract(t *testing.T) {
	for name, open := range policies {
		t.Run(name, func(t *testing.T) {
			all := open(t, redistest.Start(t).Addr(), 2)
			shows(t, all[0])
			counts := map[string]int64{}
			var wg sync.WaitGroup
			for of := range 13 {
				id, n := fmt.Sprint("organizer ", of), 1+of/2 // in pairs of the same score
				counts[id] = int64(n)
				for i := range n {
					wg.Go(func() { book(t, all[i%2], id, i, 1) })
				}
			}
			wg.Wait()
			want := ordered(counts, board.Places)
			for _, b := range all {
				shows(t, b, want...)
			}
		})
	}
}

// TestPoliciesWithoutRedis differ: the document has no fallback here.
func TestPoliciesWithoutRedis(t *testing.T) {
	for name, open := range policies {
		all := open(t, "", 1)
		book(t, all[0], "a", 0, 3)
		if name == "documented" {
			shows(t, all[0])
		} else {
			shows(t, all[0], store.Score{OrganizerID: "a", Score: 3})
		}
	}
}
