package target

import (
	"github.com/trektribe/bench/target/api"
	"github.com/trektribe/bench/target/board"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/config"
)

// BoardSeams are what may be changed of the leaderboard. Each decorator is called once, at start.
type BoardSeams struct {
	Board   func(board.Board) board.Board
	Scripts func(cache.Scripts) cache.Scripts // of the hardened one; outside of command timing; not called where no Redis is configured
}

// openBoard gives d the leaderboard that conf names. The function it returns ends it.
func openBoard(conf config.Config, opts Options, m *metrics, c *clients, d *api.Deps) (end func() error, err error) {
	var policy board.Policy
	if conf.Policy == config.Documented {
		var sets cache.SortedSets // nil where no Redis is configured
		if client := c.first(); client != nil {
			sets = cache.TimedSortedSets(client, m.redisCommand)
		}
		policy = board.NewDocumented(sets)
	} else {
		scripts, err := c.scripts(m, opts.limits(), opts.Board.Scripts)
		if err != nil {
			return nil, err
		}
		policy = board.NewHardened(scripts, d.Store, opts.limits(), board.Hooks{Log: d.Log, Reconciled: m.reconciled.Inc})
	}
	d.Board = policy
	if opts.Board.Board != nil {
		d.Board = opts.Board.Board(policy)
	}
	return policy.Close, nil
}
