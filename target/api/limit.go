package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// admit counts a request below /api/ and tells its client where it stands. Where
// the client is over the limit it answers 429, and false.
func (a *api) admit(w http.ResponseWriter, r *http.Request) bool {
	if a.Limiter == nil || !strings.HasPrefix(r.URL.Path, "/api/") {
		return true
	}
	d := a.Limiter.Take(r.Context(), a.Identify(r))
	a.Limited(d.Tier, d.Allowed)
	h := w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(d.Limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(d.Remaining))
	if !d.Reset.IsZero() {
		// Whole seconds since 1970, rounded up: the window is over by then.
		h.Set("X-RateLimit-Reset", strconv.FormatInt((d.Reset.UnixMilli()+999)/1000, 10))
	}
	if d.Allowed {
		return true
	}
	h.Set("Retry-After", strconv.Itoa(seconds(d.Retry)))
	refuse(w, http.StatusTooManyRequests, "Too many requests. Try again in "+span(d.Retry)+".")
	return false
}

// seconds rounds up, to 1 at least: a client that comes back then is let through.
func seconds(d time.Duration) int { return max(1, int((d+time.Second-1)/time.Second)) }

func span(d time.Duration) string {
	switch n := seconds(d); {
	case n%60 == 0 && n > 60:
		return fmt.Sprintf("%d minutes", n/60)
	case n == 1:
		return "1 second"
	default:
		return fmt.Sprintf("%d seconds", n)
	}
}
