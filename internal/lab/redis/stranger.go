package redis

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/resp"
)

// Stranger asks Redis for a read on a new connection that does not give its password; wrong: that gives another. A Redis
// that has none answers.
func (s *Store) Stranger(ctx context.Context, timeout time.Duration, wrong bool) canary.Meeting {
	began := time.Now()
	conn, err := resp.Dial(ctx, s.addr, timeout)
	if err != nil {
		return canary.Met(err, began)
	}
	defer conn.Close()
	conn.Until(began.Add(timeout))
	if wrong {
		conn.Ask("AUTH", rand.Text()) // what that is worth, the read shows
	}
	_, err = conn.Ask("EXISTS", canaryKey)
	return canary.Met(err, began)
}
