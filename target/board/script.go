package board

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/store"
)

// The scores are a sorted set. Beside it each instance has a mark of its own: it counts what the instance
// has told Redis, and lives for markFor after that. An instance that finds its mark lower
// than it knows it, or gone, knows that Redis has lost something, even where the scores look well.
const (
	scoresKey = "leaderboard:{organizers}"
	markFor   = time.Minute
)

// raise takes scores as the database has them, and keeps those that are higher than what is there.
// Scores only rise. So it does not matter how often, in which order, or by whom Redis is told.
//
// ARGV: how long the mark lives in ms, then scores and organizers in turn. It answers the mark.
var raise = cache.NewScript(`
for i = 2, #ARGV, 2 do redis.call('ZADD', KEYS[1], 'GT', ARGV[i], ARGV[i + 1]) end
local mark = redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return mark
`)

// top answers the mark and the ARGV[1] highest scores, organizers and scores in turn.
var top = cache.NewScript(`
return {tonumber(redis.call('GET', KEYS[2]) or '0'), redis.call('ZREVRANGE', KEYS[1], 0, ARGV[1] - 1, 'WITHSCORES')}
`)

// runRaise tells Redis scores, or none.
func runRaise(ctx context.Context, r cache.Scripts, markKey string, scores []store.Score) (mark int64, err error) {
	args := make([]any, 0, 1+2*len(scores))
	args = append(args, markFor.Milliseconds())
	for _, s := range scores {
		args = append(args, s.Score, s.OrganizerID)
	}
	v, err := raise.Run(ctx, r, []string{scoresKey, markKey}, args...)
	if err != nil {
		return 0, err
	}
	mark, ok := v.(int64)
	if !ok {
		return 0, fmt.Errorf("%w: %v", errReply, v)
	}
	return mark, nil
}

func runTop(ctx context.Context, r cache.Scripts, markKey string) (scores []store.Score, mark int64, err error) {
	v, err := top.Run(ctx, r, []string{scoresKey, markKey}, Places)
	if err != nil {
		return nil, 0, err
	}
	list, _ := v.([]any)
	if len(list) != 2 {
		return nil, 0, fmt.Errorf("%w: %v", errReply, v)
	}
	mark, ok := list[0].(int64)
	pairs, ok2 := list[1].([]any)
	if !ok || !ok2 || len(pairs)%2 != 0 {
		return nil, 0, fmt.Errorf("%w: %v", errReply, v)
	}
	scores = make([]store.Score, 0, Places)
	for i := 0; i < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		n, err := strconv.ParseInt(fmt.Sprint(pairs[i+1]), 10, 64)
		if err != nil {
			return nil, 0, fmt.Errorf("%w: %v", errReply, v)
		}
		scores = append(scores, store.Score{OrganizerID: name, Score: n})
	}
	return scores, mark, nil
}

var errReply = errors.New("a script of the leaderboard answered something else than scores")
