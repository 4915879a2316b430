package load_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/traffic"
)

func ask(t *testing.T, url string, c traffic.Call, kind, key string) load.Asked {
	t.Helper()
	s := load.Stream{Arm: "a", Seed: 1, Targets: []load.Target{{Instance: "1", URL: url}}}
	s.Name, s.Type, s.Call, s.Timeout = "x", kind, c, 200*time.Millisecond
	return load.Ask(t.Context(), history.NewClock(), s, key, 3)
}

// What is not as in the contract is named, in the words of its judge.
func TestAnAnswerOfAnotherShapeIsNamed(t *testing.T) {
	leaveNoTrace(t)
	for _, row := range []struct{ call, body, want string }{
		{"GET /api/trips", `{"trips":[{"id":"1"}]}`, ""},
		{"GET /api/trips", `{"data":[{"id":"1"}]}`, "its answer has no trips: it has data"},
		{"GET /api/trips/{id}", `{"trip":{"id":"8","version":1}}`, `at id in trip stands "8", and "7" was asked for`},
		{"GET /other", `{`, "its answer is not JSON"},
	} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, row.body)
		})
		method, path, _ := strings.Cut(row.call, " ")
		got := ask(t, url, traffic.Call{Method: method, Path: path}, traffic.Calls, "7")
		if got.Differs != row.want || got.OK() != (row.want == "") {
			t.Errorf("%s %s: %q, failure %q; want %q", row.call, row.body, got.Differs, got.Failure, row.want)
		}
	}
}

func TestOneRequestIsAsked(t *testing.T) {
	leaveNoTrace(t)
	var asked []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path)
		switch r.URL.Path {
		case "/api/trips":
			fmt.Fprint(w, `{"trips":[{"id":"b"},{"id":2},{},{"id":"b"}],"source":"cache"}`)
		case "/api/trips/x y":
			fmt.Fprint(w, `{"trip":{"id":"x y","version":4},"source":"database"}`)
		default:
			http.NotFound(w, r)
		}
	})
	list := ask(t, url, traffic.Call{Method: "GET", Path: "/api/trips"}, traffic.Calls, "1")
	if list.Items != 4 || !slices.Equal(list.IDs, []string{"b", "2", "b"}) || list.Source != "cache" {
		t.Errorf("the listing: %d items, ids %q, from %q", list.Items, list.IDs, list.Source)
	}
	if one := ask(t, url, traffic.Call{Method: "PUT", Path: "/api/trips/{id}"}, traffic.Calls, "x y"); !one.OK() || one.Version != 4 || one.Items != 0 {
		t.Errorf("a trip by an id that is no number: %+v", one)
	}
	if socket := ask(t, url, traffic.Call{Method: "GET", Path: "/ws?user={user}"}, traffic.Sockets, "1"); socket.Status != 404 || socket.OK() {
		t.Errorf("a socket that nobody serves: %+v", socket)
	}
	if want := []string{"GET /api/trips", "PUT /api/trips/x y", "GET /ws"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}
