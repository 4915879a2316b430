package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// watches is how many of Limits.Probe the follower waits for a message before it looks
// whether it has missed any: a connection that is dead without an end is noticed after twice that.
const watches = 5

// follow follows the stream. It runs until stop.
func (h *Hardened) follow() {
	h.begin()
	// Redis numbers entries by its clock, from 0 in each millisecond: the first of this one must come, too.
	r := reader{Hardened: h, at: place{nowhere, fmt.Sprint(time.Now().UnixMilli()-1, "-0")}}
	for ; h.ctx.Err() == nil; r.attempts++ {
		err := r.listen()
		if h.ctx.Err() != nil {
			return
		}
		if r.attempts == 0 && r.at.epoch == nowhere {
			close(h.tried)
		}
		h.hooks.Log.Debug("notifications of other instances do not come", "error", err)
		select {
		case <-h.ctx.Done():
		case <-time.After(h.limits.Probe):
		}
	}
}

// begin leaves out what was taken over before there was a socket: it does not come from the stream, so an outage must
// not make it come late.
func (h *Hardened) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.own.unshown()
}

// A reader knows how far it has come. It is for one goroutine.
type reader struct {
	*Hardened
	attempts int
	at       place
}

// listen subscribes, finds what was missed before that, and takes what comes, until an error.
func (r *reader) listen() error {
	ctx, cancel := context.WithTimeout(r.ctx, r.limits.Command)
	defer cancel()
	if r.attempts > 0 {
		if err := r.follower.Connect(ctx); err != nil {
			return err
		}
	}
	l, err := r.follower.Listen(ctx, feed)
	if err != nil {
		return err
	}
	defer l.Close()
	defer context.AfterFunc(r.ctx, l.Close)() // or it would wait for a message
	for text := ""; err == nil; {
		if err = r.take(text); err == nil {
			text, err = l.Next(r.ctx, watches*r.limits.Probe)
		}
	}
	return err
}

// take takes one message, or looks whether any was missed where there is none, or another than the next.
func (r *reader) take(text string) error {
	if text == "" {
		return r.check()
	}
	words := strings.SplitN(text, " ", 4)
	if len(words) < 4 {
		return errors.New("something else was published than a notification")
	}
	if previous := (place{words[0], words[1]}); previous != r.at {
		return r.check()
	}
	r.receive(words[3])
	r.at.id = words[2]
	return nil
}

// check takes from the stream what comes after the place that was reached.
func (r *reader) check() error {
	for more := true; more; {
		ctx, cancel := context.WithTimeout(r.ctx, r.limits.Command)
		now, texts, again, err := runCatchUp(ctx, r.follower, r.at)
		cancel()
		if err != nil {
			return err
		}
		if r.at.epoch == nowhere && r.attempts == 0 {
			close(r.tried)
		}
		for _, text := range texts {
			r.receive(text)
		}
		r.at, more = now, again
	}
	return nil
}
