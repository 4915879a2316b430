package ask

import (
	"net/http"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/inspect"
	"github.com/trektribe/bench/internal/traffic"
	"github.com/trektribe/bench/scenarios"
)

// A probe is one call to ask.
type probe struct {
	inspect.Call
	socket  bool
	timeout time.Duration
	keys    traffic.Keys // that streams ask for, at most
	asked   []string     // keys that it was asked for
}

// probesOf are the different calls of the scenarios' traffic, each once, and what the contract has beside
// them: /health, /metrics, and the listings of keys.
func probesOf(all []*scenarios.Scenario, own *contract.Contract) []*probe {
	var out []*probe
	add := func(c traffic.Call, socket bool, timeout time.Duration, keys traffic.Keys) {
		key := inspect.Key(c)
		i := slices.IndexFunc(out, func(p *probe) bool { return inspect.Key(p.Call.Call) == key })
		if i < 0 {
			i = len(out)
			out = append(out, &probe{Call: inspect.Call{Call: c}, socket: socket})
		}
		out[i].timeout = max(out[i].timeout, timeout)
		if keys.N > out[i].keys.N {
			out[i].keys = keys
		}
	}
	beside := func(path string) {
		if _, err := own.Speak(traffic.Call{Method: http.MethodGet, Path: path}); err != nil {
			return
		}
		add(traffic.Call{Method: http.MethodGet, Path: path}, false, 2*time.Second, traffic.Keys{})
	}
	beside("/health")
	beside("/metrics")
	for _, s := range all {
		for _, t := range s.Traffic {
			if own.Speaks(t.Stream) != nil {
				continue
			}
			for _, c := range t.Calls() {
				if listing := (traffic.Call{Method: http.MethodGet, Path: inspect.Parent(c)}); lists(own, listing) {
					beside(listing.Path)
				}
				c.Keep, c.Retry = nil, 0
				add(c, t.Type == traffic.Sockets, t.Timeout, own.Keys(t.Stream))
			}
		}
	}
	return out
}

// lists reports whether the answer to a call is a listing of what has ids.
func lists(own *contract.Contract, c traffic.Call) bool {
	spoken, err := own.Speak(c)
	return err == nil && spoken.Items != "" && spoken.ID != ""
}
