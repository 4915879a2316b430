package proxy

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"sync"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"
)

// toxicType is the name that our toxic is registered under.
const toxicType = "trektribe_bench"

var register = sync.OnceFunc(func() { toxics.Register(toxicType, new(toxic)) })

// A toxic is one direction of a proxy. Toxiproxy makes it by reflection from
// its type; install fills it in before anything is carried, so that it needs no
// attributes and no table to find its proxy by.
type toxic struct {
	carrier *carrier
	dir     direction
}

// A carrier is the part of toxiproxy that is used: readers, toxics and writers
// of connections that are there.
type carrier struct {
	proxy *Proxy
	srv   *toxiproxy.ApiServer
	toxi  *toxiproxy.Proxy

	mu   sync.Mutex
	next *conn // whose links are being set up
}

// install puts our toxic into both directions.
func (r *carrier) install(p *Proxy) error {
	register()
	r.proxy = p
	// Toxiproxy's messages go nowhere. Its bandwidth toxic would write to the
	// global logger, but is never used here, so that one is left alone.
	r.srv = toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	r.toxi = toxiproxy.NewProxy(r.srv, p.name, "", p.upstream)
	for dir, name := range map[direction]string{up: "upstream", down: "downstream"} {
		js := fmt.Appendf(nil, `{"name":%q,"type":%q,"stream":%q,"toxicity":1}`, toxicType+"_"+name, toxicType, name)
		w, err := r.toxi.Toxics.AddToxicJson(bytes.NewReader(js))
		if err != nil {
			return fmt.Errorf("install toxic: %w", err)
		}
		t, ok := w.Toxic.(*toxic)
		if !ok {
			return errors.New("install toxic: toxiproxy made another; its version is not the one this is written for")
		}
		*t = toxic{carrier: r, dir: dir}
	}
	return nil
}

// carry passes on what comes on either side of c until it ends. Toxiproxy
// v2.12.0 calls NewState before StartLink returns.
func (p *Proxy) carry(c *conn) {
	r := &p.carrier
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next = c
	name := strconv.FormatUint(c.id, 10)
	r.toxi.Toxics.StartLink(r.srv, name+"up", c.client, c.upstream, stream.Upstream)
	r.toxi.Toxics.StartLink(r.srv, name+"down", c.upstream, clientEnd{c.client, c}, stream.Downstream)
}

// NewState makes the link of a new connection. Toxiproxy calls it for each of
// the two directions, and hands the result to Pipe.
func (t *toxic) NewState() any {
	p := t.carrier.proxy
	l := &link{proxy: p, dir: t.dir, conn: t.carrier.next}
	p.join(l)
	return l
}

// Pipe carries one direction of a connection until it ends.
func (t *toxic) Pipe(stub *toxics.ToxicStub) { stub.State.(*link).run(stub) }
