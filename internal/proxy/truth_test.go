package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/wire"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/resp/resptest"
)

// A tiny Redis: GET, SET and SETEX, also in transactions. Nothing expires.
type tiny struct {
	mu   sync.Mutex
	keys map[string]string
}

func (s *tiny) serve(_ *resptest.Server, c net.Conn) {
	r, w := bufio.NewReader(c), bufio.NewWriter(c)
	var queued [][]string
	within := false
	for {
		args, err := read(r)
		if err != nil {
			return
		}
		switch {
		case args[0] == "MULTI":
			within = true
			io.WriteString(w, "+OK\r\n")
		case args[0] == "EXEC":
			fmt.Fprintf(w, "*%d\r\n", len(queued))
			for _, q := range queued {
				io.WriteString(w, s.answer(q))
			}
			queued, within = nil, false
		case within:
			queued = append(queued, args)
			io.WriteString(w, "+QUEUED\r\n")
		default:
			io.WriteString(w, s.answer(args))
		}
		if r.Buffered() == 0 {
			w.Flush()
		}
	}
}

func (s *tiny) answer(args []string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, held := s.keys[args[1]]
	switch {
	case args[0] == "GET" && held:
		return fmt.Sprintf("$%d\r\n%s\r\n", len(value), value)
	case args[0] == "GET", slices.Contains(args, "NX") && held:
		return "$-1\r\n"
	case args[0] == "SETEX":
		s.keys[args[1]] = args[3]
	default:
		s.keys[args[1]] = args[2]
	}
	return "+OK\r\n"
}

// What is measured of the wire is exactly what a client did that knows: on four connections, one command after the
// other, in pipelines and in transactions.
func TestTheWireMeasuresWhatWasDone(t *testing.T) {
	const keys, steps = 40, 400
	s := &tiny{keys: map[string]string{"end": theEnd}}
	p := open(t, resptest.Listen(t, s.serve).Addr())
	n := watch(p)
	draws := rand.New(rand.NewPCG(7, 7))
	var conns []net.Conn
	for range 4 {
		conns = append(conns, dial(t, p.Addr()))
	}
	held := map[string]bool{} // what the client knows; it asks on one connection at a time
	found, reads, written := map[string]int{}, map[string]int{}, map[string]int{}
	var ttls []float64
	commands, longest := 0, 0.0

	one := func() string {
		key := fmt.Sprintf("trips:%d", draws.IntN(keys))
		value := strings.Repeat("EX 99 ", draws.IntN(2000))
		ttl := 1 + draws.IntN(3600)
		write := func(unit time.Duration) {
			held[key] = true
			written[key]++
			set := (time.Duration(ttl) * unit).Seconds()
			ttls = append(ttls, set)
			longest = max(longest, set)
		}
		commands++
		switch draws.IntN(6) {
		case 0:
			write(time.Second)
			return ask("SETEX", key, fmt.Sprint(ttl), value)
		case 1:
			write(time.Millisecond)
			return ask("SET", key, value, "PX", fmt.Sprint(ttl))
		case 2:
			if !held[key] {
				write(time.Second)
			}
			return ask("SET", key, value, "NX", "EX", fmt.Sprint(ttl))
		}
		if reads[key]++; held[key] {
			found[key]++
		}
		return ask("GET", key)
	}
	for range steps {
		c, many := conns[draws.IntN(len(conns))], 1+draws.IntN(8)
		var text strings.Builder
		kind := draws.IntN(3) // alone, in a pipeline, in a transaction
		if kind == 2 {
			text.WriteString(ask("MULTI"))
			commands += 2
		}
		if kind == 0 {
			many = 1
		}
		for range many {
			text.WriteString(one())
		}
		if kind == 2 {
			text.WriteString(ask("EXEC"))
		}
		text.WriteString(ask("GET", "end"))
		commands++
		send(t, c, "%s", text.String())
		awaitEnd(t, c)
	}
	n.lines(t, commands)

	log := wire.Log{Keys: "trips:*"}
	all := wire.Log{Keys: "*"}
	for _, l := range []*wire.Log{&log, &all} {
		l.Event(&history.Event{Kind: history.Wire, Name: history.WireWatched})
		for _, c := range n.told {
			l.Command(&c)
		}
		if none := l.Missing(); none != nil {
			t.Fatal(none.Why)
		}
	}
	wantFound, wantReads, wantWrites := 0, 0, 0
	for key := range written {
		wantFound, wantReads, wantWrites = wantFound+found[key], wantReads+reads[key], wantWrites+written[key]
	}
	gotFound, gotReads := log.Hits()
	if gotFound != wantFound || gotReads != wantReads || log.Writes() != wantWrites || all.Commands() != commands {
		t.Errorf("%d of %d reads found something, %d writes, %d commands; want %d of %d, %d, %d",
			gotFound, gotReads, log.Writes(), all.Commands(), wantFound, wantReads, wantWrites, commands)
	}
	set, untimed := log.TimesToLive()
	var got []float64
	for _, e := range set {
		got = append(got, e.X)
	}
	slices.Sort(got)
	slices.Sort(ttls)
	if !slices.Equal(got, ttls) || untimed != 0 || figure.Quantile(set, 1).X != longest {
		t.Errorf("%d times to live up to %v s, %d keys without; want %d up to %v", len(got), figure.Quantile(set, 1).X, untimed, len(ttls), longest)
	}
	for _, e := range all.Latency() {
		if d := time.Duration(e.X * float64(time.Second)); d < 0 || d > long {
			t.Errorf("a command took %v", d)
		}
	}
}

// theEnd is in no other answer.
const theEnd = "the end"

// awaitEnd reads until the answer to GET end: all others have come then.
func awaitEnd(t *testing.T, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(long))
	var tail []byte
	buffer := make([]byte, 64<<10)
	for !strings.HasSuffix(string(tail), theEnd+"\r\n") {
		got, err := c.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		tail = append(tail, buffer[:got]...)
		tail = tail[max(0, len(tail)-16):]
	}
}
