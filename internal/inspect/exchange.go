package inspect

import (
	"cmp"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/command"
	"github.com/trektribe/bench/internal/history"
)

// A Window is the time in which one request was alone: from its sending until the wire was
// quiet after its answer.
type Window struct {
	Call        int    // of the table
	When, ID    string // ID: the key that was asked for; empty: none
	From, Until time.Duration
	Took        time.Duration // until the answer
	OK          bool          // which was right
}

// A Wire is what the service of one arm said to Redis while it was asked.
type Wire struct {
	Rest     time.Duration // from then on, what falls into no window is the service's own
	Windows  []Window      // of all requests
	Commands []history.Command
	Full     bool // there were more commands than are kept
}

// An Exchange is what a call had the service say to Redis, in requests that were alike.
type Exchange struct {
	When     string  `json:"when"`
	Requests int     `json:"requests"` // that had this
	Of       int     `json:"of"`       // that were asked like this, and answered right
	Result   Result  `json:"result"`
	Said     []Said  `json:"commands"`
	Trips    int     `json:"trips"`              // round trips, one after the other
	AtLeast  bool    `json:"at_least,omitempty"` // of Trips: in a transaction they cannot be told apart
	Opened   int     `json:"opened,omitempty"`   // connections that each of them opened
	Took     float64 `json:"took"`               // s until the answer, the median
	// Own are commands that fell into these requests and are not counted: the service sends
	// such by itself too.
	Own []string `json:"own,omitempty"`
}

// A Said is one command, with what differs between requests left out.
type Said struct {
	Name    string        `json:"name"`
	Key     string        `json:"key,omitempty"` // the first, {id} for the key that was asked for, * for what differs
	Reply   history.Reply `json:"reply"`
	Found   bool          `json:"found,omitempty"`
	Error   string        `json:"error,omitempty"`
	TTL     float64       `json:"ttl,omitempty"`      // s, the least that was set; 0: none was seen
	TTLMost float64       `json:"ttl_most,omitempty"` // s, the most
}

// A Result is what a request found in Redis.
type Result string

const (
	Hit    Result = "hit"    // all that it read was there
	Miss   Result = "miss"   // something was not
	Unread Result = "unread" // it read nothing that can be seen: it wrote, ran a script, or counted
	Silent Result = "silent" // it said nothing
)

// trace is what one request had the service say.
type trace struct {
	id     string
	took   time.Duration
	said   []history.Command // in the order of sending, without those that open a connection
	opened int
	own    []string
}

// Listen adds to the calls of t what they had the service say to Redis, and notes what could not be followed. Of
// a service of which no command was seen there is no map.
func (t *Table) Listen(w Wire) {
	w.Commands = asSent(w.Commands)
	t.Watched = true
	t.Wire = Heard(w.Commands)
	if !slices.ContainsFunc(w.Commands, func(c history.Command) bool { return c.Name != "" }) {
		return
	}
	if w.Full {
		t.Wire = append(t.Wire, "The service said more to Redis than is kept: the end of the map is missing.")
	}
	own := w.own()
	traces := map[[2]any][]trace{} // by call and when
	for _, in := range w.Windows {
		if at := [2]any{in.Call, in.When}; in.OK {
			traces[at] = append(traces[at], w.trace(in, own))
		}
	}
	mixed := false
	for i := range t.Calls {
		for _, when := range []string{Cold, Warm, AfterWrite} {
			t.Calls[i].Wire = append(t.Calls[i].Wire, exchanges(when, traces[[2]any{i, when}])...)
		}
		mixed = mixed || slices.ContainsFunc(t.Calls[i].Wire, func(e Exchange) bool { return e.Own != nil })
	}
	if mixed {
		t.Wire = append(t.Wire, "(+ …): the service sends such commands by itself too, so they are not counted.")
	}
}

// asSent are commands in the order in which they were sent. Those of a transaction are told of after its EXEC.
func asSent(told []history.Command) []history.Command {
	out := slices.Clone(told)
	for i := range out {
		for at := i; out[at].Name == "EXEC" && at+1 < len(out); at++ {
			next := out[at+1]
			if next.Conn == out[at].Conn && (next.Sent > out[at].Sent || next.Name == "MULTI") {
				break
			}
			out[at], out[at+1] = next, out[at]
		}
	}
	slices.SortStableFunc(out, func(a, b history.Command) int { return cmp.Compare(a.Sent, b.Sent) })
	return out
}

// own are the kinds of commands that the service sends while nobody asks it anything.
func (w Wire) own() map[string]bool {
	out := map[string]bool{}
	for _, c := range w.Commands {
		asked := slices.ContainsFunc(w.Windows, func(in Window) bool { return in.has(c) })
		if c.Sent >= w.Rest && !asked && !opens(c) && c.Reply != history.NotFollowed {
			out[kind(c)] = true
		}
	}
	return out
}

