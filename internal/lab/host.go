package lab

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/redact"
)

// lookupWithin bounds the look-up of a host name.
const lookupWithin = 5 * time.Second

// CheckHost refuses to send load or faults to a host that is not this machine and
// was not named by the user. A host is allowed when it stands in allow (alone or as
// host:port), when it is a loopback address, or when it is a name all of whose
// addresses are loopback. Its errors do not show the URL's password.
func CheckHost(rawURL string, allow []string) error {
	return checkHost(context.Background(), rawURL, allow)
}

func checkHost(ctx context.Context, rawURL string, allow []string) error {
	u, err := url.Parse(rawURL)
	if err != nil || u.Hostname() == "" {
		return fmt.Errorf("%s is not a URL with a host", redact.URL(rawURL))
	}
	host := u.Hostname()
	for _, a := range allow {
		if strings.EqualFold(a, host) || strings.EqualFold(a, u.Host) {
			return nil
		}
	}
	addrs := []net.IPAddr{{IP: net.ParseIP(host)}}
	if addrs[0].IP == nil {
		ctx, cancel := context.WithTimeout(ctx, lookupWithin)
		defer cancel()
		if addrs, err = net.DefaultResolver.LookupIPAddr(ctx, host); err != nil {
			return fmt.Errorf("host %s of %s: %w", host, redact.URL(rawURL), err)
		}
	}
	for _, a := range addrs {
		if !a.IP.IsLoopback() {
			return fmt.Errorf("host %s (%s) is not this machine: load and faults there need its owner's leave; if you have it, add --allow-host %s", host, a.IP, host)
		}
	}
	return nil
}
