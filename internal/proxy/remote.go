package proxy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/trektribe/bench/internal/fault"
)

// A Place names a proxy of a toxiproxy that somebody else runs.
type Place struct {
	URL   string // of toxiproxy's HTTP interface: "http://127.0.0.1:8474"
	Proxy string // empty: the only one there is
}

// ParsePlace reads "http://host:port" or "http://host:port/PROXY".
func ParsePlace(text string) (Place, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return Place{}, errors.New("write http://host:8474, or http://host:8474/PROXY")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return Place{}, errors.New("toxiproxy knows no users and no queries: write http://host:8474, or http://host:8474/PROXY")
	}
	name := strings.Trim(u.Path, "/")
	if strings.Contains(name, "/") {
		return Place{}, fmt.Errorf("%q is no name of a proxy: write http://host:8474/PROXY", name)
	}
	return Place{URL: u.Scheme + "://" + u.Host, Proxy: name}, nil
}

func (p Place) String() string { return p.URL + "/" + p.Proxy }

// A Remote is a proxy of somebody else's, in front of their Redis. Faults are done to it with
// toxiproxy's own toxics (RemoteKinds), through its HTTP interface: each call is bounded by 2 s, each
// change is read back. Its methods are safe for concurrent use.
//
// What it cannot tell is whether the service uses it: toxiproxy counts bytes only when a connection ends.
type Remote struct {
	at       Place
	api      api
	addr     string
	upstream string
	token    string
	owe      func(Debt) error

	turn chan struct{} // held by the one Apply or Close that is at work; guards debt
	debt *Debt         // nil: nothing is to be put back

	dose atomic.Pointer[dose] // what the canaries of the present fault must take
}

// OpenRemote looks at the proxy and changes nothing. It refuses one that is disabled, or
// carries toxics: they are not ours. token is what the names of our toxics begin with. owe is told of what
// has to be put back, before anything is changed, and again, with Paid, when that is done; its error forbids the change.
func OpenRemote(ctx context.Context, at Place, token string, owe func(Debt) error) (*Remote, error) {
	a := api(at.URL)
	all, err := a.all(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask the toxiproxy at %s for its proxies: %w; is this a toxiproxy?", at.URL, err)
	}
	names := slices.Sorted(maps.Keys(all))
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("the toxiproxy at %s has no proxies: make one in front of Redis, and let the service connect to it", at.URL)
	case at.Proxy == "" && len(names) > 1:
		return nil, fmt.Errorf("the toxiproxy at %s has the proxies %s: name the one in front of Redis, as in %s/%s", at.URL, strings.Join(names, ", "), at.URL, names[0])
	case at.Proxy == "":
		at.Proxy = names[0]
	}
	s, ok := all[at.Proxy]
	if !ok {
		return nil, fmt.Errorf("the toxiproxy at %s has no proxy %q: there are %s", at.URL, at.Proxy, strings.Join(names, ", "))
	}
	if len(s.Toxics) > 0 {
		return nil, fmt.Errorf("proxy %s already carries the toxics %s: they are not ours; remove them, or name another proxy", at.Proxy, list(s.Toxics))
	}
	if !s.Enabled {
		return nil, fmt.Errorf("proxy %s of %s is disabled: enable it, or name another proxy", at.Proxy, at.URL)
	}
	addr, err := reach(s.Listen, at.URL)
	if err != nil {
		return nil, fmt.Errorf("proxy %s of %s: %w", at.Proxy, at.URL, err)
	}
	return &Remote{at: at, api: a, addr: addr, upstream: s.Upstream, token: token, owe: owe, turn: make(chan struct{}, 1)}, nil
}

// reach is where a proxy that listens on listen is reached: one that listens everywhere is on its toxiproxy's host.
func reach(listen, base string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("it listens on %q: %w", listen, err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		u, err := url.Parse(base)
		if err != nil {
			return "", err
		}
		host = u.Hostname()
	}
	return net.JoinHostPort(host, port), nil
}

