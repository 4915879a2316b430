package load_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// Some services compress every answer, asked or not.
func TestCompressedAnswersAreRead(t *testing.T) {
	const trips = `{"trips":[{"id":1}],"source":"cache"}`
	for _, c := range []struct {
		name   string
		answer func(w http.ResponseWriter)
		want   history.Failure
	}{
		{"whole", func(w http.ResponseWriter) { z := gzip.NewWriter(w); io.WriteString(z, trips); z.Close() }, ""},
		{"cut off", func(w http.ResponseWriter) { z := gzip.NewWriter(w); io.WriteString(z, trips); z.Flush() }, history.EOF},
		{"not compressed", func(w http.ResponseWriter) { io.WriteString(w, trips) }, history.Broken},
		{"empty", func(w http.ResponseWriter) {}, history.Shape},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				w.Header().Set("Content-Type", "application/json")
				c.answer(w)
			})
			requests, _ := run(t, history.NewClock(), stream(url, 5, time.Millisecond))
			if len(requests) != 5 {
				t.Fatalf("%d requests, want 5", len(requests))
			}
			for _, r := range requests {
				if r.Failure != c.want || c.want == "" && (r.Source != "cache" || r.Bytes != len(trips)) {
					t.Errorf("failure %q, source %q, %d bytes; want failure %q", r.Failure, r.Source, r.Bytes, c.want)
				}
			}
		})
	}
}
