package scenarios

import (
	"github.com/trektribe/bench/internal/strictyaml"
	"github.com/trektribe/bench/internal/traffic"
)

// streamTypes are the types of streams. The key of what a stream sends is the name of its
// type. To add one: a file here that reads it, a row, its part of traffic.Stream, and its
// sender (internal/load/senders.go).
var streamTypes = []streamType{
	{traffic.Calls, "method and path, such as GET /api/trips", readCall, callText},
}

type streamType struct {
	name  string // one of traffic.Types
	about string // what its key holds
	read  func(v strictyaml.Value, st *traffic.Stream)
	text  func(st traffic.Stream) string // for people, in one line
}

// streamTypeKeys are the keys of which a stream has one.
func streamTypeKeys() []string {
	var out []string
	for _, y := range streamTypes {
		out = append(out, y.name)
	}
	return out
}

// readSends reads what a stream sends.
func readSends(t strictyaml.Table, st *traffic.Stream) {
	for _, y := range streamTypes {
		if v, ok := t.Get(y.name); ok {
			st.Type = y.name
			y.read(v, st)
			return
		}
	}
	t.Missing(streamTypes[0].name, streamTypes[0].about)
}

// sendsText is what st sends, for people.
func sendsText(st traffic.Stream) string {
	for _, y := range streamTypes {
		if y.name == st.Type {
			return y.text(st)
		}
	}
	return ""
}
