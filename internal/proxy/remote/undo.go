package remote

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
	// undoTries is how often an Undo is tried before it is given up, and undoAgain the pause between.
	undoTries = 3
	undoAgain = 100 * time.Millisecond
)

// An Undo is what has to be put back on somebody else's proxy: by us, or by the watchdog when we are gone.
type Undo struct {
	URL      string   `json:"url"`
	Proxy    string   `json:"proxy"`
	Toxics   []string `json:"toxics,omitempty"`   // ours, by name, whether or not they are there
	Disabled bool     `json:"disabled,omitempty"` // we close its listener; it was found open
	Done     bool     `json:"done,omitempty"`     // it has been put back
}

// Do removes the toxics, enables the proxy if we disabled it, and reads back that all is as
// it was found. Where nothing is left to do it does nothing. Each call takes 2 s at most; the
// error says what is left, and with which commands to mend it.
func (u Undo) Do(ctx context.Context) error {
	if u.Done {
		return nil
	}
	a := api(u.URL)
	left := u
	var errs []error
	for _, name := range u.Toxics {
		err := a.remove(ctx, u.Proxy, name)
		if err != nil && !missing(err) {
			errs = append(errs, err)
		}
	}
	if u.Disabled {
		if err := a.enable(ctx, u.Proxy, true); err != nil && !missing(err) {
			errs = append(errs, err)
		}
	}
	s, err := a.show(ctx, u.Proxy)
	switch {
	case missing(err):
		return fmt.Errorf("proxy %s of %s is gone, and our toxics with it: somebody has deleted it", u.Proxy, u.URL)
	case err != nil:
		errs = append(errs, err)
	default:
		left.Toxics = slices.DeleteFunc(slices.Clone(u.Toxics), func(name string) bool {
			return !slices.ContainsFunc(s.Toxics, func(t toxic) bool { return t.Name == name })
		})
		left.Disabled = u.Disabled && !s.Enabled
		if len(left.Toxics) == 0 && !left.Disabled {
			return nil // whatever a call said
		}
	}
	return fmt.Errorf("proxy %s of %s could not be put back: %w; mend it:\n%s",
		u.Proxy, u.URL, errors.Join(append(errs, ctx.Err())...), strings.Join(left.commands(), "\n"))
}

// commands mend by hand what is left.
func (u Undo) commands() []string {
	var out []string
	for _, name := range u.Toxics {
		out = append(out, fmt.Sprintf("curl -X %s %s%s/toxics/%s", http.MethodDelete, u.URL, proxyPath(u.Proxy), name))
	}
	if u.Disabled {
		out = append(out, fmt.Sprintf(`curl -X %s -d '{"enabled":true}' %s%s`, http.MethodPost, u.URL, proxyPath(u.Proxy)))
	}
	return out
}

// Retry undoes what somebody has left behind: it tries a few times, and gives up.
func (u Undo) Retry(ctx context.Context) (err error) {
	for range undoTries {
		if err = u.Do(ctx); err == nil {
			return nil
		}
		select {
		case <-time.After(undoAgain):
		case <-ctx.Done():
			return err
		}
	}
	return err
}
