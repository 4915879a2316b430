package target

import (
	"github.com/trektribe/bench/target/api"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/config"
	"github.com/trektribe/bench/target/notify"
)

// NotifySeams are what may be changed of notifications. Each decorator is called once, at start.
type NotifySeams struct {
	Notifier func(notify.Notifier) notify.Notifier
	Deliver  func(notify.Deliver) notify.Deliver
	// Of the hardened one, not called where no Redis is configured:
	Scripts  func(cache.Scripts) cache.Scripts   // that send; outside of command timing
	Follower func(cache.Follower) cache.Follower // that reads
}

// openNotifier gives d the notifier that conf names. The function it returns ends it.
func openNotifier(conf config.Config, opts Options, m *metrics, c *clients, policy cache.Policy, deliver notify.Deliver, d *api.Deps) (end func() error, err error) {
	if opts.Notify.Deliver != nil {
		deliver = opts.Notify.Deliver(deliver)
	}
	hooks := notify.Hooks{Log: d.Log, Count: m.notification}
	var notifier notify.Policy
	if conf.Policy == config.Documented {
		var pubsub cache.PubSub // nil where no Redis is configured
		if client := c.first(); client != nil {
			pubsub = cache.TimedPubSub(client, m.redisCommand)
		}
		notifier = notify.NewDocumented(policy.State, pubsub, conf.Instance, deliver, hooks)
	} else {
		scripts, err := c.scripts(m, opts.limits(), opts.Notify.Scripts)
		if err != nil {
			return nil, err
		}
		client, err := c.open()
		if err != nil {
			return nil, err
		}
		var follower cache.Follower // nil where no Redis is configured
		if client != nil {
			follower = client
			if opts.Notify.Follower != nil {
				follower = opts.Notify.Follower(follower)
			}
		}
		notifier = notify.NewHardened(scripts, follower, conf.Instance, deliver, opts.limits(), hooks)
	}
	d.Notifier = notifier
	if opts.Notify.Notifier != nil {
		d.Notifier = opts.Notify.Notifier(notifier)
	}
	return notifier.Close, nil
}
