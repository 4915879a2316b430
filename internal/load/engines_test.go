package load_test

import (
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
)

// A service cannot tell the engines apart by what they send, and both keep its connections.
func TestTheEnginesSendTheSame(t *testing.T) {
	for _, call := range []struct{ method, path, body string }{
		{"GET", "/api/trips/{id}?page=2", ""},
		{"PUT", "/api/trips/{id}", ""},
		{"POST", "/api/things/{id}", `{"a":"{seq}"}`},
	} {
		sent := map[load.Engine][]string{}
		for _, engine := range load.Engines {
			var mu sync.Mutex
			connections := map[string]bool{}
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				mu.Lock()
				defer mu.Unlock()
				connections[r.RemoteAddr] = true
				sent[engine] = append(sent[engine], fmt.Sprint(r.Method, r.RequestURI, r.Proto, r.Header, r.ContentLength, r.TransferEncoding, string(body)))
				fmt.Fprintf(w, `{"trip":{"id":%q,"version":1}}`, path.Base(r.URL.Path))
			})
			s := stream(url, 20, 5*time.Millisecond)
			s.Method, s.Path, s.Body, s.Engine = call.method, call.path, call.body, engine
			got, _ := run(t, history.NewClock(), s)
			for _, r := range got {
				if !r.OK() {
					t.Errorf("%s %s by %s: request %d: %s", call.method, call.path, engine, r.Seq, r.Failure)
				}
			}
			if n := len(connections); n == 0 || n > len(got)/2 {
				t.Errorf("%s %s by %s: %d connections for %d requests", call.method, call.path, engine, n, len(got))
			}
			slices.Sort(sent[engine])
		}
		for _, engine := range load.Engines {
			if own, theirs := sent[engine], sent[load.NetHTTP]; len(own) != 20 || !slices.Equal(own, theirs) {
				t.Errorf("%s %s:\n%-8s %q\nnet/http %q", call.method, call.path, engine, own, theirs)
			}
		}
	}
}
