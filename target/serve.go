package target

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// serve answers until ctx ends, then lets requests end: first by themselves, for up to
// drain, then by closing their connections and release. Meanwhile goodbye ends what is no request
// any more, sockets, whose ends may need a release too. It returns when none is left.
func serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger, drain time.Duration, goodbye func(), release func() error) error {
	g := &gate{handler: h}
	srv := &http.Server{
		Handler:           g,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err := <-failed:
		err = errors.Join(fmt.Errorf("serve on %s: %w", l.Addr(), err), srv.Close(), release())
		g.shut()
		goodbye()
		return err
	case <-ctx.Done():
	}
	log.Info("shutting down", "drain", drain.String())
	late, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		goodbye()
	}()
	err := srv.Shutdown(late)
	if err == nil {
		select {
		case <-gone:
		case <-late.Done():
			err = late.Err()
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("requests were cut off", "after", drain.String())
		err = errors.Join(srv.Close(), release())
	}
	<-failed
	g.shut()
	<-gone
	return err
}

// gate knows which requests are under way: http.Server.Close does not wait for them.
type gate struct {
	handler http.Handler
	mu      sync.Mutex
	closed  bool
	wg      sync.WaitGroup
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !g.enter() {
		http.Error(w, `{"error":"shutting down"}`, http.StatusServiceUnavailable)
		return
	}
	defer g.wg.Done()
	g.handler.ServeHTTP(w, r)
}

func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.wg.Add(1)
	return true
}

// shut lets no request in any more and waits for the last.
func (g *gate) shut() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.wg.Wait()
}
