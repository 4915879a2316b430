package notify

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/trektribe/bench/target/cache"
)

// Documented is the document's Redis Pub/Sub, of which it shows no code: each instance subscribes once to one
// channel, and leaves the rest to its client's library. What follows: Redis forgets a message once it
// has sent it, so that an instance that is away at that moment never has it; the client repeats a message
// whose reply was lost, so that it comes twice; and the fallback to memory reaches the sockets of one instance.
type Documented struct {
	state    func() cache.State
	client   cache.PubSub // nil: none configured
	instance string
	deliver  Deliver
	hooks    Hooks

	once      sync.Once
	confirmed chan struct{}
	end       func() // of the subscription
}

// NewDocumented publishes through c where state, the document's redisService, says that it is connected.
func NewDocumented(state func() cache.State, c cache.PubSub, instance string, deliver Deliver, hooks Hooks) *Documented {
	return &Documented{state: state, client: c, instance: instance, deliver: deliver, hooks: hooks, confirmed: make(chan struct{}), end: func() {}}
}

const channel = "notifications"

// Attach subscribes, the first time.
func (d *Documented) Attach() {
	if d.state() != cache.Up {
		return
	}
	d.once.Do(func() {
		d.end = d.client.Subscribe(channel, d.take, func(err error) {
			if err != nil {
				d.hooks.Log.Error("Redis SUBSCRIBE error", "channel", channel, "error", err)
			}
			close(d.confirmed)
		})
	})
	<-d.confirmed
}

// Send publishes, and falls back to memory as the document's set does.
func (d *Documented) Send(ctx context.Context, n Notification) {
	d.hooks.Count(accepted, 1)
	_, text := encode(n, d.instance, time.Now())
	if d.state() != cache.Up {
		d.take(string(text))
		return
	}
	if err := d.client.Publish(context.WithoutCancel(ctx), channel, string(text)); err != nil {
		d.hooks.Log.Error("Redis PUBLISH error", "channel", channel, "error", err)
		d.take(string(text))
	}
}

// take delivers what has come.
func (d *Documented) take(text string) {
	var m message
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		d.hooks.Log.Error("bad notification", "error", err)
		return
	}
	d.hooks.Count(delivered, d.deliver(m.UserID, []byte(text), time.Time{}))
}

// Close ends the subscription. No call may begin after it.
func (d *Documented) Close() error {
	d.end()
	return nil
}
