package redis

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab/compose"
	engine "github.com/trektribe/bench/internal/lab/container"
	"github.com/trektribe/bench/internal/lab/dependency"
	"github.com/trektribe/bench/internal/lab/process"
)

// Composed is the kind of Redis that a compose file describes.
const Composed = "compose"

// composed is the Redis of a compose file, with its own command, password and volume. When it is started again it has what its
// volume kept.
var composed = &kind{
	name: Composed,
	missing: func() error {
		if _, err := engine.Engine(); err != nil {
			return err
		}
		_, err := compose.Command(context.Background())
		return err
	},
	command: func(o Options, port int, _ string) (process.Command, error) {
		if o.Project == nil {
			return process.Command{}, errors.New("there is no compose file that describes it")
		}
		return process.Command{Argv: o.Project.RunRedis(port), Container: true, Env: o.Env}, nil
	},
	mechanisms: func(s *Store) []dependency.Mechanism {
		return append(slices.DeleteFunc(server.mechanisms(s), func(m dependency.Mechanism) bool {
			return m.After != nil || m.Before != nil // whether its data is kept is for its file to say
		}), dependency.Mechanism{Kind: "recreated", Before: s.rely, Hurt: s.remove, Found: s.found})
	},
	version: infoVersion,
	revive:  server.revive,
}

// rely has what it acknowledges in the segment that begins be looked for in the end: its volume is to keep that.
func (s *Store) rely(context.Context, fault.Fault) error {
	s.volume = true
	return nil
}

// remove removes its container and what is not on a named volume, and looks whether it is gone.
func (s *Store) remove(ctx context.Context, f fault.Fault) error {
	began := time.Now()
	p := s.running()
	if err := s.kill(ctx, f); err != nil {
		return err
	}
	gone, err := p.Removed()
	s.left = canary.Meeting{Met: removed, Wait: time.Since(began)}
	if !gone {
		s.left.Met = "a container that is still there"
	}
	return err
}
