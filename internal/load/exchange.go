package load

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load/h1"
	"github.com/trektribe/bench/internal/load/loop"
)

// maxBody is how much of an answer is read; a longer one does not have the contract's shape.
const maxBody = loop.MaxBody

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// A message is one request as it is sent, and until when its answer is waited for.
type message struct {
	method string
	url    *url.URL
	header http.Header // shared: nobody may change it
	body   []byte      // nil: none
	until  time.Time   // zero: until the context ends
	ready  func()      // called between getting a connection and writing; nil: not
}

// A way leads to one instance. It never repeats a request.
type way interface {
	// exchange sends m and reads the whole answer into body.
	exchange(ctx context.Context, m message, body *bytes.Buffer) (contract.Response, error)
	// close closes what is idle. No exchange may be under way.
	close()
}

// read reads an answer with its whole body.
func read(response *http.Response, body *bytes.Buffer) (contract.Response, error) {
	a := contract.Response{Status: response.StatusCode, Header: response.Header}
	if n := response.ContentLength; n > 0 && n <= maxBody {
		body.Grow(int(n) + bytes.MinRead)
	}
	read := readBody
	if response.Header.Get("Content-Encoding") == "gzip" {
		read = unzipBody
	}
	err := read(body, response.Body)
	a.TooLong = body.Len() > maxBody
	return a, err
}

func readBody(body *bytes.Buffer, from io.Reader) error {
	_, err := body.ReadFrom(io.LimitReader(from, maxBody+1))
	return err
}

var unzippers = sync.Pool{New: func() any { return new(gzip.Reader) }}

// unzipBody reads what a service compresses unasked, as every client does.
func unzipBody(body *bytes.Buffer, from io.Reader) error {
	z := unzippers.Get().(*gzip.Reader)
	defer unzippers.Put(z)
	switch err := z.Reset(from); err {
	case nil:
	case io.EOF: // no body at all
		return nil
	default:
		return fmt.Errorf("a body that is no gzip: %w", err)
	}
	return readBody(body, z)
}

// finishRaw is finish, of an answer as the loop has it: its body may be compressed.
func (c *caller) finishRaw(ctx context.Context, u underway, done time.Duration, a loop.Answer, err error) history.Request {
	answer := contract.Response{Status: a.Status, Header: a.Header, TooLong: a.TooLong}
	if a.Header.Get("Content-Encoding") != "gzip" {
		return c.finish(ctx, u, done, answer, a.Body, err)
	}
	body := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(body)
	body.Reset()
	if wrong := unzipBody(body, bytes.NewReader(a.Body)); err == nil && !a.TooLong {
		err = wrong
	}
	answer.TooLong = a.TooLong || body.Len() > maxBody
	return c.finish(ctx, u, done, answer, body.Bytes(), err)
}

// own is the way over connections of our own.
type own struct{ pool *h1.Pool }

func (w own) exchange(ctx context.Context, m message, body *bytes.Buffer) (a contract.Response, err error) {
	err = w.pool.Do(ctx, m.h1(), func(response *http.Response) (err error) {
		a, err = read(response, body)
		return err
	})
	return a, err
}

func (m message) h1() h1.Request {
	return h1.Request{Method: m.method, Target: m.url.RequestURI(), Host: m.url.Host, Header: m.header, Body: m.body, Deadline: m.until, Ready: m.ready}
}

func (w own) close() { w.pool.Close() }

// netHTTP is the way over net/http, for what our own does not speak.
type netHTTP struct{ transport *http.Transport }

func (w netHTTP) exchange(ctx context.Context, m message, body *bytes.Buffer) (contract.Response, error) {
	if !m.until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, m.until)
		defer cancel()
	}
	if m.ready != nil {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { m.ready() }})
	}
	request := (&http.Request{Method: m.method, URL: m.url, Host: m.url.Host, Header: m.header}).WithContext(ctx)
	carry(request, m.body)
	response, err := w.transport.RoundTrip(request)
	if err != nil {
		return contract.Response{}, err
	}
	defer response.Body.Close()
	return read(response, body)
}

func (w netHTTP) close() { w.transport.CloseIdleConnections() }

// carry makes text the body; nil: there is none. Without a GetBody, net/http never sends it twice.
func carry(request *http.Request, text []byte) {
	if text == nil {
		// Without an encoding net/http waits 200 ms for a first byte. On a machine that is held up for longer it
		// takes the body for one of unknown length, and sends the end of a chunked one.
		request.Body, request.TransferEncoding = noRepeat{}, []string{"identity"}
		return
	}
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
}

// noRepeat is an empty body. With none at all, net/http repeats a GET in silence
// when a connection that it used before breaks, which hides the failure; a body
// that it cannot rewind prevents that. No byte of it is sent.
type noRepeat struct{}

func (noRepeat) Read([]byte) (int, error) { return 0, io.EOF }
func (noRepeat) Close() error             { return nil }
