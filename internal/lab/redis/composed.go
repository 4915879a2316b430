package redis

import (
	"errors"
	"slices"

	"github.com/trektribe/bench/internal/lab/dependency"
	"github.com/trektribe/bench/internal/lab/process"
)

// Composed is the kind of Redis that a compose file describes.
const Composed = "compose"

// composed is the Redis of a compose file, with its own command, password and volume. When it is started again it has what its
// volume kept.
var composed = &kind{
	name: Composed,
	command: func(o Options, port int, _ string) (process.Command, error) {
		if o.Project == nil {
			return process.Command{}, errors.New("there is no compose file that describes it")
		}
		return process.Command{Argv: o.Project.RunRedis(port), Container: true, Env: o.Env}, nil
	},
	mechanisms: func(s *Store) []dependency.Mechanism {
		return slices.DeleteFunc(server.mechanisms(s), func(m dependency.Mechanism) bool {
			return m.After != nil || m.Before != nil // whether its data is kept is for its file to say
		})
	},
	version: infoVersion,
	revive:  server.revive,
}
