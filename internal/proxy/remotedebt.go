package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	// payTries is how often a debt is tried to be paid before it is given up, and payAgain the pause between.
	payTries = 3
	payAgain = 100 * time.Millisecond
)

// A Debt is what has to be put back on a proxy of somebody else's, by whoever is left to do it.
type Debt struct {
	URL      string   `json:"url"`
	Proxy    string   `json:"proxy"`
	Toxics   []string `json:"toxics,omitempty"`   // ours, by name, whether or not they are there
	Disabled bool     `json:"disabled,omitempty"` // we close its listener; it was found open
	Paid     bool     `json:"paid,omitempty"`     // it has been put back
}

// Pay removes the toxics, enables the proxy if it was us who disabled it, and reads back that all is as
// it was found. Where nothing is left to do it does nothing. Each call takes 2 s at most; the
// error says what is left, and with which commands to mend it.
func (d Debt) Pay(ctx context.Context) error {
	if d.Paid {
		return nil
	}
	a := api(d.URL)
	left := d
	var errs []error
	for _, name := range d.Toxics {
		err := a.remove(ctx, d.Proxy, name)
		if err != nil && !missing(err) {
			errs = append(errs, err)
		}
	}
	if d.Disabled {
		if err := a.enable(ctx, d.Proxy, true); err != nil && !missing(err) {
			errs = append(errs, err)
		}
	}
	s, err := a.show(ctx, d.Proxy)
	switch {
	case missing(err):
		return fmt.Errorf("proxy %s of %s is gone, and our toxics with it: somebody has deleted it", d.Proxy, d.URL)
	case err != nil:
		errs = append(errs, err)
	default:
		left.Toxics = slices.DeleteFunc(slices.Clone(d.Toxics), func(name string) bool {
			return !slices.ContainsFunc(s.Toxics, func(t poses) bool { return t.Name == name })
		})
		left.Disabled = d.Disabled && !s.Enabled
		if len(left.Toxics) == 0 && !left.Disabled {
			return nil // whatever a call said
		}
	}
	return fmt.Errorf("proxy %s of %s could not be put back: %w; mend it:\n%s",
		d.Proxy, d.URL, errors.Join(append(errs, ctx.Err())...), strings.Join(left.commands(), "\n"))
}

// commands mend by hand what is left.
func (d Debt) commands() []string {
	var out []string
	for _, name := range d.Toxics {
		out = append(out, fmt.Sprintf("curl -X %s %s%s/toxics/%s", http.MethodDelete, d.URL, proxyPath(d.Proxy), name))
	}
	if d.Disabled {
		out = append(out, fmt.Sprintf(`curl -X %s -d '{"enabled":true}' %s%s`, http.MethodPost, d.URL, proxyPath(d.Proxy)))
	}
	return out
}

// PayOff pays a debt that somebody has left behind: it tries a few times, and gives up.
func (d Debt) PayOff(ctx context.Context) (err error) {
	for range payTries {
		if err = d.Pay(ctx); err == nil {
			return nil
		}
		select {
		case <-time.After(payAgain):
		case <-ctx.Done():
			return err
		}
	}
	return err
}
