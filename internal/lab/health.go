package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/redact"
)

const (
	// healthCall bounds one question.
	healthCall = time.Second
	// healthBytes bounds how much of an answer an error quotes.
	healthBytes = 200
)

// health is a client that keeps no connection, follows no redirect and uses no proxy
// of the environment's: the answer is the instance's own.
var health = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       healthCall,
}

// waitReady waits until q is answered by the instance at url. p is the process behind it; nil: it already ran.
func (q Question) waitReady(ctx context.Context, url string, within time.Duration, p *process.Process) error {
	name := redact.Text(url)
	var exited <-chan struct{}
	if p != nil {
		name, exited = p.Name, p.Done()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("not ready within %v", within))
	defer cancel()
	last := errors.New("it was not asked")
	for wait := 5 * time.Millisecond; ; wait = min(wait*3/2, 50*time.Millisecond) {
		if err := q.ask(ctx, url); ctx.Err() == nil {
			last = err // an answer cut off by our own deadline says nothing
		}
		// A process that has exited is not what answered.
		if p != nil && p.Exited() {
			return fmt.Errorf("%s ended before it was ready (%v)%s", name, p.State(), p.Tail())
		}
		if last == nil {
			return nil
		}
		select {
		case <-exited:
		case <-ctx.Done():
			err := fmt.Errorf("%s: %w; GET %s last said: %v", name, context.Cause(ctx), q.path(), last)
			if p != nil && p.Lines() != nil {
				err = fmt.Errorf("%w%s", err, p.Tail())
			}
			return err
		case <-time.After(wait):
		}
	}
}

func (q Question) path() string { return cmp.Or(q.Path, "/health") }

// ask is nil when the instance says that it is ready.
func (q Question) ask(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(url, "/")+q.path(), nil)
	if err != nil {
		return err
	}
	for name, values := range q.Header {
		req.Header[name] = values
	}
	resp, err := health.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if q.Any || slices.Contains(q.Status, resp.StatusCode) || len(q.Status) == 0 && resp.StatusCode == http.StatusOK {
		return nil
	}
	b, _ := io.ReadAll(io.LimitReader(resp.Body, healthBytes))
	return fmt.Errorf("%s %q", resp.Status, b)
}
