package load

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/load/sockets"
	"github.com/trektribe/bench/internal/traffic"
)

// An opening is how the sockets of a stream are opened.
type opening struct {
	dialer  *sockets.Dialer
	roots   []*url.URL // of the targets, with the path
	jars    []http.CookieJar
	headers map[string]template
	first   template // what the client begins with; nil: nothing
}

func newOpening(s Stream, dialer *sockets.Dialer) opening {
	spoken, _ := s.Contract.Speak(s.Call) // checked
	own, _ := s.Contract.Has(contract.Socket)
	o := opening{dialer: dialer, headers: map[string]template{}}
	if spoken.Mapped {
		o.first = traffic.Split(own.First)
	}
	for name, value := range spoken.Headers {
		o.headers[name] = traffic.Split(value)
	}
	for _, t := range s.Targets {
		u, _ := url.Parse(strings.TrimRight(t.URL, "/") + spoken.Path) // checked
		o.roots, o.jars = append(o.roots, u), append(o.jars, t.Jar)
	}
	return o
}

// open opens a socket at a target. A client's first message that fails is no failed
// opening: the reader learns how such a socket ended.
func (o opening) open(ctx context.Context, target int, b blanks) (*sockets.Socket, int, error) {
	header := http.Header{"User-Agent": {"bench"}}
	for name, value := range o.headers {
		header.Set(name, string(value.fill(b)))
	}
	u := filled(o.roots[target], b.key)
	dress(o.jars[target], message{header: header, url: u})
	socket, status, err := o.dialer.Open(ctx, u.String(), header)
	if err == nil && o.first != nil {
		_ = socket.Write(ctx, o.first.fill(b))
	}
	return socket, status, err
}
