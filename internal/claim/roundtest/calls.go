package roundtest

import (
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/history"
)

// CacheScope is of a service with listings, single trips that can be changed, and advice.
func CacheScope() expr.Scope {
	return expr.Scope{
		Streams: []string{"listing", "trip", "change", "advice"},
		Phases:  []string{"warm", "fault", "after"},
		Paths: map[string]string{"listing": "/api/trips", "trip": "/api/trips/{id}", "change": "/api/trips/{id}",
			"advice": "/api/recommendations/{user}"},
		Env: map[string]string{"TTL_TRIPS": "2s", "DB_DELAY": "180ms-250ms", "OFF": "0s"},
	}
}

// A Call is one request to the service of CacheScope, in milliseconds.
type Call struct {
	Stream, Key string
	Sent, Done  int
	Source      string // "fail": status 500; "refuse": 405; "lost": no answer; "older": 200, with a version older than one before; "": a correct one that says no source
	Version     int64
	Instance    string // empty: "1"
}

// Calls are requests of the phase warm.
func Calls(cs ...Call) Part {
	return func(h *history.Slice) {
		for i, c := range cs {
			r := history.Request{Stream: c.Stream, Phase: "warm", Instance: c.Instance, Seq: uint64(i), Method: "GET", Key: c.Key,
				Intended: FMS(c.Sent), Sent: max(1, FMS(c.Sent)), Done: FMS(c.Done), Status: 200, Source: c.Source, Version: c.Version}
			if c.Instance == "" {
				r.Instance = "1"
			}
			if c.Stream == "change" {
				r.Method = "PUT"
			}
			switch c.Source {
			case "fail":
				r.Source, r.Status, r.Failure = "", 500, history.Status
			case "refuse":
				r.Source, r.Status, r.Failure = "", 405, history.Status
			case "older":
				r.Source, r.Failure = "redis", history.Backward
			case "lost":
				r.Source, r.Status, r.Failure = "", 0, history.Timeout
			}
			h.R = append(h.R, r)
		}
	}
}
