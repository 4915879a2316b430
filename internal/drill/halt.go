package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	lookEvery = 50 * time.Millisecond  // at a halt file
	askEvery  = 500 * time.Millisecond // a halt URL
	// askWithin is how long a halt URL may take: one that hangs says no go.
	askWithin = time.Second
	// goWord is what a halt URL answers while the drill may go on.
	goWord = "go"
)

// Halts are what ends a drill from outside.
type Halts struct {
	Files []string // the drill ends once one is there
	URL   string   // it ends once this answers anything but 200 and "go"; empty: none
}

// Ready is an error where one of them would end the drill at once.
func (h Halts) Ready(ctx context.Context) error {
	var errs []error
	for _, f := range h.Files {
		switch _, err := os.Lstat(f); {
		case err == nil:
			errs = append(errs, fmt.Errorf("the halt file %s is there already: somebody wants no drill now; remove it once they agree", f))
		case !errors.Is(err, fs.ErrNotExist):
			errs = append(errs, fmt.Errorf("the halt file cannot be looked at: %w; choose another with --halt-file", err))
		}
	}
	if h.URL != "" {
		if why := ask(ctx, client(), h.URL); why != "" {
			errs = append(errs, fmt.Errorf("the halt URL %s: a drill begins only while it answers 200 and %q", why, goWord))
		}
	}
	return errors.Join(errs...)
}

// Watch calls halt, once, when one of them ends the drill. It returns when ctx ends.
func (h Halts) Watch(ctx context.Context, halt func(how string)) {
	var once sync.Once
	var all sync.WaitGroup
	watch := func(every time.Duration, look func() string) {
		all.Go(func() {
			tick := time.NewTicker(every)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				if how := look(); how != "" && ctx.Err() == nil {
					once.Do(func() { halt(how) })
					return
				}
			}
		})
	}
	for _, f := range h.Files {
		watch(lookEvery, func() string {
			if _, err := os.Lstat(f); errors.Is(err, fs.ErrNotExist) {
				return ""
			}
			if text, err := os.ReadFile(f); err == nil && strings.HasPrefix(string(text), haltWord) {
				return haltWord
			}
			return "the halt file " + f
		})
	}
	if h.URL != "" {
		c := client()
		defer c.CloseIdleConnections()
		watch(askEvery, func() string {
			if why := ask(ctx, c, h.URL); why != "" {
				return "the halt URL " + why
			}
			return ""
		})
	}
	all.Wait()
}

func client() *http.Client {
	return &http.Client{Timeout: askWithin, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// ask is why the URL says no go; empty: it says go.
func ask(ctx context.Context, c *http.Client, url string) (why string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "cannot be asked: write http://host:port/path"
	}
	res, err := c.Do(req)
	if err != nil {
		return "did not answer within " + askWithin.String()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	said := strings.TrimSpace(string(body))
	switch {
	case err != nil:
		return "did not answer to the end"
	case res.StatusCode != http.StatusOK:
		return fmt.Sprintf("answered %d", res.StatusCode)
	case said != goWord:
		return fmt.Sprintf("answered %q", said[:min(len(said), 40)])
	}
	return ""
}
