package target

import (
	"github.com/trektribe/bench/target/api"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/config"
	"github.com/trektribe/bench/target/limit"
)

// LimitSeams are what may be changed of the limiter. Each decorator is called once, at start.
type LimitSeams struct {
	Rule     func(limit.Rule) limit.Rule
	Limiter  func(limit.Limiter) limit.Limiter
	Scripts  func(cache.Scripts) cache.Scripts // of the hardened one; outside of command timing; not called where no Redis is configured
	Identify func(api.Identify) api.Identify   // whose call it is
}

// limitCalls gives d the limiter that conf names, if it names one. The function it returns ends it.
func limitCalls(conf config.Config, opts Options, m *metrics, c *clients, policy cache.Policy, d *api.Deps) (end func() error, err error) {
	if conf.RateLimit == 0 {
		return func() error { return nil }, nil
	}
	rule := limit.Rule{Limit: conf.RateLimit, Window: conf.RateWindow, Instances: conf.Instances}
	if opts.Limit.Rule != nil {
		rule = opts.Limit.Rule(rule)
	}
	limiter, err := openLimiter(rule, opts, m, c, policy, d)
	if err != nil {
		return nil, err
	}
	d.Log.Info("calls are limited", "limit", rule.Limit, "window", rule.Window.String(), "instances", rule.Instances)
	d.Limiter, d.Identify, d.Limited = limiter, api.Addresses(conf.Trusted), m.limitDecision
	if opts.Limit.Limiter != nil {
		d.Limiter = opts.Limit.Limiter(limiter)
	}
	if opts.Limit.Identify != nil {
		d.Identify = opts.Limit.Identify(d.Identify)
	}
	return limiter.Close, nil
}

// openLimiter makes the policy. The documented one counts through the cache's own service, as the document's does.
func openLimiter(rule limit.Rule, opts Options, m *metrics, c *clients, policy cache.Policy, d *api.Deps) (limit.Policy, error) {
	if service, ok := policy.(limit.Service); ok {
		return limit.NewDocumented(rule, service), nil
	}
	scripts, err := c.scripts(m, opts.limits(), opts.Limit.Scripts)
	if err != nil {
		return nil, err
	}
	return limit.NewHardened(rule, scripts, opts.limits(), limit.Hooks{Log: d.Log, Carried: m.carriedOver}), nil
}
