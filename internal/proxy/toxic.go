package proxy

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/toxics"
)

// toxicType is the name that our toxic is registered under.
const toxicType = "trektribe_bench"

var register = sync.OnceFunc(func() { toxics.Register(toxicType, new(toxic)) })

// A toxic is one direction of a listening. Toxiproxy makes it by reflection
// from its type; install fills it in before the proxy starts, so that it needs
// no attributes and no table to find its proxy by.
type toxic struct {
	proxy *Proxy
	dir   direction
	pair  *pairing
}

// install puts our toxic into both directions of toxi, which has not started.
func install(toxi *toxiproxy.Proxy, p *Proxy) error {
	register()
	pair := new(pairing)
	for dir, name := range map[direction]string{up: "upstream", down: "downstream"} {
		js := fmt.Appendf(nil, `{"name":%q,"type":%q,"stream":%q,"toxicity":1}`, toxicType+"_"+name, toxicType, name)
		w, err := toxi.Toxics.AddToxicJson(bytes.NewReader(js))
		if err != nil {
			return fmt.Errorf("install toxic: %w", err)
		}
		t, ok := w.Toxic.(*toxic)
		if !ok {
			return errors.New("install toxic: toxiproxy made another; its version is not the one this is written for")
		}
		*t = toxic{proxy: p, dir: dir, pair: pair}
	}
	return nil
}

// NewState makes the link of a new connection. Toxiproxy calls it for each of
// the two directions, and hands the result to Pipe.
func (t *toxic) NewState() any {
	l := &link{proxy: t.proxy, dir: t.dir, conn: t.pair.next(t.proxy, t.dir)}
	t.proxy.join(l)
	return l
}

// Pipe carries one direction of a connection until it ends.
func (t *toxic) Pipe(stub *toxics.ToxicStub) { stub.State.(*link).run(stub) }

// A conn is what the two directions of a connection share.
type conn struct {
	id    uint64           // counts the proxy's connections, from 1
	own   atomic.Bool      // a canary's
	used  atomic.Bool      // carried bytes that are not a canary's
	ended [2]chan struct{} // by direction: closed when its source has ended
}

// A pairing finds the two directions of one connection. Toxiproxy v2.12.0 sets
// them up one after the other, upstream first, from its one accept loop.
type pairing struct{ half *conn }

func (g *pairing) next(p *Proxy, d direction) *conn {
	if d == up {
		g.half = &conn{id: uint64(p.count.accepted.Add(1))}
		for d := range g.half.ended {
			g.half.ended[d] = make(chan struct{})
		}
	}
	return g.half
}
