package inspect_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/inspect"
	"github.com/trektribe/bench/internal/traffic"
)

const ms = time.Millisecond

// said is a command that was sent at an instant and answered 1 ms later, on connection 1, which is old.
func said(at time.Duration, name, key string, reply history.Reply) history.Command {
	return history.Command{Conn: 1, Name: name, Key: key, Sent: at, Answered: at + ms, Reply: reply, Found: reply == history.ReplyValue}
}

func with(c history.Command, f func(*history.Command)) history.Command { f(&c); return c }

// asked is a request of call 0, alone from an instant on for 50 ms, and answered right after 10.
func asked(from time.Duration, when, id string) inspect.Window {
	return inspect.Window{When: when, ID: id, From: from, Until: from + 50*ms, Took: 10 * ms, OK: true}
}

func TestTheCacheMap(t *testing.T) {
	get, set := func(at time.Duration, key string, reply history.Reply) history.Command {
		return said(at, "GET", key, reply)
	},
		func(at time.Duration, key string, ttl time.Duration) history.Command {
			return with(said(at, "SET", key, history.ReplyOK), func(c *history.Command) { c.TTL = ttl })
		}
	newly := func(c history.Command) history.Command { c.Conn, c.Opened = 2, 100*ms; return c }
	for _, row := range []struct {
		name     string
		windows  []inspect.Window
		commands []history.Command
		want     []string // rows, joined by bars, without the name of the call
		notes    []string
	}{
		{"nothing is said", []inspect.Window{asked(100*ms, inspect.Cold, "1")}, nil, nil, []string{"said nothing to the Redis of its REDIS_URL"}},
		{"nothing is said of a request", []inspect.Window{asked(100*ms, inspect.Cold, "1")}, []history.Command{get(5*ms, "a", history.ReplyNil)}, []string{"cold|–|0|0|–|–|10 ms"}, nil},
		{"misses of several keys, then a hit", []inspect.Window{asked(100*ms, inspect.Cold, "1"), asked(200*ms, inspect.Cold, "20"), asked(300*ms, inspect.Warm, "1")},
			[]history.Command{get(101*ms, "v1:trip:1", history.ReplyNil), set(103*ms, "v1:trip:1", 2*time.Second),
				get(201*ms, "v1:trip:20", history.ReplyNil), set(230*ms, "v1:trip:20", 3*time.Second), get(301*ms, "v1:trip:1", history.ReplyValue)},
			[]string{"cold, 2 times|GET v1:trip:{id} → nil, SET v1:trip:{id}|2|2|2 s to 3 s|miss|10 ms", "warm|GET v1:trip:{id}|1|1|–|hit|10 ms"}, nil},
		{"requests that differ", []inspect.Window{asked(100*ms, inspect.Warm, ""), asked(200*ms, inspect.Warm, ""), asked(300*ms, inspect.Warm, "")},
			[]history.Command{get(101*ms, "a", history.ReplyValue), get(201*ms, "a", history.ReplyNil), get(301*ms, "a", history.ReplyValue)},
			[]string{"warm, 2 of 3|GET a|1|1|–|hit|10 ms", "warm, 1 of 3|GET a → nil|1|1|–|miss|10 ms"}, nil},
		{"what comes in a pipeline is one trip", []inspect.Window{asked(100*ms, inspect.Warm, "")},
			[]history.Command{get(101*ms, "a", history.ReplyValue), get(101*ms, "b", history.ReplyValue), get(103*ms, "c", history.ReplyValue)},
			[]string{"warm|GET a, GET b, GET c|3|2|–|hit|10 ms"}, nil},
		{"a transaction at once, and one whose commands came apart", []inspect.Window{asked(100*ms, inspect.Cold, ""), asked(200*ms, inspect.Warm, "")},
			[]history.Command{said(101*ms, "MULTI", "", history.ReplyOK), said(101*ms, "EXEC", "", history.ReplyArray), set(101*ms, "a", time.Second),
				said(101*ms, "MULTI", "", history.ReplyOK), said(101*ms, "EXEC", "", history.ReplyArray), set(101*ms, "b", time.Second),
				said(201*ms, "MULTI", "", history.ReplyOK), with(set(203*ms, "a", time.Second), func(c *history.Command) { c.Answered = 206 * ms }), said(205*ms, "EXEC", "", history.ReplyArray)},
			[]string{"cold|MULTI, SET a, EXEC, MULTI, SET b, EXEC|6|1|a 1 s, b 1 s|unread|10 ms", "warm|MULTI, SET a, EXEC|3|≥ 2|1 s|unread|10 ms"}, nil},
		{"a connection for each request", []inspect.Window{asked(100*ms, inspect.Warm, "")},
			[]history.Command{newly(said(101*ms, "AUTH", "", history.ReplyOK)), newly(get(103*ms, "a", history.ReplyValue))},
			[]string{"warm|GET a|1|1, opens 1|–|hit|10 ms"}, nil},
		{"the service's own", []inspect.Window{asked(100*ms, inspect.Warm, "")},
			[]history.Command{said(20*ms, "PING", "", history.ReplyOK), said(60*ms, "SET", "beat:71", history.ReplyOK), get(101*ms, "a", history.ReplyValue), said(104*ms, "SET", "beat:72", history.ReplyOK), said(120*ms, "PING", "", history.ReplyOK)},
			[]string{"warm|GET a, (+ PING, SET beat:*)|1|1|–|hit|10 ms"}, []string{"(+ …)"}},
		{"what it said as it began is not its own", []inspect.Window{asked(100*ms, inspect.Warm, "")},
			[]history.Command{get(5*ms, "a", history.ReplyNil), get(101*ms, "a", history.ReplyValue)}, []string{"warm|GET a|1|1|–|hit|10 ms"}, nil},
		{"a wrong answer is not in the map, and its commands are nobody's own", []inspect.Window{{When: inspect.Cold, From: 100 * ms, Until: 150 * ms}, asked(200*ms, inspect.Warm, "")},
			[]history.Command{get(101*ms, "a", history.ReplyNil), get(201*ms, "a", history.ReplyValue)}, []string{"warm|GET a|1|1|–|hit|10 ms"}, nil},
		{"several keys, each with its time to live", []inspect.Window{asked(100*ms, inspect.Cold, "7")},
			[]history.Command{set(101*ms, "lock:7", time.Second), set(103*ms, "trip:7", time.Minute)}, []string{"cold|SET lock:{id}, SET trip:{id}|2|2|lock:{id} 1 s, trip:{id} 60 s|unread|10 ms"}, nil},
		{"an error, and no reply", []inspect.Window{asked(100*ms, inspect.Cold, "")},
			[]history.Command{with(get(101*ms, "a", history.ReplyError), func(c *history.Command) { c.Error = "READONLY" }), with(get(103*ms, "b", history.ReplyNone), func(c *history.Command) { c.Answered = 0 })},
			[]string{"cold|GET a → READONLY, GET b → none|2|2|–|unread|10 ms"}, nil},
		{"what cannot be followed", nil, []history.Command{
			{Name: "SUBSCRIBE", Reply: history.NotFollowed, Sent: 1}, {Reply: history.NotFollowed, Error: "TLS", Sent: 2}, {Name: "CLIENT TRACKING", Reply: history.ReplyOK, Sent: 3}, {Name: "SUBSCRIBE", Reply: history.NotFollowed, Sent: 4}},
			nil, []string{"from its SUBSCRIBE on", "speaks TLS", "caches by itself"}},
	} {
		table := inspect.Table{Calls: []inspect.Call{{Call: traffic.Call{Method: "GET", Path: "/x"}}}}
		table.Listen(inspect.Wire{Rest: 10 * ms, Windows: row.windows, Commands: row.commands})
		var got []string
		for _, r := range table.WireRows() {
			if len(r) != len(inspect.WireHead) {
				t.Errorf("%s: %d fields, want %d", row.name, len(r), len(inspect.WireHead))
			}
			got = append(got, strings.Join(r[1:], "|"))
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s:\n%s\nwant\n%s", row.name, strings.Join(got, "\n"), strings.Join(row.want, "\n"))
		}
		if !slices.EqualFunc(table.Wire, row.notes, strings.Contains) {
			t.Errorf("%s: notes %q, want %q", row.name, table.Wire, row.notes)
		}
	}
}

