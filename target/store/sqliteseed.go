package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/trektribe/bench/fixtures"
)

const schema = `
CREATE TABLE IF NOT EXISTS trips (
	id TEXT PRIMARY KEY, title TEXT NOT NULL, description TEXT NOT NULL, destination TEXT NOT NULL,
	organizer_id TEXT NOT NULL, price INTEGER NOT NULL, currency TEXT NOT NULL, start_date TEXT NOT NULL,
	days INTEGER NOT NULL, capacity INTEGER NOT NULL, difficulty TEXT NOT NULL, status TEXT NOT NULL,
	version INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS trips_by_status ON trips (status, start_date, id);
CREATE TABLE IF NOT EXISTS users (
	id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, bio TEXT NOT NULL, interests TEXT NOT NULL,
	version INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bookings (id TEXT PRIMARY KEY, organizer_id TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS bookings_by_organizer ON bookings (organizer_id);`

// seedSQLite creates and fills the tables in one transaction that takes the
// write lock at once, so that of several instances exactly one seeds.
func seedSQLite(ctx context.Context, db *sql.DB, seed uint64) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after Commit it does nothing
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return err
	}
	if err := fill(ctx, tx, "trips", tripColumns, func() []Trip { return fixtures.Trips(seed) }, func(t Trip) ([]any, error) {
		return []any{t.ID, t.Title, t.Description, t.Destination, t.OrganizerID, t.Price, t.Currency,
			t.StartDate, t.Days, t.Capacity, t.Difficulty, t.Status, t.Version}, nil
	}); err != nil {
		return err
	}
	if err := fill(ctx, tx, "users", userColumns, func() []User { return fixtures.Users(seed) }, func(u User) ([]any, error) {
		interests, err := json.Marshal(u.Interests)
		return []any{u.ID, u.Name, u.Email, u.Bio, interests, u.Version}, err
	}); err != nil {
		return err
	}
	return tx.Commit()
}

// fill inserts what there is to insert, unless the table holds something already.
func fill[T any](ctx context.Context, tx *sql.Tx, table, columns string, rows func() []T, values func(T) ([]any, error)) error {
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM `+table).Scan(&n); err != nil || n > 0 {
		return err
	}
	insert, err := tx.PrepareContext(ctx, `INSERT INTO `+table+` (`+columns+`) VALUES (?`+strings.Repeat(`, ?`, strings.Count(columns, ","))+`)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	for i, v := range rows() {
		row, err := values(v)
		if err == nil {
			_, err = insert.ExecContext(ctx, row...)
		}
		if err != nil {
			return fmt.Errorf("seed row %d of %s: %w", i+1, table, err)
		}
	}
	return nil
}
