package target

import (
	"time"

	"github.com/trektribe/bench/target/api"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/config"
	"github.com/trektribe/bench/target/session"
	"github.com/trektribe/bench/target/socket"
)

// SocketSeams are what may be changed of sockets and their sessions. Each decorator is called once, at start.
type SocketSeams struct {
	Pings    func(socket.Pings) socket.Pings
	Sessions func(session.Sessions) session.Sessions
	// Of the hardened one:
	Limits  func(cache.Limits) cache.Limits
	Lease   func(time.Duration) time.Duration
	Scripts func(cache.Scripts) cache.Scripts // outside of command timing; not called where no Redis is configured
}

// openSessions gives d the sessions that conf names. The function it returns ends them.
func openSessions(conf config.Config, opts Options, m *metrics, c *clients, policy cache.Policy, d *api.Deps) (end func() error, err error) {
	var sessions session.Policy
	if service, ok := policy.(session.Service); ok {
		sessions = session.NewDocumented(service)
	} else {
		limits, lease := opts.limits(), conf.Lease
		if opts.Sockets.Limits != nil {
			limits = opts.Sockets.Limits(limits)
		}
		if opts.Sockets.Lease != nil {
			lease = opts.Sockets.Lease(lease)
		}
		scripts, err := c.scripts(m, limits, opts.Sockets.Scripts)
		if err != nil {
			return nil, err
		}
		sessions = session.NewHardened(scripts, lease, limits, session.Hooks{Log: d.Log, Resynced: m.resynced.Inc})
	}
	d.Sessions = sessions
	if opts.Sockets.Sessions != nil {
		d.Sessions = opts.Sockets.Sessions(sessions)
	}
	return sessions.Close, nil
}

// openSockets gives d the sockets. Their sessions it has, and their notifications it will have when one opens.
func openSockets(conf config.Config, opts Options, m *metrics, d *api.Deps) *socket.Hub {
	pings := socket.Pings{Interval: conf.PingEvery, Timeout: conf.PingWithin}
	if opts.Sockets.Pings != nil {
		pings = opts.Sockets.Pings(pings)
	}
	hub := socket.New(socket.Options{Instance: conf.Instance, Pings: pings, Sessions: d.Sessions, Attach: func() { d.Notifier.Attach() },
		Log: d.Log, Open: func(change int) { m.sockets.Add(float64(change)) }})
	d.Sockets = hub
	return hub
}
