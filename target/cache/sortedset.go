package cache

import (
	"context"
	"time"
)

// A Member is one of a sorted set, with its score.
type Member struct {
	Name  string
	Score int64
}

// SortedSets is what a part asks of Redis that keeps scores by plain commands. Safe for concurrent use.
type SortedSets interface {
	// ZIncrBy adds by to a member's score; one that is not there has 0.
	ZIncrBy(ctx context.Context, key string, by int64, member string) error
	// ZRevRange lists the members in the places from and to, 0 being the highest score. Members of
	// equal scores are in reverse order of their names.
	ZRevRange(ctx context.Context, key string, from, to int64) ([]Member, error)
}

func (c *Client) ZIncrBy(ctx context.Context, key string, by int64, member string) error {
	return c.current().ZIncrBy(ctx, key, float64(by), member).Err()
}

func (c *Client) ZRevRange(ctx context.Context, key string, from, to int64) ([]Member, error) {
	found, err := c.current().ZRevRangeWithScores(ctx, key, from, to).Result()
	if err != nil {
		return nil, err
	}
	members := make([]Member, len(found))
	for i, z := range found {
		members[i].Name, _ = z.Member.(string)
		members[i].Score = int64(z.Score)
	}
	return members, nil
}

// TimedSortedSets calls observe with how long each command of s took, failed or not.
func TimedSortedSets(s SortedSets, observe func(time.Duration)) SortedSets {
	return timedSortedSets{s, observe}
}

type timedSortedSets struct {
	SortedSets
	observe func(time.Duration)
}

func (t timedSortedSets) ZIncrBy(ctx context.Context, key string, by int64, member string) error {
	defer t.since(time.Now())
	return t.SortedSets.ZIncrBy(ctx, key, by, member)
}

func (t timedSortedSets) ZRevRange(ctx context.Context, key string, from, to int64) ([]Member, error) {
	defer t.since(time.Now())
	return t.SortedSets.ZRevRange(ctx, key, from, to)
}

func (t timedSortedSets) since(began time.Time) { t.observe(time.Since(began)) }
