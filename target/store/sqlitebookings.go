package store

import (
	"context"
	"fmt"
)

// Book inserts, and then counts: a booking that is there counts, whoever inserted it and
// whether anybody was told of it.
func (s *sqliteDB) Book(ctx context.Context, b Booking) (score int64, err error) {
	if _, err := s.book.ExecContext(ctx, b.ID, b.OrganizerID); err != nil {
		return 0, explain("book", b.ID, err)
	}
	var organizer string
	if err := s.booked.QueryRowContext(ctx, b.ID).Scan(&organizer, &score); err != nil {
		return 0, explain("book", b.ID, err)
	}
	if organizer != b.OrganizerID {
		return 0, explain("book", b.ID, ErrTaken)
	}
	return score, nil
}

func (s *sqliteDB) Scores(ctx context.Context, most int) ([]Score, error) {
	rows, err := s.scores.QueryContext(ctx, most)
	if err != nil {
		return nil, fmt.Errorf("list scores: %w", err)
	}
	defer rows.Close()
	scores := make([]Score, 0, most)
	for rows.Next() {
		var sc Score
		if err := rows.Scan(&sc.OrganizerID, &sc.Score); err != nil {
			return nil, fmt.Errorf("list scores: %w", err)
		}
		scores = append(scores, sc)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list scores: %w", err)
	}
	return scores, nil
}
