package scenarios

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
	"github.com/trektribe/bench/internal/traffic"
)

// clientKeys are the keys about clients and bursts.
var clientKeys = []string{"clients", "as", "ipv6", "cookies", "burst", "spread"}

// readClients reads the clients of a stream. before is how many clients earlier streams have.
func readClients(t strictyaml.Table, st *traffic.Stream, before int) {
	v, ok := t.Get("clients")
	if !ok {
		for _, key := range []string{"as", "ipv6", "cookies"} {
			if at, ok := t.Get(key); ok {
				at.WrongKey("%s needs clients, such as clients: 200", key)
			}
		}
		return
	}
	c := &traffic.Clients{First: before}
	st.Clients = c
	if text, ok := v.Text(); ok {
		var err error
		switch c.Draw, c.N, c.S, err = parseClients(text); {
		case err != nil:
			v.Wrong("clients: %v", err)
		case c.First+c.N > traffic.MostClients:
			v.Wrong("clients: the scenario has %d clients; the most is %d", c.First+c.N, traffic.MostClients)
			c.N = 0 // later streams are not to blame
		}
	}
	readAs(t, v, c)
	c.Cookies = isTrue(t, "cookies")
	if c.IPv6 = isTrue(t, "ipv6"); c.IPv6 && c.As == traffic.ByAddress {
		t.At("ipv6").WrongKey("ipv6 needs as: header NAME: the addresses of 127.0.0.0/8 are IPv4")
	}
}

// parseClients reads "200", which take turns, "uniform(200)" and "zipf(200, 1.1)".
func parseClients(s string) (draw string, n int, exponent float64, err error) {
	if n, err := strconv.Atoi(s); err == nil && n >= 1 && n <= traffic.MostClients {
		return traffic.InTurn, n, 0, nil
	}
	if number.MatchString(strings.TrimPrefix(s, "-")) {
		return "", 0, 0, fmt.Errorf("%s: want a whole number from 1 to %d", near.Quote(s), traffic.MostClients)
	}
	return parseDraw(s, "clients", traffic.MostClients, "200, uniform(200) or zipf(200, 1.1)")
}

// readAs reads how the service tells clients apart.
func readAs(t strictyaml.Table, clients strictyaml.Value, c *traffic.Clients) {
	v, ok := t.Get("as")
	if !ok {
		clients.WrongKey("clients: say how the service tells them apart: as: address, or as: header X-Forwarded-For")
		return
	}
	text, ok := v.Text()
	if !ok {
		return
	}
	word, name, named := strings.Cut(text, " ")
	switch {
	case word == traffic.ByAddress && named:
		v.Wrong("as: address takes no further word")
	case word == traffic.ByAddress:
		c.As = word
	case word == traffic.ByHeader && !named:
		v.Wrong("as: header needs a name, such as header X-Forwarded-For")
	case word == traffic.ByHeader:
		if err := traffic.CheckHeader(name); err != nil {
			v.Wrong("as: %v", err)
			return
		}
		c.As, c.Header = word, name
	default:
		v.Wrong("as: unknown word %s%s", near.Quote(word), near.Hint(word, traffic.As))
	}
}

// readBurst reads how many requests are sent at once, and to which instances.
func readBurst(t strictyaml.Table, st *traffic.Stream) {
	if n := t.Whole("burst", 1, traffic.MostBurst, 1); n > 1 {
		st.Burst, st.Spread = n, true
	}
	v, ok := t.Get("spread")
	if !ok {
		return
	}
	switch s, _ := v.Scalar(); {
	case s != "true" && s != "false":
		v.WrongType("spread is true or false")
	case st.Burst == 0 && !t.Has(traffic.Sequences):
		v.WrongKey("spread needs a burst of two or more, such as burst: 8, or a sequence")
	default:
		st.Spread = s == "true"
	}
}

// isTrue reads a key that is true, or left out.
func isTrue(t strictyaml.Table, key string) bool {
	v, ok := t.Get(key)
	if !ok {
		return false
	}
	if s, _ := v.Scalar(); s != "true" {
		v.WrongType(key + " is true, or left out")
		return false
	}
	return true
}

// clientDetails describe clients and bursts, for people.
func clientDetails(st traffic.Stream) [][2]string {
	var clients, burst string
	if c := st.Clients; c != nil {
		how := map[string]string{traffic.InTurn: "in turn", "uniform": "drawn uniformly", "zipf": fmt.Sprintf("drawn by zipf %v", c.S)}[c.Draw]
		by := "each from an address of its own"
		if c.As == traffic.ByHeader {
			by = "each named in " + c.Header
		}
		clients = fmt.Sprintf("%d %s, %s: %s", c.N, how, by, c.Name(0))
		if c.N > 1 {
			clients += " to " + c.Name(c.N-1)
		}
		if c.IPv6 {
			clients += ", IPv4 and IPv6 in turn"
		}
		if c.Cookies {
			clients += ", with cookies"
		}
	}
	if st.Burst > 1 {
		burst = fmt.Sprintf("%d requests at once, to one instance", st.Burst)
		if st.Spread {
			burst = fmt.Sprintf("%d requests at once, to the instances in turn", st.Burst)
		}
	}
	return [][2]string{{"clients", clients}, {"burst", burst}}
}
