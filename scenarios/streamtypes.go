package scenarios

import (
	"slices"

	"github.com/trektribe/bench/internal/strictyaml"
	"github.com/trektribe/bench/internal/traffic"
)

// streamTypes are the types of streams. The key of what a stream sends is the name of its
// type. To add one: a file here that reads it, a row, its part of traffic.Stream, and its
// sender (internal/load/senders.go).
var streamTypes = []streamType{
	{traffic.Calls, aboutCall, callKeys, readCall, callText, callDetails},
	{traffic.Sequences, "a list of calls, such as [{call: GET /api/trips}]", sequenceKeys, readSequence, sequenceText, sequenceDetails},
	{traffic.Sockets, "method and path, such as GET /ws?user={user}", socketKeys, readSockets, callText, socketDetails},
}

const aboutCall = "method and path, such as GET /api/trips"

type streamType struct {
	name    string   // one of traffic.Types
	about   string   // what its key holds
	keys    []string // further keys of its own
	read    func(t strictyaml.Table, v strictyaml.Value, st *traffic.Stream)
	text    func(st traffic.Stream) string      // for people, in one line
	details func(st traffic.Stream) [][2]string // name and text of what does not fit into that line
}

// streamTypeKeys are the keys that say what a stream sends: one of the types' names, and what belongs to it.
func streamTypeKeys() []string {
	var out []string
	for _, y := range streamTypes {
		out = append(append(out, y.name), y.keys...)
	}
	return out
}

// readSends reads what a stream sends.
func readSends(t strictyaml.Table, st *traffic.Stream) {
	for _, y := range streamTypes {
		v, ok := t.Get(y.name)
		if !ok {
			continue
		}
		st.Type = y.name
		refuseOthers(t, y)
		y.read(t, v, st)
		return
	}
	t.Missing(streamTypes[0].name, streamTypes[0].about)
}

// refuseOthers refuses the keys of other types than y.
func refuseOthers(t strictyaml.Table, y streamType) {
	for _, o := range streamTypes {
		for _, key := range append([]string{o.name}, o.keys...) {
			if v, ok := t.Get(key); ok && key != y.name && !slices.Contains(y.keys, key) {
				v.WrongKey("%s is not for a stream with %s", key, y.name)
			}
		}
	}
}

// typeOf is the type of st; one without a text: st has none.
func typeOf(st traffic.Stream) streamType {
	for _, y := range streamTypes {
		if y.name == st.Type {
			return y
		}
	}
	return streamType{text: func(traffic.Stream) string { return "" }, details: func(traffic.Stream) [][2]string { return nil }}
}
