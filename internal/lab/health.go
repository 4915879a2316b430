package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/redact"
)

const (
	// healthCall bounds one question for /health.
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

// waitReady waits until GET /health answers 200. p is the process behind it; nil: it already ran.
func waitReady(ctx context.Context, url string, within time.Duration, p *process.Process) error {
	name := redact.Text(url)
	var exited <-chan struct{}
	if p != nil {
		name, exited = p.Name, p.Done()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("not ready within %v", within))
	defer cancel()
	last := errors.New("it was not asked")
	for wait := 5 * time.Millisecond; ; wait = min(wait*3/2, 50*time.Millisecond) {
		if err := askHealth(ctx, url); ctx.Err() == nil {
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
			err := fmt.Errorf("%s: %w; GET /health last said: %v", name, context.Cause(ctx), last)
			if p != nil && p.Lines() != nil {
				err = fmt.Errorf("%w%s", err, p.Tail())
			}
			return err
		case <-time.After(wait):
		}
	}
}

// askHealth is nil when the instance says that it is ready.
func askHealth(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(url, "/")+"/health", nil)
	if err != nil {
		return err
	}
	resp, err := health.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	b, _ := io.ReadAll(io.LimitReader(resp.Body, healthBytes))
	return fmt.Errorf("%s %q", resp.Status, b)
}
