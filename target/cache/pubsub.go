package cache

import (
	"context"
	"time"
)

// PubSub is what a part asks of Redis that publishes messages and gets them. Safe for concurrent use.
type PubSub interface {
	// Publish sends a message to whoever is subscribed now.
	Publish(ctx context.Context, channel, text string) error
	// Subscribe calls got with each message, in a goroutine of its own, until end is called, which waits for it.
	// confirmed is called once, with nil when Redis has confirmed the subscription, or with an
	// error; the library goes on trying all the same.
	Subscribe(channel string, got func(text string), confirmed func(error)) (end func())
}

func (c *Client) Publish(ctx context.Context, channel, text string) error {
	return c.current().Publish(ctx, channel, text).Err()
}

func (c *Client) Subscribe(channel string, got func(text string), confirmed func(error)) (end func()) {
	ctx := context.Background()
	subscription := c.current().Subscribe(ctx, channel)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, err := subscription.ReceiveTimeout(ctx, c.at.opts.ReadTimeout)
		confirmed(err)
		for m := range subscription.Channel() {
			got(m.Payload)
		}
	}()
	return func() {
		subscription.Close() // its error is one of a connection that ends anyway
		<-done
	}
}

// TimedPubSub calls observe with how long each message took to publish, failed or not.
func TimedPubSub(p PubSub, observe func(time.Duration)) PubSub { return timedPubSub{p, observe} }

type timedPubSub struct {
	PubSub
	observe func(time.Duration)
}

func (t timedPubSub) Publish(ctx context.Context, channel, text string) error {
	defer func(began time.Time) { t.observe(time.Since(began)) }(time.Now())
	return t.PubSub.Publish(ctx, channel, text)
}
