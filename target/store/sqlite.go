package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/trektribe/bench/fixtures"
)

// busyFor is how long a connection waits for another process's lock. The
// longest writer is the seeding, about 30 ms.
const busyFor = 5 * time.Second

const (
	tripColumns = `id, title, description, destination, organizer_id, price, currency, start_date, days, capacity, difficulty, status, version`
	userColumns = `id, name, email, bio, interests, version` // interests: a JSON array
)

type sqliteDB struct {
	db     *sql.DB
	keeper *sql.Conn // holds a database in memory open; nil for a file
	list   *sql.Stmt
	find   *sql.Stmt
	update *sql.Stmt
	user   *sql.Stmt
	book   *sql.Stmt
	booked *sql.Stmt
	scores *sql.Stmt
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
		{&s.list, `SELECT ` + tripColumns + ` FROM trips WHERE status = ? ORDER BY start_date, id`},
		{&s.find, `SELECT ` + tripColumns + ` FROM trips WHERE id = ?`},
		{&s.update, `UPDATE trips SET title = coalesce(?, title), description = coalesce(?, description),
			destination = coalesce(?, destination), price = coalesce(?, price), start_date = coalesce(?, start_date),
			capacity = coalesce(?, capacity), status = coalesce(?, status), version = version + 1
			WHERE id = ? RETURNING ` + tripColumns},
		{&s.user, `SELECT ` + userColumns + ` FROM users WHERE id = ?`},
		{&s.book, `INSERT INTO bookings (id, organizer_id) VALUES (?, ?) ON CONFLICT DO NOTHING`},
		{&s.booked, `SELECT organizer_id, (SELECT count(*) FROM bookings WHERE organizer_id = b.organizer_id) FROM bookings b WHERE id = ?`},
		{&s.scores, `SELECT organizer_id, count(*) AS score FROM bookings GROUP BY organizer_id
			ORDER BY score DESC, organizer_id DESC LIMIT CASE WHEN ?1 = 0 THEN -1 ELSE ?1 END`},
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
	return t, explain("find trip", id, err)
}

func (s *sqliteDB) UpdateTrip(ctx context.Context, id string, c Change) (Trip, error) {
	t, err := scan(s.update.QueryRowContext(ctx, c.Title, c.Description, c.Destination, c.Price, c.StartDate, c.Capacity, c.Status, id))
	return t, explain("update trip", id, err)
}

func (s *sqliteDB) User(ctx context.Context, id string) (u User, err error) {
	var interests []byte
	err = s.user.QueryRowContext(ctx, id).Scan(&u.ID, &u.Name, &u.Email, &u.Bio, &interests, &u.Version)
	if err == nil {
		err = json.Unmarshal(interests, &u.Interests)
	}
	return u, explain("find user", id, err)
}

func (s *sqliteDB) Close() error {
	var errs []error
	for _, st := range []*sql.Stmt{s.list, s.find, s.update, s.user, s.book, s.booked, s.scores} {
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

// explain wraps what a query for one id met; nil stays nil.
func explain(what, id string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		err = ErrNotFound
	}
	return fmt.Errorf("%s %q: %w", what, id, err)
}
