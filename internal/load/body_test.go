package load

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
)

// net/http looks for the first byte of a body of unknown length, and on a machine that is held up takes none for a
// chunked body. A request that says how it is encoded is not looked at.
func TestAnEmptyBodyIsNotLookedAt(t *testing.T) {
	r, err := http.NewRequest(http.MethodGet, "http://localhost/api/trips", nil)
	if err != nil {
		t.Fatal(err)
	}
	carry(r, nil)
	if r.Body == nil || len(r.TransferEncoding) == 0 {
		t.Errorf("body %v, encoding %v, want a body that is not rewound, and an encoding", r.Body, r.TransferEncoding)
	}
	var sent bytes.Buffer
	if err := r.Write(&sent); err != nil {
		t.Fatal(err)
	}
	if _, body, _ := strings.Cut(sent.String(), "\r\n\r\n"); body != "" || strings.Contains(sent.String(), "Transfer-Encoding") || strings.Contains(sent.String(), "Content-Length") {
		t.Errorf("sent %q, want no body, and no word of one", sent.String())
	}
}
