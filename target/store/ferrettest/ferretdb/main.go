// Command ferretdb serves MongoDB's protocol from SQLite files, for a container
// of its own. It is FerretDB, which is not MongoDB: whatever is measured with it
// says so.
//
//	ferretdb [ADDRESS [FOLDER]]   default :27017 and /data
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	at, folder := ":27017", "/data"
	if len(os.Args) > 1 {
		at = os.Args[1]
	}
	if len(os.Args) > 2 {
		folder = os.Args[2]
	}
	if err := serve(at, folder); err != nil {
		fmt.Fprintln(os.Stderr, "ferretdb:", err)
		os.Exit(1)
	}
}

// serve serves until it is told to end.
func serve(at, folder string) error {
	f, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: at},
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Handler:   "sqlite",
		SQLiteURL: "file:" + folder + "/",
	})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return f.Run(ctx)
}
