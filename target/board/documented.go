package board

import (
	"context"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/store"
)

// Documented is the document's leaderboard, line by line, with what follows from it: the scores are
// in Redis alone, so that without it nothing is counted or shown, and what
// Redis forgets is gone; a booking that is confirmed again counts again, and so does
// one whose reply is lost, as the client repeats the command.
type Documented struct {
	client cache.SortedSets // nil: none configured
}

// NewDocumented counts in c. A nil c is no Redis.
func NewDocumented(c cache.SortedSets) *Documented { return &Documented{c} }

const organizers = "leaderboard:organizers"

// Book is the document's "update score when booking confirmed". It asks through the optional client, and so
// does nothing where there is none. As in an express handler, a client that has gone away ends no call to Redis.
func (d *Documented) Book(ctx context.Context, b store.Booking) error {
	if d.client == nil {
		return nil
	}
	return d.client.ZIncrBy(context.WithoutCancel(ctx), organizers, 1, b.OrganizerID)
}

// Top is the document's "get top 10 organizers".
func (d *Documented) Top(ctx context.Context) ([]store.Score, cache.Source, error) {
	if d.client == nil {
		return nil, "", nil
	}
	top10, err := d.client.ZRevRange(context.WithoutCancel(ctx), organizers, 0, 9)
	if err != nil {
		return nil, "", err
	}
	scores := make([]store.Score, len(top10))
	for i, m := range top10 {
		scores[i] = store.Score{OrganizerID: m.Name, Score: m.Score}
	}
	return scores, cache.FromRedis, nil
}

// Close has nothing to wait for.
func (d *Documented) Close() error { return nil }
