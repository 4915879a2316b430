package scenarios

import (
	"fmt"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
	"github.com/trektribe/bench/internal/traffic"
)

// socketKeys are the keys of sockets beside the path that opens them.
var socketKeys = []string{"count", "stay", "leave", "again", "back", "ping"}

// readSockets reads the sockets that a stream of traffic.Sockets opens.
func readSockets(t strictyaml.Table, v strictyaml.Value, st *traffic.Stream) {
	for _, key := range clientKeys {
		if at, ok := t.Get(key); ok {
			at.WrongKey("%s is not for sockets: each socket is a client of its own", key)
		}
	}
	s := &traffic.Socket{}
	st.Socket = s
	if text, ok := v.Text(); ok {
		var err error
		switch st.Method, st.Path, err = traffic.ParseCall(text, traffic.Methods); {
		case err != nil:
			v.Wrong("sockets: %v", err)
		case st.Method != "GET":
			v.Wrong("sockets: %s cannot open a socket (did you mean GET %s?)", st.Method, st.Path)
		}
	}
	s.Count = t.Whole("count", 1, traffic.MostSockets, 0)
	s.Stay, s.Again, s.Ping = length(t, "stay"), length(t, "again"), length(t, "ping")
	s.Leave = word(t, "leave", traffic.Leaves, "stay", "stay: 3s")
	s.Back = word(t, "back", traffic.Backs, "again", "again: 500ms")
}

// length reads a duration above zero; 0: it is left out.
func length(t strictyaml.Table, key string) time.Duration {
	d, ok := duration(t, key, "")
	if ok && (d <= 0 || d > longest) {
		t.At(key).Wrong("%s is above 0s and at most %v; here is %v", key, longest, d)
	}
	return d
}

// word reads one of some words, which needs another key; empty: it is left out.
func word(t strictyaml.Table, key string, words []string, needs, example string) string {
	v, ok := t.Get(key)
	if !ok {
		return ""
	}
	if !t.Has(needs) {
		v.WrongKey("%s needs %s, such as %s", key, needs, example)
	}
	text, ok := v.Text()
	if ok && !slices.Contains(words, text) {
		v.Wrong("%s: unknown word %s%s", key, near.Quote(text), near.Hint(text, words))
	}
	return text
}

// socketDetails say what becomes of sockets, for people.
func socketDetails(st traffic.Stream) [][2]string {
	s := st.Socket
	stays := "stay until the stretch ends"
	if s.Stay > 0 {
		how := map[string]string{"": "say goodbye", traffic.Goodbye: "say goodbye", traffic.Drop: "reset the connection", traffic.Vanish: "fall silent"}
		stays = fmt.Sprintf("stay %v, then %s", s.Stay, how[s.Leave])
	}
	if s.Count > 0 {
		stays = fmt.Sprintf("%d in each stretch, ", s.Count) + stays
	}
	back, ping := "", ""
	if s.Again > 0 {
		where := map[string]string{"": "the next instance", traffic.ToNext: "the next instance", traffic.ToSame: "the same instance"}
		back = fmt.Sprintf("%v after an end, or a refusal, to %s", s.Again, where[s.Back])
	}
	if s.Ping > 0 {
		ping = fmt.Sprintf("every %v, and the socket is dead without an answer within %v", s.Ping, st.Timeout)
	}
	return [][2]string{{"sockets", stays}, {"back", back}, {"ping", ping}}
}
