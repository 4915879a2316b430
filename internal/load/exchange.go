package load

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/trektribe/bench/internal/contract"
)

// maxBody is how much of an answer is read; a longer one does not have the contract's shape.
const maxBody = 4 << 20

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// roundTrip sends request and reads the whole answer into body.
func roundTrip(transport http.RoundTripper, request *http.Request, body *bytes.Buffer) (contract.Response, error) {
	response, err := transport.RoundTrip(request)
	if err != nil {
		return contract.Response{}, err
	}
	defer response.Body.Close()
	a := contract.Response{Status: response.StatusCode, Header: response.Header}
	if n := response.ContentLength; n > 0 && n <= maxBody {
		body.Grow(int(n) + bytes.MinRead)
	}
	read := readBody
	if response.Header.Get("Content-Encoding") == "gzip" {
		read = unzipBody
	}
	err = read(body, response.Body)
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
