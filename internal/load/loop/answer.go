package loop

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/trektribe/bench/internal/load/h1"
)

// MaxBody is how much of a body is read, in bytes.
const MaxBody = 4 << 20

// An Answer is what came for a request: its head, and its body as it was sent, which may be
// compressed. Header and Body must not be changed, and Body is gone when Done returns.
type Answer struct {
	Status  int
	Header  http.Header
	Body    []byte
	TooLong bool // Body has MaxBody bytes and one, and goes on
}

// A head is what follows from the bytes of a head, and from them alone.
type head struct {
	status int
	header http.Header
	length int64 // of the body; -1: its end is told in another way
	closes bool  // the connection ends with the answer
}

// mostHeads bounds how many heads a memory has: beyond it forgets and begins again.
const mostHeads = 256

// A reader finds answers in bytes as they come. It belongs to one loop.
//
// What a head says is decided by http.ReadResponse, the code of net/http, and so is a body whose
// length no head tells. Heads repeat, but for a date that changes once in a second: those that
// announce a length are remembered by their bytes. So nearly every answer costs the search for the
// end of its head, one lookup and one comparison.
type reader struct {
	heads map[string]*head
	in    *bufio.Reader
	from  shortReader
	body  bytes.Buffer
}

func newReader() *reader {
	return &reader{heads: make(map[string]*head), in: bufio.NewReader(nil)}
}

// A coming is an answer of which some bytes have come.
type coming struct {
	got     []byte
	head    *head // nil: not known, or it does not tell the length
	begins  int   // of the body, where head is known
	looked  int   // how many bytes had come when the answer was last looked at
	decoded int   // how many there were when all of it was last given to http.ReadResponse
	times   int   // it was
}

// mostRoom is how much room is kept between answers, in bytes.
const mostRoom = 256 << 10

func (c *coming) reset() {
	if cap(c.got) > mostRoom {
		c.got = nil
	}
	*c = coming{got: c.got[:0]}
}

// A state is how far an answer is.
type state int

const (
	more   state = iota // bytes are missing
	kept                // whole, and the connection can be used again
	closed              // whole, and it cannot
	failed
)

var endOfHead = []byte("\r\n\r\n")

// read looks at what has come for a request of a method. ended: nothing more comes. The answer of a
// request that failed has what came of it.
func (r *reader) read(c *coming, method string, ended bool) (Answer, state, error) {
	if c.head == nil && c.looked == 0 && method != http.MethodHead {
		if end := bytes.Index(c.got, endOfHead); end >= 0 {
			c.begins = end + len(endOfHead)
			c.head = r.heads[string(c.got[:c.begins])]
		}
	}
	if c.head == nil {
		if worth := c.isWorthDecoding(ended); !worth {
			return Answer{}, more, nil
		}
		if answer, s, err := r.decode(c, method, ended); c.head == nil {
			return answer, s, err
		}
	}
	h := c.head
	body := c.got[c.begins:]
	answer := Answer{Status: h.status, Header: h.header, Body: body[:min(len(body), int(min(h.length, MaxBody+1)))]}
	switch {
	case len(answer.Body) > MaxBody:
		answer.TooLong = true
		return answer, closed, nil
	case int64(len(body)) < h.length && ended:
		return answer, failed, io.ErrUnexpectedEOF
	case int64(len(body)) < h.length:
		return Answer{}, more, nil
	case int64(len(body)) > h.length:
		return answer, failed, h1.ErrSurplus
	}
	return answer, ending(h.closes || ended), nil
}

func ending(closes bool) state {
	if closes {
		return closed
	}
	return kept
}

// mostDecoded is how often an answer is decoded as often as its bytes look like an end. Beyond it
// more than twice the bytes must have come: what a service sends must not cost the time of others.
const mostDecoded = 100

// isWorthDecoding reports whether the answer may have an end now, or is long enough to tell what is wrong.
func (c *coming) isWorthDecoding(ended bool) bool {
	fresh := c.got[max(0, c.looked-len(endOfHead)+1):]
	c.looked = len(c.got)
	worth := ended || len(c.got) >= 2*c.decoded ||
		c.times < mostDecoded && (bytes.Contains(fresh, []byte("\n\r\n")) || bytes.Contains(fresh, []byte("\n\n")))
	if worth {
		c.decoded = len(c.got)
		c.times++
	}
	return worth
}

// decode has http.ReadResponse read what has come. Once that finds a head that tells the length of
// the body, c.head is it, and the rest is up to read.
func (r *reader) decode(c *coming, method string, ended bool) (Answer, state, error) {
	r.from = shortReader{bytes: c.got, ended: ended}
	r.in.Reset(&r.from)
	asked := &http.Request{Method: method}
	for range h1.MaxInformed + 1 {
		begins := r.from.at - r.in.Buffered()
		response, err := http.ReadResponse(r.in, asked)
		ends := r.from.at - r.in.Buffered()
		switch {
		case ends-begins > h1.MaxHeader, r.from.short && len(c.got)-begins > h1.MaxHeader:
			return Answer{}, failed, fmt.Errorf("the head of the answer is longer than %d bytes", h1.MaxHeader)
		case err != nil && r.from.short && !ended:
			return Answer{}, more, nil
		case err != nil:
			return Answer{}, failed, err
		case response.StatusCode/100 == 1 && response.StatusCode != http.StatusSwitchingProtocols:
			continue
		}
		h := &head{status: response.StatusCode, header: response.Header, length: response.ContentLength, closes: response.Close}
		if response.Body == http.NoBody {
			h.length = 0
		}
		if h.length >= 0 {
			c.head, c.begins = h, ends
			if method != http.MethodHead && bytes.Equal(c.got[ends-len(endOfHead):ends], endOfHead) {
				r.remember(string(c.got[begins:ends]), h)
			}
			return Answer{}, more, nil
		}
		return r.decodeBody(c, response, ended)
	}
	return Answer{}, failed, fmt.Errorf("more than %d answers of 1xx", h1.MaxInformed)
}

func (r *reader) decodeBody(c *coming, response *http.Response, ended bool) (Answer, state, error) {
	r.body.Reset()
	_, err := r.body.ReadFrom(io.LimitReader(response.Body, MaxBody+1))
	answer := Answer{Status: response.StatusCode, Header: response.Header, Body: r.body.Bytes(), TooLong: r.body.Len() > MaxBody}
	switch {
	case err != nil && r.from.short && !ended:
		return Answer{}, more, nil
	case err != nil:
		return answer, failed, err
	case answer.TooLong:
		return answer, closed, nil
	case r.from.at-r.in.Buffered() < len(c.got):
		return answer, failed, h1.ErrSurplus
	}
	return answer, ending(response.Close || ended), nil
}

// remember keeps a head. Its first empty line is its end, so that a search finds the same end.
func (r *reader) remember(text string, h *head) {
	if len(r.heads) >= mostHeads {
		clear(r.heads)
	}
	r.heads[text] = h
}

// A shortReader reads what has come.
type shortReader struct {
	bytes []byte
	at    int
	ended bool // nothing more comes
	short bool // more was wanted than has come
}

func (s *shortReader) Read(b []byte) (int, error) {
	if s.at == len(s.bytes) {
		s.short = true
		if s.ended {
			return 0, io.EOF
		}
		return 0, io.ErrNoProgress
	}
	n := copy(b, s.bytes[s.at:])
	s.at += n
	return n, nil
}
