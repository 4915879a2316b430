package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/trektribe/bench/fixtures"
)

// busyFor is how long a connection waits for another process's lock. The
// longest writer is the seeding, about 30 ms.
const busyFor = 5 * time.Second

const columns = `id, title, description, destination, organizer_id, price, currency, start_date, days, capacity, difficulty, status, version`

const schema = `
CREATE TABLE IF NOT EXISTS trips (
	id TEXT PRIMARY KEY, title TEXT NOT NULL, description TEXT NOT NULL, destination TEXT NOT NULL,
	organizer_id TEXT NOT NULL, price INTEGER NOT NULL, currency TEXT NOT NULL, start_date TEXT NOT NULL,
	days INTEGER NOT NULL, capacity INTEGER NOT NULL, difficulty TEXT NOT NULL, status TEXT NOT NULL,
	version INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS trips_by_status ON trips (status, start_date, id);`

type sqliteDB struct {
	db     *sql.DB
	keeper *sql.Conn // holds a database in memory open; nil for a file
	list   *sql.Stmt
	find   *sql.Stmt
	update *sql.Stmt
}

// OpenSQLite opens the file at path and seeds it, if no other process has.
// An empty path is a private database in memory, gone with Close.
func OpenSQLite(ctx context.Context, path string, seed uint64) (DB, error) {
	s, err := openSQLite(ctx, path, seed)
	if err == nil {
		return s, nil
	}
	if path == "" {
		path = "in memory"
	}
	return nil, fmt.Errorf("open sqlite database %s: %w; SQLITE_PATH must name a file in a directory that exists and can be written", path, err)
}

func openSQLite(ctx context.Context, path string, seed uint64) (_ *sqliteDB, err error) {
	q := url.Values{"_txlock": {"immediate"}}
	q.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", busyFor.Milliseconds()))
	q.Add("_pragma", "synchronous(NORMAL)")
	name := (&url.URL{Path: path}).EscapedPath()
	if path == "" {
		// The memdb file system shares one database among this process's connections.
		name = "/trips-" + rand.Text()
		q.Set("vfs", "memdb")
	}
	db, err := sql.Open("sqlite", "file:"+name+"?"+q.Encode())
	if err != nil {
		return nil, err
	}
	s := &sqliteDB{db: db}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	// Queries are short and burn a processor: more connections than a few only wait for one another.
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	if path == "" {
		if s.keeper, err = db.Conn(ctx); err != nil {
			return nil, err
		}
	} else if err = useWAL(ctx, db); err != nil {
		return nil, err
	}
	if err = seedSQLite(ctx, db, seed); err != nil {
		return nil, err
	}
	for _, p := range []struct {
		stmt  **sql.Stmt
		query string
	}{
		{&s.list, `SELECT ` + columns + ` FROM trips WHERE status = ? ORDER BY start_date, id`},
		{&s.find, `SELECT ` + columns + ` FROM trips WHERE id = ?`},
		{&s.update, `UPDATE trips SET title = coalesce(?, title), description = coalesce(?, description),
			destination = coalesce(?, destination), price = coalesce(?, price), start_date = coalesce(?, start_date),
			capacity = coalesce(?, capacity), status = coalesce(?, status), version = version + 1
			WHERE id = ? RETURNING ` + columns},
	} {
		if *p.stmt, err = db.PrepareContext(ctx, p.query); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// useWAL switches the file to write-ahead logging, which lasts. SQLite does
// not wait for a lock here as busy_timeout says, so instances that start
// together would fail one another: hence the loop.
func useWAL(ctx context.Context, db *sql.DB) error {
	deadline := time.Now().Add(busyFor)
	for {
		_, err := db.ExecContext(ctx, `PRAGMA journal_mode = WAL`)
		var se *sqlite.Error
		if err == nil || !errors.As(err, &se) || se.Code()&0xff != sqlite3.SQLITE_BUSY || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// seedSQLite creates and fills the table in one transaction that takes the
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
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM trips`).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return tx.Commit()
	}
	insert, err := tx.PrepareContext(ctx, `INSERT INTO trips (`+columns+`) VALUES (?`+strings.Repeat(`, ?`, strings.Count(columns, ","))+`)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, t := range fixtures.Trips(seed) {
		if _, err := insert.ExecContext(ctx, t.ID, t.Title, t.Description, t.Destination, t.OrganizerID, t.Price, t.Currency,
			t.StartDate, t.Days, t.Capacity, t.Difficulty, t.Status, t.Version); err != nil {
			return fmt.Errorf("seed trip %s: %w", t.ID, err)
		}
	}
	return tx.Commit()
}

func (s *sqliteDB) ActiveTrips(ctx context.Context) ([]Trip, error) {
	rows, err := s.list.QueryContext(ctx, fixtures.Active)
	if err != nil {
		return nil, fmt.Errorf("list active trips: %w", err)
	}
	defer rows.Close()
	trips := make([]Trip, 0, fixtures.ActiveCount)
	for rows.Next() {
		t, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list active trips: %w", err)
		}
		trips = append(trips, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list active trips: %w", err)
	}
	return trips, nil
}

func (s *sqliteDB) Trip(ctx context.Context, id string) (Trip, error) {
	t, err := scan(s.find.QueryRowContext(ctx, id))
	return t, explain("find", id, err)
}

func (s *sqliteDB) UpdateTrip(ctx context.Context, id string, c Change) (Trip, error) {
	t, err := scan(s.update.QueryRowContext(ctx, c.Title, c.Description, c.Destination, c.Price, c.StartDate, c.Capacity, c.Status, id))
	return t, explain("update", id, err)
}

func (s *sqliteDB) Close() error {
	var errs []error
	for _, st := range []*sql.Stmt{s.list, s.find, s.update} {
		if st != nil {
			errs = append(errs, st.Close())
		}
	}
	if s.keeper != nil {
		errs = append(errs, s.keeper.Close())
	}
	return errors.Join(append(errs, s.db.Close())...)
}

func scan(row interface{ Scan(...any) error }) (t Trip, err error) {
	err = row.Scan(&t.ID, &t.Title, &t.Description, &t.Destination, &t.OrganizerID, &t.Price, &t.Currency,
		&t.StartDate, &t.Days, &t.Capacity, &t.Difficulty, &t.Status, &t.Version)
	return t, err
}

// explain wraps what a query on one trip met; nil stays nil.
func explain(verb, id string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		err = ErrNotFound
	}
	return fmt.Errorf("%s trip %q: %w", verb, id, err)
}
