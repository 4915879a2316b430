package load_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
)

func TestAListingHasAWitness(t *testing.T) {
	type listing struct {
		name    string
		trips   string // that it lists
		key     string
		version int64
	}
	tests := []struct {
		name     string
		changes  string // ids, in the order changed; a trip's versions are 2, 3, … by then
		listings []listing
	}{
		{"two trips, one changed twice", "1 2 1", []listing{
			{"asked for before any change", `{"id":"1","version":1},{"id":"2","version":1}`, "", 0},
			{"fresh", `{"id":"2","version":2},{"id":"1","version":3},{"id":"3","version":7}`, "1", 3},
			{"fresher than acknowledged", `{"id":"1","version":9},{"id":"2","version":9}`, "1", 9},
			{"without the trip changed last", `{"id":"2","version":2},{"id":"3","version":7}`, "2", 2},
			{"one a version behind", `{"id":"1","version":2},{"id":"2","version":2}`, "1", 2},
			{"the other a version behind", `{"id":"1","version":3},{"id":"2","version":1}`, "2", 1},
			{"both behind, the second for longer", `{"id":"1","version":2},{"id":"2","version":1}`, "2", 1},
			{"both behind, the first for longer", `{"id":"2","version":1},{"id":"1","version":1}`, "1", 1},
			{"the same trip twice", `{"id":"1","version":3},{"id":"1","version":2}`, "1", 2},
			{"the same body again", `{"id":"1","version":3},{"id":"2","version":1}`, "2", 1},
			{"ids that are numbers", `{"id":1,"version":3},{"id":2,"version":1}`, "2", 1},
			{"elements of other kinds", `7,{"id":"1","version":"3"},{"version":1},{"id":"1","version":0},{"id":"2","version":1}`, "2", 1},
			{"no changed trip", `{"id":"3","version":1},{"id":"12","version":1}`, "", 0},
			{"no versions", `{"id":"1"},{"id":"2","version":null}`, "", 0},
			{"no trips", ``, "", 0},
		}},
		{"all of a trip's changes are remembered", "1 2" + strings.Repeat(" 1", 15), []listing{
			{"asked for before any change", `{"id":"1","version":1}`, "", 0},
			{"both behind", `{"id":"1","version":1},{"id":"2","version":1}`, "1", 1},
		}},
		{"the first of a trip's changes is forgotten", "1 2" + strings.Repeat(" 1", 16), []listing{
			{"asked for before any change", `{"id":"1","version":1}`, "", 0},
			{"both behind", `{"id":"1","version":1},{"id":"2","version":1}`, "2", 1},
			{"one behind", `{"id":"1","version":1},{"id":"2","version":2}`, "1", 1},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var bodies []string
			for _, l := range tt.listings {
				bodies = append(bodies, `{"trips":[`+l.trips+`]}`)
			}
			got, other := listWhileTripsChange(t, strings.Fields(tt.changes), bodies)
			if len(got) != len(bodies) || len(other) != len(bodies) {
				t.Fatalf("%d listings recorded, and %d of the other arm; want %d of each", len(got), len(other), len(bodies))
			}
			for i, l := range tt.listings {
				var want history.Failure
				if l.trips == "" {
					want = history.Shape
				}
				if r := got[i]; r.Key != l.key || r.Version != l.version || r.Failure != want {
					t.Errorf("%s: key %q, version %d, failure %q; want %q, %d, %q", l.name, r.Key, r.Version, r.Failure, l.key, l.version, want)
				}
				if r := other[i]; r.Key != "" || r.Version != 0 || r.Failure != want {
					t.Errorf("%s, in an arm without changes: key %q, version %d, failure %q; want none, 0, %q", l.name, r.Key, r.Version, r.Failure, want)
				}
			}
		})
	}
}

// listWhileTripsChange changes trips in the order given, on instance 1, and returns
// the listings that instance 2 and another arm answer with bodies, one after the
// other. The first leaves before any change is acknowledged, and those after it
// leave once every change is.
func listWhileTripsChange(t *testing.T, order, bodies []string) (got, other []history.Request) {
	t.Helper()
	turns := make([]chan struct{}, len(order)+1) // turns[i] lets change i be made, the last lets listings be answered
	for i := range turns {
		turns[i] = make(chan struct{})
	}
	await := func(r *http.Request, turn int) {
		select {
		case <-turns[turn]:
		case <-r.Context().Done():
		}
	}
	places := map[string][]int{}
	for i, id := range order {
		places[id] = append(places[id], i)
	}
	var mu sync.Mutex
	made := map[string]int{}
	one := serve(t, func(w http.ResponseWriter, r *http.Request) {
		id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		mu.Lock()
		n := made[id]
		made[id]++
		mu.Unlock()
		await(r, places[id][n])
		fmt.Fprintf(w, `{"trip":{"id":%q,"version":%d}}`, id, n+2)
	})
	list := func(arrived func()) string {
		n := 0
		return serve(t, func(w http.ResponseWriter, r *http.Request) {
			arrived()
			await(r, len(order))
			mu.Lock()
			defer mu.Unlock()
			io.WriteString(w, bodies[n])
			n++
		})
	}

	listing := stream(list(sync.OnceFunc(func() { close(turns[0]) })), len(bodies), time.Millisecond)
	listing.Name, listing.Path, listing.Workers, listing.Timeout = "listing", "/api/trips?page=1", 1, time.Minute
	listing.Targets[0].Instance = "2"
	elsewhere := listing
	elsewhere.Arm = "other"
	elsewhere.Targets = []load.Target{{Instance: "1", URL: list(func() {})}}
	streams := []load.Stream{listing, elsewhere}
	for id, at := range places {
		put := stream(one, len(at), time.Millisecond)
		put.Name, put.Method, put.Path, put.Workers, put.Timeout = "change "+id, "PUT", "/api/trips/{id}", 1, time.Minute
		fmt.Sscan(id, &put.Keys.N)
		for !always(put, id) {
			put.First++
		}
		streams = append(streams, put)
	}
	changed := 0
	_, err := load.Run(t.Context(), history.NewClock(), streams, noPhase, func(r history.Request) {
		switch {
		case r.Method == http.MethodPut:
			if r.Key != order[changed] || !r.OK() {
				t.Errorf("change %d: trip %s, %q; want trip %s", changed, r.Key, r.Failure, order[changed])
			}
			changed++
			close(turns[changed])
		case r.Arm == "other":
			other = append(other, r)
		default:
			got = append(got, r)
		}
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return got, other
}

// always reports whether s asks for no other key.
func always(s load.Stream, key string) bool {
	var keys []string
	for c := range s.Places() {
		keys = append(keys, c.Key)
	}
	return !slices.ContainsFunc(keys, func(k string) bool { return k != key })
}
