package redis

import (
	"context"
	"slices"

	"github.com/trektribe/bench/internal/lab/dependency"
	"github.com/trektribe/bench/internal/lab/process"
)

// A kind is one way to have a Redis of the lab's own. One that is somebody's, by its URL, is none of them.
type kind struct {
	name       string
	missing    func() error                                                        // why it cannot be started here; nil: it always can
	command    func(o Options, port int, password string) (process.Command, error) // what it is started from
	mechanisms func(s *Store) []dependency.Mechanism                               // of faults that are done to this kind, beside those of any process
	version    func(ctx context.Context, s *Store) (string, error)                 // which Redis it is
	renew      func(ctx context.Context, s *Store) error                           // undoes what a service may have changed beside its data; nil: nothing can be
	revive     func(ctx context.Context, s *Store) error                           // undoes those faults in one that is still there

	several *formation // it is several servers, and nothing above but missing is of it; nil: it is one process
}

// kinds are all of them, the default first.
var kinds = []*kind{embedded, server, container, composed, sentinel}

// find is the kind of a Spec's Redis; nil: it is a URL.
func find(spec string) *kind {
	if spec == "" {
		return kinds[0]
	}
	if i := slices.IndexFunc(kinds, func(k *kind) bool { return k.name == spec }); i >= 0 {
		return kinds[i]
	}
	return nil
}

// Own reports whether a Spec's Redis is one that the lab starts, and not somebody's.
func Own(spec string) bool { return find(spec) != nil }

// Several reports whether a Spec's Redis is several servers, so that there is no one path to it.
func Several(spec string) bool { k := find(spec); return k != nil && k.several != nil }

// Kinds lists the kinds of faults that can be done to a Spec's Redis itself. To somebody's: none.
func Kinds(spec string) []string {
	k := find(spec)
	if k != nil && k.several != nil {
		return dependency.Kinds(k.several.mechanisms(&Ensemble{}))
	}
	return dependency.Kinds((&Store{kind: k}).Mechanisms())
}

// Mechanisms are how it can be hurt.
func (s *Store) Mechanisms() []dependency.Mechanism {
	if s.kind == nil {
		return nil
	}
	return append([]dependency.Mechanism{
		{Kind: "killed", Hurt: s.kill},
		{Kind: "stopped", Hurt: s.pause},
		{Kind: "restarted", Hurt: s.kill},
		{Kind: "flushed", Hurt: s.flush, Found: s.found},
	}, s.kind.mechanisms(s)...)
}
