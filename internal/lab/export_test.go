package lab

import (
	"context"
	"slices"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
)

// Misinject records that a's fault is on, and has it watched, but does something else instead: to
// the proxies of other instances, or of a's own.
func (l *Lab) Misinject(ctx context.Context, a Action, elsewhere bool, instead fault.Fault) error {
	l.applying.Lock()
	defer l.applying.Unlock()
	for _, k := range l.links() {
		chosen := len(a.Instances) == 0 || slices.Contains(a.Instances, k.instance)
		if chosen {
			t := newTrial(k.spot, a)
			t.link = k
			l.before(ctx, t)
			t.since = l.spec.Clock.Now()
			l.record(history.Event{Kind: history.FaultOn, Arm: k.arm, Instance: k.instance, Name: a.Kind, On: k.on, At: t.since, Until: t.since})
			k.trial = t
			l.trials.add(t)
			defer func() { go l.watch(t) }()
		}
		if chosen != elsewhere {
			if err := k.proxy.Apply(ctx, instead); err != nil {
				return err
			}
		}
	}
	return nil
}

// LockFile locks a database as the fault locked does, until release.
func LockFile(ctx context.Context, path string) (release func() error, err error) {
	l, err := lockFile(ctx, path)
	if err != nil {
		return nil, err
	}
	return l.release, nil
}
