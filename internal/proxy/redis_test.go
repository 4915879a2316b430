package proxy_test

import (
	"bufio"
	"bytes"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/trektribe/bench/internal/resp/resptest"
)

// A store is a server that speaks as much RESP as these tests need, and keeps count of what it executed.
type store struct {
	*resptest.Server
	mu   sync.Mutex
	done map[string]int // by command and key
}

func listenStore(t testing.TB) *store {
	s := &store{done: map[string]int{}}
	s.Server = resptest.Listen(t, s.serve)
	return s
}

// executed is how often the command was, and forgets it.
func (s *store) executed(cmd ...string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.done[strings.Join(cmd, " ")]
	delete(s.done, strings.Join(cmd, " "))
	return n
}

// read reads one command.
func read(r *bufio.Reader) ([]string, error) {
	var n int
	if _, err := fmt.Fscanf(r, "*%d\r\n", &n); err != nil {
		return nil, err
	}
	args := make([]string, n)
	for i := range args {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		size, err := strconv.Atoi(strings.TrimSpace(line[1:]))
		if err != nil {
			return nil, err
		}
		text := make([]byte, size+2)
		if _, err := io.ReadFull(r, text); err != nil {
			return nil, err
		}
		args[i] = string(text[:size])
	}
	return args, nil
}

func (s *store) serve(_ *resptest.Server, c net.Conn) {
	draws := rand.New(rand.NewPCG(1, 2))
	r := bufio.NewReader(c)
	w := bufio.NewWriter(c)
	var tx []string // what EXEC answers
	queues, dirty := false, false
	for {
		args, err := read(r)
		if err != nil {
			return
		}
		s.Calls.Add(1)
		name := strings.ToUpper(args[0])
		text := s.answer(name, args)
		switch {
		case name == "MULTI":
			queues, dirty, tx = true, false, nil
		case name == "DISCARD":
			queues = false
		case name == "EXEC" && dirty:
			queues, text = false, "-EXECABORT Transaction discarded because of previous errors.\r\n"
		case name == "EXEC":
			queues, text = false, fmt.Sprintf("*%d\r\n%s", len(tx), strings.Join(tx, ""))
		case queues && text[0] == '-':
			dirty = true
		case queues:
			tx, text = append(tx, text), "+QUEUED\r\n"
		}
		w.WriteString(text)
		// In pieces of any size, but never holding back what a client waits for.
		if r.Buffered() == 0 || draws.IntN(10) == 0 {
			if w.Flush() != nil {
				return
			}
		}
	}
}

func (s *store) answer(name string, args []string) string {
	switch name {
	case "PING":
		return "+PONG\r\n"
	case "HELLO":
		return "%2\r\n+server\r\n+redis\r\n+proto\r\n:3\r\n"
	case "SUBSCRIBE":
		var b strings.Builder
		for i, ch := range args[1:] {
			fmt.Fprintf(&b, ">3\r\n$9\r\nsubscribe\r\n$%d\r\n%s\r\n:%d\r\n", len(ch), ch, i+1)
			if i == len(args)-2 {
				break
			}
			fmt.Fprintf(&b, ">3\r\n$7\r\nmessage\r\n$%d\r\n%s\r\n+x\r\n", len(ch), ch)
		}
		return b.String()
	case "MONITOR":
		return "+OK\r\n+1 [0] \"GET\"\r\n+2 [0] \"GET\"\r\n"
	case "GET", "HGET", "SET":
		if len(args) < 2 {
			return "-ERR wrong number of arguments\r\n"
		}
		s.mu.Lock()
		s.done[name+" "+args[1]]++
		s.mu.Unlock()
	case "MULTI", "CLIENT", "DISCARD":
		return "+OK\r\n"
	}
	return replyTo(name, args[1:])
}

// replyTo is what a store answers: text that depends on the key, now and then more than a chunk.
func replyTo(name string, args []string) string {
	switch name {
	case "SET":
		return "+OK\r\n"
	case "GET":
		h := fnv.New32a()
		io.WriteString(h, args[0])
		size := int(h.Sum32()>>8) % 200
		if h.Sum32()%500 == 0 {
			size = 50_000
		}
		return fmt.Sprintf("$%d\r\n%s\r\n", size+len(args[0]), args[0]+strings.Repeat("+-$*\r\n", size/6+1)[:size])
	case "HGET":
		return "*2\r\n" + replyTo("GET", args) + "|1\r\n+a\r\n:1\r\n$-1\r\n"
	}
	return "*-1\r\n"
}

// ask is a command as client libraries send it.
func ask(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	return b.String()
}

// commands draws n commands with keys that no other name has, of which one in k has the prefix.
func commands(seed uint64, name string, n, k int) [][]string {
	draws := rand.New(rand.NewPCG(seed, 0))
	out := make([][]string, n)
	for i := range out {
		key := fmt.Sprintf("user:%s:%d", name, i)
		if draws.IntN(k) == 0 {
			key = "cache" + key[4:]
		}
		out[i] = [][]string{{"GET", key}, {"SET", key, strings.Repeat("*1\r\n", draws.IntN(100))}, {"HGET", key, "x"}}[draws.IntN(3)]
	}
	return out
}

// chunked writes the commands in pieces of any size.
func chunked(c net.Conn, seed uint64, cmds [][]string) error {
	draws := rand.New(rand.NewPCG(seed, 1))
	var all bytes.Buffer
	for _, cmd := range cmds {
		all.WriteString(ask(cmd...))
	}
	for all.Len() > 0 {
		size := 1 + draws.IntN(3000)
		if draws.IntN(3) == 0 {
			size = 1 + draws.IntN(20)
		}
		if _, err := c.Write(all.Next(size)); err != nil {
			return err
		}
	}
	return nil
}

// hits is how many of the commands are chosen.
func hits(cmds [][]string, is func([]string) bool) int {
	n := 0
	for _, cmd := range cmds {
		if is(cmd) {
			n++
		}
	}
	return n
}

func cached(cmd []string) bool { return strings.HasPrefix(cmd[1], "cache:") }
func named(cmd []string) bool  { return cmd[0] == "HGET" }
func both(cmd []string) bool   { return cached(cmd) && cmd[0] == "GET" }

// first is the place of the first that is chosen.
func first(cmds [][]string, is func([]string) bool) int { return slices.IndexFunc(cmds, is) }
