package load_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/traffic"
)

func ExampleRun() {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Source", "redis")
		fmt.Fprint(w, `{"trips":[{"id":"1"}],"source":"cache"}`)
	}))
	defer service.Close()

	trips := load.Stream{
		Stream: traffic.Stream{
			Name: "trips", Type: traffic.Calls, Call: traffic.Call{Method: "GET", Path: "/api/trips"},
			From: 100, To: 100, Timeout: time.Second, Workers: 16,
		},
		Arm: "hardened", For: 20 * time.Millisecond,
		Targets: []load.Target{{Instance: "1", URL: service.URL}},
	}
	steady := func(time.Duration) string { return "steady" }
	report, err := load.Run(context.Background(), history.NewClock(), []load.Stream{trips}, steady, func(r history.Request) {
		fmt.Println(r.Phase, r.Seq, r.Intended, r.Status, r.Source, r.OK())
	}, nil)
	fmt.Println(report.Planned, "planned,", report.Sent, "sent,", err)
	// Unordered output:
	// steady 0 0s 200 redis true
	// steady 1 10ms 200 redis true
	// 2 planned, 2 sent, <nil>
}
