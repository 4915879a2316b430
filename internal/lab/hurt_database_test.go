package lab_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/machinetest"
	"github.com/trektribe/bench/target/store"
)

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

// serveSQL has the fake service run statements on its database: /sql?q= on a pool of connections
// that are open, /sql?new=1&q= on a new one; /trips asks the reference target's store.
func serveSQL(fake string) error {
	path, journal, busy := os.Getenv("SQLITE_PATH"), os.Getenv("JOURNAL"), os.Getenv("BUSY")
	if fake == "store" {
		db, err := store.OpenSQLite(context.Background(), path, 1)
		if err != nil {
			return err
		}
		http.HandleFunc("/sql", func(w http.ResponseWriter, r *http.Request) {
			trips, err := db.ActiveTrips(r.Context())
			answer(w, fmt.Sprint(len(trips)), err)
		})
		return nil
	}
	db, err := openSQL(path, journal, busy) // the first instance alone makes it, and the others find it so
	if err != nil {
		return err
	}
	http.HandleFunc("/sql", func(w http.ResponseWriter, r *http.Request) {
		use := db
		if r.FormValue("new") != "" {
			fresh, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout("+busy+")")
			if err != nil {
				answer(w, "", err)
				return
			}
			defer fresh.Close()
			use = fresh
		}
		var out string
		err := use.QueryRow(r.FormValue("q")).Scan(&out)
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		answer(w, out, err)
	})
	return nil
}

func answer(w http.ResponseWriter, text string, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprint(w, text)
}

const (
	read  = "/sql?q=SELECT+count(*)+FROM+t"
	write = "/sql?q=INSERT+INTO+t(v)+VALUES('x')+RETURNING+id"
)

// query asks an instance for path; an error says what the service answered.
func query(in lab.Instance, path string) (string, error) {
	resp, err := http.Get(in.URL + path)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(strings.TrimSpace(string(b)))
	}
	return string(b), err
}

func mustQuery(t *testing.T, in lab.Instance, path string) string {
	t.Helper()
	got, err := query(in, path)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return got
}

var locked = doing("database", "locked")

// queries are what must not be answered while a database is locked.
var queries = map[string]string{
	"a read": read, "a write": write, "a read of a new connection": read + "&new=1", "a write of a new connection": write + "&new=1",
}

// TestLockedDatabaseFailsTheImpatient locks databases of a service that waits 50 ms for a lock.
func TestLockedDatabaseFailsTheImpatient(t *testing.T) {
	for _, journal := range []string{"WAL", "DELETE", "TRUNCATE"} {
		t.Run(journal, func(t *testing.T) {
			w := open(t, spec(t))
			w.fresh(t, map[string]string{"FAKE": "sqlite", "JOURNAL": journal, "BUSY": "50"})
			in := w.Arms()[0].Instances[0]
			for _, path := range queries {
				mustQuery(t, in, path)
			}
			for round := range 2 {
				w.forget()
				w.do(t, locked)
				for what, path := range queries {
					if got, err := query(in, path); err == nil || !strings.Contains(err.Error(), "database is locked") {
						t.Errorf("%s: %q, %v; want it to fail as locked", what, got, err)
					}
				}
				w.probed(t, locked, 1)
				for range 2 { // the second has nothing to lift
					w.do(t, lifted(locked))
				}
				if got, want := mustQuery(t, in, read), fmt.Sprint(2+round); got != want {
					t.Errorf("%s rows after the fault, want %s: none of those that failed", got, want)
				}
				mustQuery(t, in, write)
				w.proved(t, locked, "")
				around, during := w.met()
				if !slices.Equal(around, []string{"new reply", "new reply"}) || !slices.Equal(during, []string{"new locked"}) {
					t.Errorf("canaries met %q around the fault and %q during it, want replies and locked", around, during)
				}
			}
			if got := mustQuery(t, in, "/sql?q=PRAGMA+integrity_check"); got != "ok" {
				t.Errorf("integrity_check: %s", got)
			}
			if got := mustQuery(t, in, "/sql?q=PRAGMA+journal_mode"); !strings.EqualFold(got, journal) {
				t.Errorf("journal mode %s, want %s", got, journal)
			}
		})
	}
}

