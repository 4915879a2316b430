package reports

import (
	"fmt"
	"strings"

	"github.com/trektribe/bench/internal/claim/curve"
	"github.com/trektribe/bench/internal/claim/figure"
)

// falls says in one line from which load on a curve saves queries, and with arithmetic what theory says.
func falls(c curve.Curve, arithmetic bool) string {
	if c.Why != "" {
		return "no points: " + c.Why
	}
	var out []string
	for _, f := range c.Falls {
		s := fmt.Sprintf("%.0f %% fewer queries ", f.Share*100)
		if f.From == 0 {
			s += "nowhere"
		} else {
			s += "from " + load(f.From) + " requests per key and TTL"
		}
		if arithmetic {
			s += " (arithmetic: " + load(f.Shared) + " with shared loads, " + load(f.Alone) + " without)"
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// load is a number of requests per key and TTL; 0: there is none.
func load(x float64) string {
	if x == 0 {
		return "nowhere"
	}
	return figure.Format(x, "")
}

// curves writes a table of points for each curve and arm.
func (d *document) curves() {
	if len(d.run.Curves) == 0 {
		return
	}
	d.line("## Curves", "",
		"Keys with about the same number of requests make one point. The more requests come within one TTL, the smaller the share that reaches the database.",
		"Each measurement stands beside the result of a renewal process for random requests: once when requests that miss together *share* one load, and once when *each* of them loads.",
		"That result is for a cache in steady state. A phase of only a few TTLs that begins with a cold cache has more queries.", "")
	for _, c := range d.run.Curves {
		d.line("### "+escape(c.ID+", "+c.Arm), "", escape(c.Says)+".", "")
		d.line("- " + escape(falls(c, true)))
		if len(c.Points) == 0 {
			d.line("")
			continue
		}
		d.line(fmt.Sprintf("- TTL %s, a load takes %s, a hit %s", escape(figure.Format(c.TTL, "s")), escape(figure.Format(c.Load, "s")), escape(figure.Format(c.Hit, "s"))), "")
		d.table([]string{"requests per key and TTL", "keys", "requests", "queries per request", "interval", "arithmetic, shared", "arithmetic, each", "hits", "times faster", "arithmetic"}, true)
		for _, p := range c.Points {
			d.table([]string{load(p.X), fmt.Sprint(p.Keys), fmt.Sprint(p.Requests), share(p.Queries), escape("[" + share(p.Lo) + ".." + share(p.Hi) + "]"),
				share(p.Shared), share(p.Alone), share(p.Hits), figure.Format(p.Speedup, ""), figure.Format(p.Arithmetic, "")}, false)
		}
		d.line("")
	}
}

func share(x float64) string { return fmt.Sprintf("%.3f", x) }