// The pattern of keys says no more than the keys show.
func TestPatternsOfKeys(t *testing.T) {
	for _, row := range []struct{ ids, keys, want string }{
		{"1", "trip:1", "trip:{id}"},
		{"1", "v1:trip:12", "v1:trip:12"},
		{"1 2", "shard:1:trip:1 shard:1:trip:2", "shard:1:trip:{id}"},
		{"1 2", "a:1 b:2", "*:{id}"},
		{"1 2", "h:9f8e h:77ab", "h:*"},
		{"p-1 p-2", "x:p-1:y x:p-2:y", "x:{id}:y"},
		{"1 2", "trips:all trips:all", "trips:all"},
		{"1 1", "trip:1 trip:1", "trip:{id}"},
		{"1 2", "a:b:c a:b", "a:b*"},
		{" ", "at:17 at:18", "at:*"},
		{"é é", "x:é x:é", "x:{id}"},
	} {
		ids, keys := strings.Split(row.ids, " "), strings.Split(row.keys, " ")
		table := inspect.Table{Calls: make([]inspect.Call, 1)}
		var w inspect.Wire
		for i, key := range keys {
			at := time.Duration(i+1) * 100 * ms
			w.Windows = append(w.Windows, asked(at, inspect.Cold, ids[i]))
			w.Commands = append(w.Commands, said(at+ms, "GET", key, history.ReplyNil))
		}
		table.Listen(w)
		if got := table.Calls[0].Wire[0].Said[0].Key; got != row.want {
			t.Errorf("%s for %s: %q, want %q", row.keys, row.ids, got, row.want)
		}
	}
}
