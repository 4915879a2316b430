package loop_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/load/h1"
)

// net/http and this package take the same answers, and refuse the same.
func TestAnswersAreTakenAsNetHTTPTakesThem(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 3_000
	}
	var answer atomic.Pointer[string]
	var cut atomic.Int64 // where an answer is parted into two pieces
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.Read(make([]byte, 4096)) // a request is one segment
				a := *answer.Load()
				if at := int(cut.Load()); at < len(a) {
					io.WriteString(c, a[:at])
					for began := time.Now(); time.Since(began) < 30*time.Microsecond; { // time to read the first piece, mostly
					}
					a = a[at:]
				}
				io.WriteString(c, a)
				c.(*net.TCPConn).CloseWrite()
				io.Copy(io.Discard, c)
			}()
		}
	}()
	address := l.Addr().String()
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true, MaxResponseHeaderBytes: h1.MaxHeader}
	p := h1.NewPool(address, 0, time.Minute, new(net.Dialer).DialContext) // each connection ends after its answer, sooner or later
	defer p.Close()
	r := rand.New(rand.NewPCG(1, 2))
	var texts []string
	var cuts []int64
	for range n {
		texts = append(texts, generate(r))
		cuts = append(cuts, r.Int64N(200))
	}
	say := func(i int) {
		answer.Store(&texts[i])
		cut.Store(cuts[i])
	}
	looped := loopGet(t, address, 0, n, 5*time.Second, say)
	taken := 0
	for i, text := range texts {
		say(i)
		status, body, err := get(p, address, 5*time.Second)
		request, _ := http.NewRequest("GET", "http://"+address+"/x", http.NoBody)
		theirStatus, theirBody := 0, ""
		a, theirErr := transport.RoundTrip(request)
		if theirErr == nil {
			var b []byte
			b, theirErr = io.ReadAll(a.Body)
			a.Body.Close()
			theirStatus, theirBody = a.StatusCode, string(b)
		}
		// What follows an answer is seen by us alone; net/http closes the connection without a word.
		if err != nil && strings.Contains(err.Error(), "more came") {
			err = nil
		}
		if status == http.StatusSwitchingProtocols {
			theirBody = body
		}
		if l := looped[i]; (l.err == nil) != (err == nil) && !errors.Is(l.err, h1.ErrSurplus) || err == nil && (l.status != status || l.body != body) {
			t.Fatalf("answer %d, %q:\nhere     %d %q, %v\nthe loop %+v", i, text, status, body, err, l)
		}
		if (err == nil) != (theirErr == nil) || err == nil && (status != theirStatus || body != theirBody) {
			t.Fatalf("answer %d, %q:\nhere     %d %q, %v\nnet/http %d %q, %v", i, text, status, body, err, theirStatus, theirBody, theirErr)
		}
		if err == nil {
			taken++
		}
	}
	if taken < n/10 || taken > n*9/10 {
		t.Errorf("%d of %d are taken: the answers are too much alike to tell", taken, n)
	}
}

// generate is an answer, whole or damaged.
func generate(r *rand.Rand) string {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	var b strings.Builder
	for range r.IntN(3) / 2 {
		b.WriteString(pick("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"))
	}
	fmt.Fprintf(&b, "%s %s %s\r\n", pick("HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "http/1.1", "HTTP/1"), pick("200", "200", "204", "304", "404", "500", "99", "1000", "abc", "101"), pick("OK", "", "Not Found"))
	body := strings.Repeat("x", r.IntN(20))
	for range r.IntN(4) {
		b.WriteString(pick("X-Source: redis\r\n", "x-source:cache\r\n", "Connection: close\r\n", "Connection: keep-alive\r\n", " folded\r\n", "No colon\r\n", "X : y\r\n", ": empty\r\n", "Trailer: X\r\n", "X: \x00\r\n", "Content-Type: application/json\n"))
	}
	switch r.IntN(5) {
	case 0, 1:
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	case 2:
		fmt.Fprintf(&b, "Content-Length: %s\r\n\r\n%s", pick("5", "-1", "x", "5, 5", "99999999999999999999", " 3 "), body)
	case 3:
		fmt.Fprintf(&b, "%s: %s\r\n\r\n", pick("Transfer-Encoding", "transfer-encoding"), pick("chunked", "chunked", "Chunked", "gzip", "chunked, chunked", "identity"))
		for rest := body; ; {
			n := min(len(rest), 1+r.IntN(7))
			fmt.Fprintf(&b, "%x%s\r\n%s\r\n", n, pick("", "", ";a=b"), rest[:n])
			if rest = rest[n:]; n == 0 {
				break
			}
		}
	default:
		b.WriteString("\r\n" + body)
	}
	text := []byte(b.String())
	switch r.IntN(6) {
	case 0:
		text = text[:r.IntN(len(text)+1)]
	case 1:
		text[r.IntN(len(text))] = byte(r.IntN(256))
	case 2:
		text = append(text, pick("x", "\r\n", "HTTP/1.1 200 OK\r\n\r\n")...)
	}
	return string(text)
}
