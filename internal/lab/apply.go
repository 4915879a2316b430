package lab

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/proxy"
)

// An Action is a fault that begins or ends.
type Action struct {
	fault.Fault               // its Start and From are not looked at: it is done now. An empty Kind with Heal: whatever is on
	Arm         string        // empty: all
	Planned     time.Duration // on the clock
	Heal        bool          // the fault is lifted
}

// A spot is where a fault is. An empty instance: the arm's Redis itself.
type spot struct{ arm, instance, on string }

func (s spot) where() spot { return s }

func (s spot) String() string {
	switch {
	case s.on == "instance":
		return s.on + " " + s.arm + "-" + s.instance
	case s.instance == "":
		return s.on + " of " + s.arm
	}
	return s.on + " of " + s.arm + "-" + s.instance
}

// A link is the path from one instance to one dependency.
type link struct {
	spot
	proxy path
	own   *proxy.Proxy // proxy, where it is the lab's own; nil: somebody else's
	watch *watch       // of one of somebody else's
	used  int64        // connections of the service that the proxy had seen before the last Fresh
	uses  uses         // environments in which the service is known to use the path
	trial *trial       // of the fault that is on; nil: none; under the lab's applying
	past  *trial       // of the fault before, whose canaries may still look at its end
}

// bypassed reports whether the service is known not to have used the path since it was started.
func (k *link) bypassed() bool { return k.own != nil && k.own.Stats().Used == k.used }

func openLink(arm, instance, on, upstream string) (*link, error) {
	p, err := proxy.Open(arm+"-"+instance+"-"+on, upstream)
	if err != nil {
		return nil, fmt.Errorf("open the proxy between %s-%s and %s: %w", arm, instance, on, err)
	}
	return &link{spot: spot{arm, instance, on}, proxy: p, own: p}, nil
}

// Apply does a on all chosen paths, or to all chosen processes, at once. It records
// history.FaultOn or FaultOff for each, and has every fault proved by canaries: what they meet
// before, during and after it is recorded as history.Canary, the conclusion as
// history.Delivery, all of it by the time Settle returns. Its error names all that it was not
// done to; what has a fault cannot be given another before the first is lifted. Lifting where
// nothing is on does nothing. A fault that ctx cuts short is undone.
//
// A fault on a Redis process is recorded without an instance, as it is every instance's. What was
// killed is started again by lifting, on the same port, and answers when Apply returns; of an
// instance that does not get ready the error is an ErrNotReady, and its fault is over all the same. One
// that had exited by itself or had not come up again is not hurt and not started again, which is no
// error; a fault that would have ended it counts as delivered.
// Redis faults that are over as soon as they are done (restarted, reloaded, flushed) are lifted at once.
func (l *Lab) Apply(ctx context.Context, a Action) error {
	l.applying.Lock()
	defer l.applying.Unlock()
	ctx, cancel := l.bind(ctx)
	defer cancel()
	return l.orLost(l.apply(ctx, a, nil))
}

// apply is Apply for who holds applying. start: the instances are not started yet.
func (l *Lab) apply(ctx context.Context, a Action, start *start) error {
	links, victims, err := l.choose(a)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil && !a.Heal {
		return err
	}
	if a.Heal {
		return errors.Join(
			each(links, func(k *link) error { return l.lift(ctx, k, a) }),
			each(victims, func(v *victim) error { return l.relieve(ctx, v, a) }))
	}
	does := l.spec.mechanism(a.Kind, a.On)
	if err := a.check(does); err != nil {
		return err
	}
	if err := l.clear(ctx, links, victims, a.Fault); err != nil {
		return err
	}

	// In two steps, so that the canaries, which take a moment, do not spread the faults in time.
	var trials []*trial
	for _, k := range links {
		t := newTrial(k.spot, a)
		t.link, t.start = k, start
		trials = append(trials, t)
	}
	for _, v := range victims {
		t := newTrial(v.spot, a)
		t.victim, t.does = v, does
		trials = append(trials, t)
	}
	each(trials, func(t *trial) error {
		if t.victim != nil {
			l.beforeStrike(ctx, t)
		} else {
			l.before(ctx, t)
		}
		return nil
	})
	return each(trials, func(t *trial) error {
		if t.victim != nil {
			return l.strike(ctx, t)
		}
		return l.hurt(ctx, t)
	})
}

// check says what is wrong with a's fault, done by a mechanism (nil: by a proxy); nil: it can be done, as far as can be told from a alone.
func (a Action) check(does *mechanism) error {
	if a.Kind == "" {
		return errors.New("a fault without a kind: say what to do, or Heal")
	}
	if err := a.Check(); err != nil || does == nil {
		return err
	}
	return does.wrong(a)
}

// hurt switches t's fault on and has it watched.
func (l *Lab) hurt(ctx context.Context, t *trial) error {
	k := t.link
	t.since = l.spec.Clock.Now()
	err := k.proxy.Apply(ctx, t.fault)
	until := l.spec.Clock.Now()
	if err != nil {
		// It may be half on. Whether or not this mends it, the caller cannot count on the fault.
		heal, cancel := context.WithTimeout(context.WithoutCancel(ctx), healWithin)
		defer cancel()
		err = errors.Join(err, k.proxy.Apply(heal, fault.Fault{}))
		if t.old != nil {
			t.old.Close()
		}
		return fmt.Errorf("%s on %v: %w", t.fault.Kind, k.spot, err)
	}
	l.record(history.Event{Kind: history.FaultOn, Arm: k.arm, Instance: k.instance, Name: t.fault.Kind, On: k.on,
		Planned: t.planned, At: t.since, Until: until, Detail: t.parameters()})
	k.trial = t
	l.trials.add(t)
	go l.watch(t)
	return nil
}

// lift switches k's fault off, if it has the one that a means. That nothing is on is no error:
// a caller that cleans up need not know how far it came.
func (l *Lab) lift(ctx context.Context, k *link, a Action) error {
	t := k.trial
	if t == nil {
		return nil
	}
	if a.Kind != "" && a.Kind != t.fault.Kind {
		return fmt.Errorf("lift %s on %v: %s is on there", a.Kind, k.spot, t.fault.Kind)
	}
	t.stop() // a probe that is under way would meet both the fault and its end
	at := l.spec.Clock.Now()
	if err := k.proxy.Apply(ctx, fault.Fault{}); err != nil {
		return fmt.Errorf("lift %s on %v: %w", t.fault.Kind, k.spot, err)
	}
	l.record(history.Event{Kind: history.FaultOff, Arm: k.arm, Instance: k.instance, Name: t.fault.Kind, On: k.on,
		Planned: a.Planned, At: at, Until: l.spec.Clock.Now()})
	k.trial, k.past = nil, t
	t.conclude(true)
	return nil
}

// parameters is what the fault was given, for people.
func (t *trial) parameters() string {
	if t.does != nil && t.does.timed {
		return fmt.Sprintf("for %v", t.fault.For)
	}
	return t.fault.Arguments()
}
