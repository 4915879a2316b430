package session

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/trektribe/bench/target/cache"
)

// Documented is the document's use of its session store, line by line. Of the store itself the document shows no
// code: this one has only what its redisService offers, a value that is got and set, and so inherits the
// fallback to memory. What follows: sockets of one user that open or end at the same time
// overwrite one another's list; nothing expires, so that the sessions of an instance
// that dies stay for ever; and what was written to memory during an outage stays there.
type Documented struct{ service Service }

// Service is the document's redisService, which falls back to memory by itself.
type Service interface {
	Read(ctx context.Context, k cache.Key) (string, cache.Source)
	Write(ctx context.Context, k cache.Key, value string)
}

// NewDocumented keeps sessions in s.
func NewDocumented(s Service) *Documented { return &Documented{s} }

// Open is the document's handler of a connection. It listens for the end of the socket
// only once the session is stored: where that took longer than the socket lived, nothing removes it.
func (d *Documented) Open(ctx context.Context, user string, s Session) (end func()) {
	store := context.WithoutCancel(ctx)
	list, _ := d.Of(store, user)
	d.write(store, user, append(list, s))
	if ctx.Err() != nil {
		return func() {}
	}
	return func() {
		list, _ := d.Of(store, user)
		d.write(store, user, slices.DeleteFunc(list, func(o Session) bool { return o.SocketID == s.SocketID }))
	}
}

// Of is the document's getUserSessions.
func (d *Documented) Of(ctx context.Context, user string) ([]Session, cache.Source) {
	text, source := d.service.Read(context.WithoutCancel(ctx), key(user))
	list := []Session{}
	if text != "" && json.Unmarshal([]byte(text), &list) != nil {
		list = []Session{}
	}
	return list, source
}

// Close leaves everything as it is.
func (d *Documented) Close() error { return nil }

func (d *Documented) write(ctx context.Context, user string, list []Session) {
	text, err := json.Marshal(list)
	if err == nil { // strings always marshal
		d.service.Write(ctx, key(user), string(text))
	}
}

// key has no time to live: the document names none.
func key(user string) cache.Key { return cache.Key{Name: "sessions:" + user} }