// Addr is the host:port at which the proxy is reached from here.
func (r *Remote) Addr() string { return r.addr }

// Upstream is what the proxy stands before, as its toxiproxy knows it.
func (r *Remote) Upstream() string { return r.upstream }

// Place is where the proxy is, with its name.
func (r *Remote) Place() Place { return r.at }

// Apply puts the proxy as it was found, and then, unless f is the zero Fault, does f to it. It returns
// when toxiproxy shows that f is in effect. An error says that f is not known to be in
// effect, or that what was on is not known to be off; Apply may be called again.
func (r *Remote) Apply(ctx context.Context, f fault.Fault) error {
	does, err := findRemote(f)
	if err != nil {
		return fmt.Errorf("proxy %v: %w", r.at, err)
	}
	if err := r.apply(ctx, f, does); err != nil {
		return fmt.Errorf("proxy %v: apply %s: %w", r.at, mechanism{name: f.Kind}.label(), err)
	}
	return nil
}

func (r *Remote) apply(ctx context.Context, f fault.Fault, does remoteMechanism) error {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := r.settle(ctx); err != nil || f.Kind == "" {
		return err
	}
	var toxics []poses
	if does.toxics != nil {
		toxics = does.toxics(f)
	}
	d := Debt{URL: r.at.URL, Proxy: r.at.Proxy, Disabled: does.refuses}
	for i := range toxics {
		toxics[i].Name, toxics[i].Toxicity = r.token+"-"+toxics[i].Stream, 1
		d.Toxics = append(d.Toxics, toxics[i].Name)
	}
	if err := r.owe(d); err != nil {
		return err
	}
	r.debt = &d
	if does.dose != nil {
		more := does.dose(f)
		r.dose.Store(&more)
	}
	for _, t := range toxics {
		if err := r.api.add(ctx, r.at.Proxy, t); err != nil {
			return err
		}
	}
	if does.refuses {
		if err := r.api.enable(ctx, r.at.Proxy, false); err != nil {
			return err
		}
	}
	if err := r.shows(ctx, toxics, !does.refuses); err != nil {
		return err
	}
	return r.owe(d) // whoever was stopped meanwhile may find that it has been put back, and must not go on
}

// shows reads back that the proxy carries these toxics and no others.
func (r *Remote) shows(ctx context.Context, want []poses, enabled bool) error {
	s, err := r.api.show(ctx, r.at.Proxy)
	if err != nil {
		return fmt.Errorf("read it back: %w", err)
	}
	var foreign []poses
	for _, have := range s.Toxics {
		if !slices.ContainsFunc(want, func(t poses) bool { return t.same(have) }) {
			foreign = append(foreign, have)
		}
	}
	switch {
	case len(foreign) > 0:
		return fmt.Errorf("it now carries the toxics %s, which are not ours: leave the proxy to one at a time", list(foreign))
	case len(s.Toxics) != len(want):
		return fmt.Errorf("it took the toxics %s, and shows %s", list(want), list(s.Toxics))
	case s.Enabled != enabled:
		return fmt.Errorf("it shows enabled: %v, want %v", s.Enabled, enabled)
	}
	return nil
}

// settle pays what is owed.
func (r *Remote) settle(ctx context.Context) error {
	if r.debt == nil {
		return ctx.Err()
	}
	if err := r.debt.Pay(ctx); err != nil {
		return err
	}
	paid := *r.debt
	paid.Paid = true
	r.debt = nil
	r.dose.Store(nil)
	r.owe(paid) // of no consequence if it is not heard: it would be paid again
	return nil
}

// Close puts the proxy as it was found; its error says what is left and with which commands to mend it.
// It tries until ctx ends, or again and again for a moment.
func (r *Remote) Close(ctx context.Context) error {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	var err error
	for try := range payTries {
		if err = r.settle(ctx); err == nil {
			return nil
		}
		if try == payTries-1 || ctx.Err() != nil {
			break
		}
		select {
		case <-time.After(payAgain):
		case <-ctx.Done():
		}
	}
	return err
}
