// Package board breaks the hardened leaderboard. Each function breaks the options that it is given.
package board

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/board"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/store"
)

// The hardened leaderboard runs a script for each booking, with the sorted set and a mark as keys, and with how long
// the mark lives, the organizer's score in the database, and the organizer as arguments. When it reconciles there are
// more scores in one command, which it has from the database. The script without any score tells the mark alone.

// increments adds to an organizer's score in the place of a booking's script.
type increments struct {
	cache.Scripts
	add func(ctx context.Context, r cache.Scripts, set string, score, organizer any) error
}

func (i increments) EvalSha(ctx context.Context, sha string, keys []string, args ...any) (any, error) {
	if isBooking(args) {
		if err := i.add(ctx, i.Scripts, keys[0], args[1], args[2]); err != nil {
			return nil, err
		}
		args = args[:1]
	}
	return i.Scripts.EvalSha(ctx, sha, keys, args...)
}

// Eval follows an EvalSha that ran nothing but the addition.
func (i increments) Eval(ctx context.Context, source string, keys []string, args ...any) (any, error) {
	if isBooking(args) {
		args = args[:1]
	}
	return i.Scripts.Eval(ctx, source, keys, args...)
}

func isBooking(args []any) bool { return len(args) == 3 }

// adding has bookings add to the scores, which the database never corrects.
func adding(add func(ctx context.Context, r cache.Scripts, set string, score, organizer any) error) func(*target.Options) {
	return func(o *target.Options) {
		NeverReconciled(o)
		o.Board.Scripts = func(r cache.Scripts) cache.Scripts { return increments{r, add} }
	}
}

// ReadThenWrite reads the score in one step and writes it in another. A booking that is repeated finds the database's score already.
func ReadThenWrite(o *target.Options) {
	read := cache.NewScript(`return tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0')`)
	write := cache.NewScript(`return redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])`)
	adding(func(ctx context.Context, r cache.Scripts, set string, score, organizer any) error {
		v, err := read.Run(ctx, r, []string{set}, organizer)
		n, ok := v.(int64)
		if err != nil || !ok || score.(int64) <= n {
			return err
		}
		_, err = write.Run(ctx, r, []string{set}, n+1, organizer)
		return err
	})(o)
}

// CountsAgain gives each booking that comes an id of its own.
func CountsAgain(o *target.Options) {
	o.DecorateStore = func(s store.Store) store.Store { return everyBookingNew{s} }
}

type everyBookingNew struct{ store.Store }

func (e everyBookingNew) Book(ctx context.Context, b store.Booking) (int64, error) {
	b.ID = rand.Text()
	return e.Store.Book(ctx, b)
}

// NeverReconciled has the database show no scores when all are asked for.
func NeverReconciled(o *target.Options) {
	o.DecorateStore = func(s store.Store) store.Store { return noScores{s} }
}

type noScores struct{ store.Store }

func (n noScores) Scores(ctx context.Context, most int) ([]store.Score, error) {
	if most == 0 {
		return nil, nil
	}
	return n.Store.Scores(ctx, most)
}

// ByID has the ten in the order of their ids.
func ByID(o *target.Options) {
	o.Board.Board = func(b board.Board) board.Board { return byID{b} }
}

type byID struct{ board.Board }

func (b byID) Top(ctx context.Context) ([]store.Score, cache.Source, error) {
	top, source, err := b.Board.Top(ctx)
	slices.SortFunc(top, func(a, b store.Score) int { return strings.Compare(a.OrganizerID, b.OrganizerID) })
	return top, source, err
}
