package load

import (
	"bytes"
	"io"
	"net/http"
	"sync"
)

// maxBody is how much of an answer is read; a longer one does not have the contract's shape.
const maxBody = 4 << 20

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// roundTrip sends request and reads the whole answer into body.
func roundTrip(transport http.RoundTripper, request *http.Request, body *bytes.Buffer) (answer, error) {
	response, err := transport.RoundTrip(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	a := answer{
		status: response.StatusCode,
		header: response.Header,
		source: response.Header.Get("X-Source"),
		json:   isJSON(response.Header.Get("Content-Type")),
	}
	if n := response.ContentLength; n > 0 && n <= maxBody {
		body.Grow(int(n) + bytes.MinRead)
	}
	_, err = body.ReadFrom(io.LimitReader(response.Body, maxBody+1))
	a.tooLong = body.Len() > maxBody
	return a, err
}
