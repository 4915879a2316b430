package claim_test

import (
	"slices"
	"strconv"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// The rounds that the measures decide on. Instants and spans are milliseconds.

// recovering is an outage on two instances. Each falls back after fallback, and uses
// Redis again back after the heal.
func recovering(back, fallback int) []part {
	out := []part{outage("1", "2")}
	for _, i := range []string{"1", "2"} {
		on := func(source string) func(*history.Request) {
			return func(r *history.Request) { r.Instance, r.Source = i, source }
		}
		out = append(out,
			answers("trips", "warm", 0, 50, ms, on("redis")),
			answers("trips", "fault", 1001*ms, (2000-fallback)/10, fms(fallback), on("memory")),
			answers("trips", "after", 3001*ms, back/10, ms, on("memory")),
			answers("trips", "after", 3001*ms+fms(back), (2900-back)/10, ms, on("redis")))
	}
	return out
}

// detected is an outage that /health tells down after the fault, and its end up after the heal.
func detected(down, up int) []part {
	return []part{outage("1"), told("1", "up", 500, "down", 1000+down, "up", 3010+up, "up", 5990)}
}

// primary is who is named from then on; at in ms.
func primary(name string, at int) part {
	return func(h *history.Slice) {
		h.E = append(slices.Clone(h.E), history.Event{Kind: history.Primary, On: "redis", Name: name, At: fms(at)})
	}
}

// slowed is an outage that makes answers slow for lost of it, and for back after the heal.
func slowed(lost, back int) []part {
	slow := func(from, to int) func(*history.Request) {
		return func(r *history.Request) {
			if r.Intended >= fms(from) && r.Intended < fms(to) {
				r.Done = r.Intended + 500*ms
			}
			if r.Phase == "fault" {
				r.Source = "memory"
			}
		}
	}
	return []part{outage("1"), answers("trips", "warm", 0, 100, ms, nil), answers("trips", "fault", 1000*ms, 200, ms, slow(1000, 1000+lost)),
		answers("trips", "after", 3010*ms, 299, ms, slow(3010, 3010+back))}
}

// sourceless is an outage of a service that does not say where its answers come from.
var sourceless = []part{outage("1"), trips("warm", 50, ms, ""), trips("after", 50, ms, "")}

// metered is a counter of instance 1 that was read at the ends of warm.
func metered(name string, begin, end float64) part {
	read := func(at time.Duration, edge string, value float64) part {
		return event(history.Event{Kind: history.Counter, Name: name, Phase: "warm", Instance: "1", Value: value, Detail: edge, At: at, Until: at + ms})
	}
	return func(h *history.Slice) {
		read(0, "begin", begin)(h)
		read(999*ms, "end", end)(h)
	}
}

// line is what instance 1 logged.
func line(at int, level, on string) part {
	return event(history.Event{Kind: history.Log, Instance: "1", Name: level, On: on, At: fms(at), Until: fms(at), Detail: "x"})
}

// kept and missed are writes of bench's own that Redis acknowledged then; crash is its end.
func kept(fsync string, at int) part {
	return event(history.Event{Kind: history.Written, On: "redis", Name: fsync, At: fms(at - 1), Until: fms(at)})
}

func missed(fsync string, at int) part {
	return event(history.Event{Kind: history.Missing, On: "redis", Name: fsync, At: fms(at), Until: 5 * time.Second})
}

func crash(at int) part {
	return event(history.Event{Kind: history.FaultOn, Name: "powerlost", On: "redis", At: fms(at - 1), Until: fms(at)})
}

// imaged is an instance of an image of that size.
func imaged(size float64) part {
	return event(history.Event{Kind: history.Image, Instance: "1", Name: "shop:1", Value: size, At: ms, Until: 2 * ms})
}

// stranger is what a connection without the password of Redis met.
func stranger(met string) part {
	return event(history.Event{Kind: history.Stranger, On: "redis", Name: history.StrangerBare, At: ms, Until: 2 * ms, Detail: met})
}

// lagging is a generator that sends one request in twenty so late.
func lagging(lag int) part { return answers("trips", "warm", 0, 200, 50*ms, tail(fms(lag))) }

// limited is one client's requests, one every 10 ms, by their statuses.
func limited(statuses ...int) part {
	return func(h *history.Slice) {
		for i, status := range statuses {
			answers("trips", "warm", fms(10*i), 1, ms, func(r *history.Request) {
				switch r.Status = status; status {
				case 200:
				case 429:
					r.Failure = history.Limited
				default:
					r.Failure = history.Status
				}
			})(h)
		}
	}
}

// remaining is requests that are let in and told how many more would be.
func remaining(ns ...int) part {
	return func(h *history.Slice) {
		for i, n := range ns {
			answers("trips", "warm", fms(10*i), 1, ms, func(r *history.Request) {
				r.Headers = "x-ratelimit-remaining=" + strconv.Itoa(n)
			})(h)
		}
	}
}

// refused makes a request a refusal that does not say so.
func refused(r *history.Request) { r.Status, r.Failure = 429, history.Status }

// neverSent is n requests for which no worker was free in time.
func neverSent(n int) part {
	return answers("trips", "fault", 1000*ms, n, 50*ms, func(r *history.Request) {
		r.Sent, r.Queued, r.Status, r.Failure = 0, true, 0, history.Unsent
	})
}

// loaded is one answer from the database, and loadedInTurn n of them one after the other.
func loaded(at int) part {
	return answers("trips", "warm", fms(at), 1, 200*ms, func(r *history.Request) { r.Source = "database" })
}

func loadedInTurn(n int) part {
	return answers("trips", "warm", 0, n, 9*ms, func(r *history.Request) { r.Source = "database" })
}

// hitsFrom is a hit every 10 ms.
func hitsFrom(from, to int) part { return answers("trips", "warm", fms(from), 1+(to-from)/10, ms, nil) }

// changed is an acknowledged change of trip 7 to version 2, and readAt an answer with a version of it.
func changed(at int) part {
	return answers("trips", "warm", fms(at), 1, 50*ms, func(r *history.Request) { r.Method, r.Key, r.Version = "PUT", "7", 2 })
}

func readAt(at int, version int64) part {
	return answers("trips", "warm", fms(at), 1, ms, func(r *history.Request) { r.Key, r.Version = "7", version })
}

// oneOn is one answer of an instance for a key; everyKey is such an answer for each of
// 100 keys.
func oneOn(instance, source string, at int) func(key int) part {
	return func(key int) part {
		return answers("trips", "warm", fms(at), 1, 100*ms, func(r *history.Request) {
			r.Key, r.Instance, r.Source = strconv.Itoa(key), instance, source
		})
	}
}

func everyKey(one func(key int) part) part {
	return func(h *history.Slice) {
		for k := range 100 {
			one(k)(h)
		}
	}
}

// loadedOn is a load on an instance, the first's before the second's; hitOn a hit after the first's.
func loadedOn(instance string) func(int) part {
	return oneOn(instance, "database", map[string]int{"1": 0, "2": 500}[instance])
}

func hitOn(instance string) func(int) part { return oneOn(instance, "redis", 500) }

// gauge is a metric at the end of the first phase and of the last.
func gauge(name string, steady, after float64) part {
	return func(h *history.Slice) {
		counter(name, "warm", "1", 1, steady)(h)
		counter(name, "after", "1", 1, after)(h)
	}
}

// held is an instance with 30 descriptors before a fault and at its end, and most within it; 0: that was not read.
func held(most float64) []part {
	out := []part{counter("process_open_fds", "warm", "1", 1, 30), counter("process_open_fds", "fault", "1", 30, 30)}
	if most > 0 {
		out = append(out, event(history.Event{Kind: history.Usage, Instance: "1", Phase: "fault", Name: "process_open_fds", Value: most}))
	}
	return out
}

// started is the start of an instance: "ready" or "not ready" after took. exited is its end.
func started(name string, took int) part {
	return event(history.Event{Kind: history.Process, Instance: "1", Name: name, Until: fms(took)})
}

func exited() part {
	return event(history.Event{Kind: history.Process, Instance: "1", Name: "exit", At: 5 * ms, Until: 5 * ms})
}

// alert is what a Prometheus said of RedisDown: each state, and after when and by when it came to it. at in ms.
func alert(state string, after, by int) part {
	return event(history.Event{Kind: history.Alert, Name: "RedisDown", Detail: state, At: fms(after), Until: fms(by)})
}

// alerting is an outage under which RedisDown fires, and resolves; in ms after its beginning and its end.
func alerting(fires, resolves int) []part {
	return []part{outage("1"), alert("inactive", 0, 10), alert("pending", 1000, 1100), alert("firing", 900+fires, 1000+fires), alert("inactive", 2910+resolves, 3010+resolves), alert("inactive", 5900, 5900)}
}