func (in Window) has(c history.Command) bool { return c.Sent >= in.From && c.Sent < in.Until }

// kind is what tells commands of the service's own apart: name and key, without its numbers.
func kind(c history.Command) string {
	if c.Key == "" {
		return c.Name
	}
	return c.Name + " " + digits.ReplaceAllString(c.Key, "*")
}

// opens reports a command by which clients begin a connection.
func opens(c history.Command) bool {
	return slices.Contains([]string{"HELLO", "AUTH", "SELECT", "READONLY", "COMMAND", "INFO"}, c.Name) ||
		len(c.Name) > 7 && c.Name[:7] == "CLIENT "
}

// trace is what the request of a window had the service say.
func (w Wire) trace(in Window, own map[string]bool) trace {
	out := trace{id: in.ID, took: in.Took}
	opened := map[uint64]bool{}
	for _, c := range w.Commands {
		switch {
		case !in.has(c) || c.Reply == history.NotFollowed:
		case opens(c):
			opened[c.Conn] = opened[c.Conn] || c.Opened >= in.From
		case own[kind(c)]:
			if !slices.Contains(out.own, kind(c)) {
				out.own = append(out.own, kind(c))
			}
		default:
			opened[c.Conn] = opened[c.Conn] || c.Opened >= in.From
			out.said = append(out.said, c)
		}
	}
	for _, isNew := range opened {
		if isNew {
			out.opened++
		}
	}
	return out
}

// exchanges puts traces together that are alike, in the order in which the first of each came.
func exchanges(when string, all []trace) (out []Exchange) {
	var groups [][]trace
	for _, t := range all {
		i := slices.IndexFunc(groups, func(g []trace) bool { return t.like(g[0]) })
		if i < 0 {
			i, groups = len(groups), append(groups, nil)
		}
		groups[i] = append(groups[i], t)
	}
	for _, g := range groups {
		out = append(out, exchange(when, g, len(all)))
	}
	return out
}

// like reports the same commands with the same answers.
func (t trace) like(o trace) bool {
	return slices.EqualFunc(t.said, o.said, func(a, b history.Command) bool {
		return a.Name == b.Name && a.Reply == b.Reply && a.Found == b.Found && a.Error == b.Error
	})
}

func exchange(when string, g []trace, of int) Exchange {
	e := Exchange{When: when, Requests: len(g), Of: of, Opened: g[0].opened}
	var took []time.Duration
	for _, t := range g {
		took = append(took, t.took)
		e.Opened = min(e.Opened, t.opened)
		trips, atLeast := t.trips()
		e.Trips, e.AtLeast = max(e.Trips, trips), e.AtLeast || atLeast
		for _, o := range t.own {
			if !slices.Contains(e.Own, o) {
				e.Own = append(e.Own, o)
			}
		}
	}
	slices.Sort(e.Own)
	slices.Sort(took)
	e.Took = (took[(len(took)-1)/2] + took[len(took)/2]).Seconds() / 2
	for i, c := range g[0].said {
		s := Said{Name: c.Name, Reply: c.Reply, Found: c.Found, Error: c.Error}
		var ids, keys []string
		for _, t := range g {
			ids, keys = append(ids, t.id), append(keys, t.said[i].Key)
			if ttl := t.said[i].TTL.Seconds(); ttl > 0 && t.said[i].OK() {
				if s.TTL == 0 || ttl < s.TTL {
					s.TTL = ttl
				}
				s.TTLMost = max(s.TTLMost, ttl)
			}
		}
		s.Key = pattern(ids, keys)
		e.Said = append(e.Said, s)
	}
	e.Result = result(e.Said)
	return e
}

// result is what a request found that said this.
func result(said []Said) Result {
	if len(said) == 0 {
		return Silent
	}
	out := Unread
	for _, s := range said {
		switch {
		case !s.reads():
		case !s.Found:
			return Miss
		default:
			out = Hit
		}
	}
	return out
}

// reads reports a command that asked for a value, and was answered.
func (s Said) reads() bool {
	known, _ := command.Find(s.Name)
	return (known.Access == "read" || s.Name == "GETEX" || s.Name == "JSON.GET") && s.Key != "" &&
		(s.Reply == history.ReplyValue || s.Reply == history.ReplyNil || s.Reply == history.ReplyArray)
}

// trips are the round trips of a request, one after the other: a command that is sent before the replies to all
// earlier ones have come is on its way with them. The replies to the commands of a transaction are those of its EXEC.
func (t trace) trips() (n int, atLeast bool) {
	var answered, began time.Duration
	within := false
	for _, c := range t.said {
		if n == 0 || c.Sent >= answered {
			n++
		}
		answered = max(answered, c.Answered)
		switch c.Name {
		case "MULTI":
			within, began = true, c.Sent
		case "EXEC", "DISCARD":
			atLeast = atLeast || within && c.Sent != began
			within = false
		}
	}
	return n, atLeast
}