// TestLockedDatabaseHoldsThePatient locks databases of services that wait long for a lock.
func TestLockedDatabaseHoldsThePatient(t *testing.T) {
	for _, row := range []struct{ fake, journal string }{{"sqlite", "WAL"}, {"sqlite", "DELETE"}, {"store", ""}} {
		t.Run(row.fake+row.journal, func(t *testing.T) {
			w := open(t, spec(t))
			w.fresh(t, map[string]string{"FAKE": row.fake, "JOURNAL": row.journal, "BUSY": "30000"})
			in := w.Arms()[0].Instances[0]
			mustQuery(t, in, read)
			w.do(t, locked)
			type reply struct {
				what  string
				ended time.Time
				err   error
			}
			asked, replies := make(chan bool), make(chan reply, len(queries))
			for what, path := range queries {
				go func() {
					asked <- true
					_, err := query(in, path)
					replies <- reply{what, time.Now(), err}
				}()
			}
			for range queries {
				<-asked
			}
			w.probed(t, locked, 1)
			lifting := time.Now()
			w.do(t, lifted(locked))
			for range queries {
				if r := <-replies; r.err != nil || r.ended.Before(lifting) {
					t.Errorf("%s, held by the fault: %v, %v after it was to be lifted", r.what, r.err, r.ended.Sub(lifting))
				}
			}
			w.proved(t, locked, "")
		})
	}
}

// TestLocksCorruptNothing locks a database fifty times while two instances read and write it.
func TestLocksCorruptNothing(t *testing.T) {
	for _, journal := range []string{"WAL", "DELETE"} {
		t.Run(journal, func(t *testing.T) {
			s := spec(t)
			s.Instances = 2
			w := open(t, s)
			w.fresh(t, map[string]string{"FAKE": "sqlite", "JOURNAL": journal, "BUSY": "30000"})
			var asked sync.WaitGroup
			var written, answered atomic.Int64
			ctx, cancel := context.WithCancel(t.Context())
			defer asked.Wait()
			defer cancel()
			for _, in := range w.Arms()[0].Instances {
				for path, counter := range map[string]*atomic.Int64{read: &answered, write: &written, read + "&new=1": &answered} {
					asked.Go(func() {
						for ctx.Err() == nil {
							if _, err := query(in, path); err != nil {
								t.Errorf("%s: %v", path, err)
								return
							}
							counter.Add(1)
						}
					})
				}
			}
			for n := range 50 {
				w.do(t, locked)
				w.do(t, lifted(locked))
				was := written.Load()
				machinetest.Until(t, fmt.Sprintf("somebody writes after lock %d", n), 20*time.Second, func() bool { return written.Load() > was || t.Failed() })
			}
			cancel()
			asked.Wait()
			in := w.Arms()[0].Instances[1]
			if got := mustQuery(t, in, "/sql?q=PRAGMA+integrity_check"); got != "ok" {
				t.Errorf("integrity_check: %s", got)
			}
			if got := mustQuery(t, in, read); got != fmt.Sprint(written.Load()) {
				t.Errorf("%s rows, and %d were acknowledged", got, written.Load())
			}
			t.Logf("%d writes and %d reads in between", written.Load(), answered.Load())
			w.settle(t)
			if n := len(w.of(history.FaultOn)); n != 50 {
				t.Errorf("%d locks, want 50", n)
			}
		})
	}
}

func TestDatabaseFaultsRefuse(t *testing.T) {
	w := open(t, spec(t))
	refused := func(want string, a lab.Action) {
		t.Helper()
		if err := w.Apply(t.Context(), a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want an error with %q", a, err, want)
		}
	}
	refused("bring the lab up first", locked)
	w.fresh(t, nil)
	refused("there is no SQLite file at", locked)
	refused("have the service use SQLITE_PATH", locked)
	w.fresh(t, map[string]string{"FAKE": "sqlite", "JOURNAL": "WAL", "BUSY": "50"})
	one, slow := locked, locked
	one.Instances, slow.Delay = []string{"1"}, time.Second
	refused("the one database of all instances: name no instances", one)
	refused("takes no delay", slow)
	refused(`unknown fault "killed" on database; there are: locked`, doing("database", "killed"))
	w.do(t, locked)
	refused("database of hardened already has the fault locked: lift it first", locked)
	w.do(t, blackhole) // the path to Redis is another thing
	w.do(t, lifted(blackhole))
	w.do(t, lab.Action{Fault: fault.Fault{On: "database"}, Heal: true})
	mustQuery(t, w.Arms()[0].Instances[0], read)
}

// TestFreshAndCloseUnlock leaves the fault on, begins another round, and closes in the end.
func TestFreshAndCloseUnlock(t *testing.T) {
	w := open(t, spec(t))
	env := map[string]string{"FAKE": "sqlite", "JOURNAL": "WAL", "BUSY": "50"}
	w.fresh(t, env)
	w.do(t, locked)
	w.fresh(t, env)
	mustQuery(t, w.Arms()[0].Instances[0], write)
	w.do(t, locked)
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}
