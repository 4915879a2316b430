package remote

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
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
