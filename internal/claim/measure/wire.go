package measure

import (
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/claim/wire"
)

const ofKeys = " The argument is a pattern of keys: trips:*[phase=cached], or * for all. It needs no word from the service: " +
	"bench's proxy before Redis sees the commands."

// wireHitRatioRow is the row of wire_hit_ratio.
func wireHitRatioRow() Measure {
	return ofWire("wire_hit_ratio", expr.Share, figure.Dims{}, "hit ratio in Redis", "reads", "share",
		"Of the reads (GET, MGET, HGET, HGETALL …) of keys that the service also writes, the share that found a value. A "+
			"command with several keys counts for its first.",
		func(l *wire.Log) figure.Value {
			found, read := l.Hits()
			if read == 0 {
				return figure.NoData("a cache that reads and writes the same keys", "no key %s was both read and written", l.Keys)
			}
			return figure.Value{X: float64(found) / float64(read), K: found, N: read, Samples: read, Grain: 1 / float64(read)}
		})
}

// wireTTLRow is the row of wire_ttl.
func wireTTLRow() Measure {
	return ofWire("wire_ttl", expr.Set, figure.Seconds, "time to live in Redis", "writes", "set of durations",
		"The times to live that the service sets for its keys (SETEX, SET with EX, EXPIRE …), one for each command. No data "+
			"where a key was last written without one. What scripts set is not seen.",
		func(l *wire.Log) figure.Value {
			ttls, untimed := l.TimesToLive()
			if untimed > 0 {
				return figure.NoData("a time to live for every key "+l.Keys, "%s without a time to live", figure.Count(untimed, "keys"))
			}
			if len(ttls) == 0 {
				return figure.NoData("keys "+l.Keys+" that the service writes with a time to live", "no time to live was set")
			}
			return figure.Value{Set: ttls}
		})
}

// wireWritesRow is the row of wire_writes.
func wireWritesRow() Measure {
	return ofWire("wire_writes", expr.Counted, figure.Dims{}, "writes to Redis", "commands", "count",
		"Number of times that a key was written (SET, SETEX, HSET, MSET …): the loads of a service that writes each.",
		func(l *wire.Log) figure.Value {
			return figure.Value{X: float64(l.Writes()), Samples: l.Commands(), Grain: 1}
		})
}

// wireCommandsRow is the row of wire_commands.
func wireCommandsRow() Measure {
	return ofWire("wire_commands", expr.Counted, figure.Dims{}, "commands", "commands", "count",
		"Number of commands, those without a key only for the pattern *: wire_commands(*[phase=cached]) / "+
			"count(all[phase=cached]) is the commands for each request.",
		func(l *wire.Log) figure.Value {
			return figure.Value{X: float64(l.Commands()), Samples: l.Commands(), Grain: 1}
		})
}

// wireLatencyRow is the row of wire_latency.
func wireLatencyRow() Measure {
	return ofWire("wire_latency", expr.Set, figure.Seconds, "latency of Redis", "commands", "set of durations",
		"The times from a command to its reply, as the proxy sees them: without the network to the service, and without what a "+
			"fault adds. p99(wire_latency(*)) <= 5ms.",
		func(l *wire.Log) figure.Value {
			if len(l.Latency()) == 0 {
				return figure.NoData("commands that are answered", "no command was answered")
			}
			return figure.Value{Set: l.Latency()}
		})
}

func ofWire(name string, form expr.Form, dims figure.Dims, label, noun, unit, doc string, of func(*wire.Log) figure.Value) Measure {
	return Measure{
		Signature: expr.Signature{
			Name: name, Args: "(keys[phase=…])", Params: []expr.Param{expr.Metric}, Keys: expr.PlannedKeys(),
			Form: form, Dims: dims, Label: label, Noun: noun,
		},
		Unit: unit, Doc: doc + ofKeys,
		start: func(_ *probe.Walk, args []expr.Arg) probe.Probe {
			return &onWire{Log: wire.Log{Keys: args[0].Name, Sel: args[0].Selector}, of: of}
		},
	}
}

// onWire is one figure of what the service said to Redis.
type onWire struct {
	probe.Blind
	wire.Log
	of func(*wire.Log) figure.Value
}

func (w *onWire) Value() figure.Value {
	if a := w.Missing(); a != nil {
		return figure.Value{None: a}
	}
	return w.of(&w.Log)
}
