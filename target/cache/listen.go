package cache

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
)

// Follower is what a part asks of Redis that follows what is published. Safe for concurrent use.
type Follower interface {
	Scripts
	// Listen subscribes to a channel, and returns when Redis has confirmed that.
	Listen(ctx context.Context, channel string) (Listener, error)
}

// A Listener gets what is published. It is for one goroutine; Close may be called by another, and more than once.
type Listener interface {
	// Next returns the next message, or "" where none comes in time. After an error it must be closed: messages may be
	// lost. A connection that is dead without an end is an error after two waits.
	Next(ctx context.Context, wait time.Duration) (string, error)
	Close()
}

func (c *Client) Listen(ctx context.Context, channel string) (Listener, error) {
	l := &listener{sub: c.current().Subscribe(ctx, channel)}
	if _, err := l.sub.ReceiveTimeout(ctx, c.at.opts.ReadTimeout); err != nil {
		l.Close()
		return nil, fmt.Errorf("subscribe to %s: %w", channel, err)
	}
	return l, nil
}

type listener struct {
	sub   *redis.PubSub
	asked bool // whether the peer is there, and it has not answered yet
}

var errSilent = errors.New("redis does not answer a ping of the subscription")

func (l *listener) Next(ctx context.Context, wait time.Duration) (string, error) {
	got, err := l.sub.ReceiveTimeout(ctx, wait)
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		if l.asked {
			return "", errSilent
		}
		l.asked = true
		return "", l.sub.Ping(ctx)
	}
	if err != nil {
		return "", err
	}
	l.asked = false
	switch m := got.(type) {
	case *redis.Message:
		return m.Payload, nil
	case *redis.Subscription:
		return "", errors.New("the library has subscribed again by itself")
	}
	return "", nil
}

func (l *listener) Close() { l.sub.Close() } // its error is one of a connection that ends anyway
