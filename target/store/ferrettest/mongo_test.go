// Package ferrettest runs the store's contract over the wire against an
// embedded FerretDB. It is a module of its own, so that FerretDB's many
// modules never enter the service's build.
package ferrettest

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/FerretDB/FerretDB/ferretdb"

	"github.com/trektribe/bench/fixtures"
	"github.com/trektribe/bench/target/store"
	"github.com/trektribe/bench/target/store/storetest"
)

// storetest.Atomic is not run: FerretDB 1.24 on SQLite loses concurrent
// findAndModify updates (of 20, 2 counted), which MongoDB does not. Nor does it
// bear several instances that seed at once: they may wait for one another for
// ever, seen once in four runs. So one seeds first.
func TestMongoKeepsTheContract(t *testing.T) {
	uri := serve(t)
	first, err := store.OpenMongo(t.Context(), uri, fixtures.Seed)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	storetest.Contract(t, func(t *testing.T) store.DB {
		db, err := store.OpenMongo(t.Context(), uri, fixtures.Seed)
		if err != nil {
			t.Error(err)
			return nil
		}
		return db
	})
}

func TestMongoThatIsNotThereIsReportedSoon(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err = store.OpenMongo(ctx, "mongodb://"+addr+"/trips", fixtures.Seed)
	if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), addr) || !strings.Contains(err.Error(), "MONGODB_URI") {
		t.Errorf("error %v, want one that names %s and MONGODB_URI, before the driver's own 30 s", err, addr)
	}
}

// serve runs a FerretDB until the test ends and returns the URI of a database in it.
func serve(t *testing.T) string {
	f, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Logger:    slog.New(slog.DiscardHandler),
		Handler:   "sqlite",
		SQLiteURL: "file:" + t.TempDir() + "/",
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- f.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-stopped; err != nil {
			t.Errorf("ferretdb: %v", err)
		}
	})
	return strings.TrimSuffix(f.MongoDBURI(), "/") + "/trips"
}
