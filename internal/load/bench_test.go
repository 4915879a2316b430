package load_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
)

// BenchmarkRequest is what one request costs from its place in the schedule to its
// record, the answering server included. Allocations are what to compare: the time
// of an operation is the schedule's, as long as the machine keeps it.
func BenchmarkRequest(b *testing.B) {
	for _, call := range []struct{ name, method, path, body string }{
		{"list", "GET", "/api/trips", `{"trips":[{"id":"1","version":1}],"source":"cache"}`},
		{"trip", "GET", "/api/trips/{id}", `{"trip":{"id":"1","version":1},"source":"cache"}`},
		{"change", "PUT", "/api/trips/{id}", `{"trip":{"id":"1","version":1}}`},
	} {
		b.Run(call.name, func(b *testing.B) {
			url := serve(b, func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(call.body)) })
			s := stream(url, max(b.N, 2), 200*time.Microsecond)
			s.Method, s.Path, s.Keys.N = call.method, call.path, 1
			b.ReportAllocs()
			_, err := load.Run(b.Context(), history.NewClock(), []load.Stream{s}, noPhase, func(r history.Request) {
				if !r.OK() {
					b.Errorf("request %d: %s", r.Seq, r.Failure)
				}
			}, nil)
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}
