package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab/dependency"
	"github.com/trektribe/bench/internal/lab/sqlite"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "lock" {
		fmt.Fprintln(os.Stderr, holdLock(os.Args[2]))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// openSQL opens an SQLite file as a service may: a journal mode and a busy timeout in ms.
func openSQL(path, journal, busy string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout("+busy+")")
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(4)
	_, err = db.Exec("PRAGMA journal_mode=" + journal + "; CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v TEXT)")
	return db, err
}

// holdLock locks the database at path until it is killed.
func holdLock(path string) error {
	if _, err := sqlite.LockFile(context.Background(), path); err != nil {
		return err
	}
	fmt.Println("locked")
	time.Sleep(time.Minute)
	return nil
}

// TestLockEndsWithItsHolder kills who holds the lock, while a connection is open.
func TestLockEndsWithItsHolder(t *testing.T) {
	t.Parallel()
	for _, journal := range []string{"WAL", "DELETE"} {
		t.Run(journal, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.db")
			db, err := openSQL(path, journal, "50")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec("INSERT INTO t(v) VALUES ('kept')"); err != nil {
				t.Fatal(err)
			}
			holder := exec.CommandContext(t.Context(), os.Args[0], "lock", path)
			out, err := holder.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := holder.Start(); err != nil {
				t.Fatal(err)
			}
			defer holder.Process.Kill()
			if line, _ := bufio.NewReader(out).ReadString('\n'); line != "locked\n" {
				t.Fatalf("the holder said %q", line)
			}
			var n int
			count := func() error { return db.QueryRow("SELECT count(*) FROM t").Scan(&n) }
			if err := count(); err == nil || !strings.Contains(err.Error(), "locked") {
				t.Fatalf("while it is locked: %v", err)
			}
			if err := holder.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			holder.Wait()
			if err := count(); err != nil || n != 1 {
				t.Errorf("after the holder's death: %d rows, %v; want 1", n, err)
			}
			var ok string
			if err := db.QueryRow("PRAGMA integrity_check").Scan(&ok); err != nil || ok != "ok" {
				t.Errorf("integrity_check: %s, %v", ok, err)
			}
			if _, err := db.Exec("INSERT INTO t(v) VALUES ('new')"); err != nil {
				t.Error(err)
			}
		})
	}
}

// A database that its service does not let go is not locked, and nothing is left of the attempt.
func TestADatabaseThatIsHeldIsNotLocked(t *testing.T) {
	t.Parallel()
	d := sqlite.New("hardened", t.TempDir())
	if err := d.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	db, err := openSQL(d.Env("").Value, "DELETE", "50")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	held, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	lock := d.Mechanisms()[0].Hurt
	if err := lock(t.Context(), fault.Fault{}); err == nil || !strings.Contains(err.Error(), "a connection of the service has held it") {
		t.Errorf("locked: %v, want it to say who holds the database", err)
	}
	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	write := func() error { _, err := db.Exec("INSERT INTO t(v) VALUES ('x')"); return err }
	if err := write(); err != nil {
		t.Errorf("after the attempt: %v", err)
	}
	for range 2 {
		if err := lock(t.Context(), fault.Fault{}); err != nil {
			t.Fatal(err)
		}
		if m := d.Probe(t.Context(), time.Second); m.Met != "locked" {
			t.Errorf("a probe meets %v, want locked", m)
		}
		if err := write(); err == nil || !strings.Contains(err.Error(), "database is locked") {
			t.Errorf("a write of a locked database: %v", err)
		}
		if err := d.Mend(t.Context()); err != nil {
			t.Fatal(err)
		}
		if m := d.Probe(t.Context(), time.Second); m.Met != "reply" {
			t.Errorf("a probe meets %v, want a reply", m)
		}
	}
	if err := write(); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}

func TestADatabaseThatIsNotThere(t *testing.T) {
	d := sqlite.New("hardened", t.TempDir())
	if err := d.Up(); !errors.Is(err, dependency.ErrNotUp) {
		t.Errorf("before the first round: %v", err)
	}
	if err := d.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Up(); err == nil || !strings.Contains(err.Error(), "have the service use SQLITE_PATH") {
		t.Errorf("of a service that has another: %v", err)
	}
	began := time.Now()
	if m := d.Probe(t.Context(), time.Minute); m.Met != "error" || time.Since(began) > 30*time.Second {
		t.Errorf("a probe meets %v, want an error at once", m)
	}
}
