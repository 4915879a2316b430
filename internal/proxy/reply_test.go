package proxy

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/fault"
)

// A piece of each type, nested, with attributes, as one stream.
var replyStream = []string{
	"+OK\r\n", "-ERR no\r\n", ":-12\r\n", "$5\r\nhello\r\n", "$0\r\n\r\n", "$-1\r\n", "*-1\r\n", "*0\r\n",
	"*3\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n+x\r\n", "_\r\n", "#t\r\n", ",1.5e3\r\n", "(123456789012345678901234567890\r\n",
	"!9\r\nERR \r\n\r\nx\r\n", "=7\r\ntxt:a\r\n\r\n", "%2\r\n+a\r\n*1\r\n:1\r\n+b\r\n%0\r\n", "~2\r\n:1\r\n:2\r\n",
	">3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n", ">2\r\n+message\r\n*1\r\n+x\r\n",
	"|1\r\n+ttl\r\n:3600\r\n*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n", "|0\r\n+OK\r\n", "$4\r\n\r\n\r\n\r\n",
}

// split cuts text where cuts has a bit.
func split(text, cuts []byte) [][]byte {
	var out [][]byte
	from := 0
	for i := 1; i < len(text); i++ {
		if len(cuts) > 0 && cuts[i/8%len(cuts)]&(1<<(i%8)) != 0 {
			out, from = append(out, text[from:i]), i
		}
	}
	return append(out, text[from:])
}

// heard is what a parser of replies makes of pieces: where values end, what they are, and in which it gave up.
func heard(pieces [][]byte) []string {
	var r reply
	var out []string
	done := 0
	for _, p := range pieces {
		for len(p) > 0 {
			n, m := r.next(p)
			p, done = p[n:], done+n
			switch m {
			case lost:
				return append(out, "lost")
			case whole:
				out = append(out, fmt.Sprintf("%d %c %v", done, r.top, r.confirms()))
			}
		}
	}
	return append(out, fmt.Sprint("fresh ", r.fresh()))
}

// asked is the same for requests.
func asked(pieces [][]byte, pl *plan) []string {
	var r request
	var out []string
	done := 0
	for _, p := range pieces {
		for len(p) > 0 {
			n, m := r.next(p, pl, false)
			p, done = p[n:], done+n
			switch m {
			case lost:
				return append(out, "lost")
			case whole:
				out = append(out, fmt.Sprintf("%d %.24s %d %s %v", done, r.name[:min(r.named, fault.LongestCommand)], r.args, r.cmd.Follow, r.verdict == chosen))
			}
		}
	}
	return append(out, fmt.Sprint("fresh ", r.fresh()))
}

func TestRepliesEndWhereTheyEnd(t *testing.T) {
	var want []string
	done := 0
	for _, text := range replyStream {
		done += len(text)
		top := text[0]
		switch text[:2] {
		case "|1":
			top = '*'
		case "|0":
			top = '+'
		}
		want = append(want, fmt.Sprintf("%d %c %v", done, top, strings.Contains(text, "subscribe")))
	}
	want = append(want, "fresh true")
	text := []byte(strings.Join(replyStream, ""))
	for _, cuts := range [][]byte{nil, {0xff}, {0x55}, {0x92, 0x24, 0x49}, {0, 0, 1}} {
		if got := heard(split(text, cuts)); !slices.Equal(got, want) {
			t.Errorf("cuts %x:\n%v\nwant\n%v", cuts, got, want)
		}
	}
	for _, bad := range []string{"x\r\n", "$5\nhello\r\n", "$a\r\n", "$5\r\nhelloxx", "*-2\r\n", "%-1\r\n", "*99999999999999999999\r\n", "$?\r\n", "$\r\n", "\r\n"} {
		if got := heard([][]byte{[]byte(bad)}); !strings.HasPrefix(got[len(got)-1], "lost") {
			t.Errorf("%q gives %v, want it lost", bad, got)
		}
	}
}

// bulk is a command as client libraries send it.
func bulk(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	return b.String()
}

func planOf(f fault.Fault) *plan {
	does, err := find(f)
	if err != nil {
		panic(err)
	}
	return newPlan(f, does, 0)
}

func TestCommandsAreChosenByNameAndKey(t *testing.T) {
	get, mget := bulk("GET", "cache:1"), bulk("mget", "a", "cache:2")
	for _, row := range []struct {
		commands, prefix string
		hit, spared      []string
	}{
		{"GET,MGET", "", []string{get, mget, "get x\r\n"}, []string{bulk("SET", "GET", "GET"), bulk("GETX", "a"), bulk("PING")}},
		{"GET,MGET", "cache:", []string{get, mget, bulk("GET", "cache:")}, []string{bulk("GET", "cache"), bulk("GET", "xcache:1"), bulk("SET", "cache:1", "x"), bulk("MGET", "a", "b")}},
		{"reads", "", []string{get, mget, bulk("hgetall", "x"), bulk("SCAN", "0")}, []string{bulk("SET", "a", "b"), bulk("HELLO", "3"), bulk("CLIENT", "SETINFO", "a", "b"), bulk("AUTH", "x"), bulk("SELECT", "1"), "PING\r\n", bulk("EVAL", "x", "0")}},
		{"writes", "", []string{bulk("set", "a", "b"), bulk("EVALSHA", "x", "0")}, []string{get, bulk("EXEC")}},
		{"", "cache:", []string{
			get, mget, bulk("SET", "cache:1", "v"), bulk("MSET", "a", "b", "cache:1", "c"), bulk("EVAL", "return 1", "2", "a", "cache:x", "arg"),
			bulk("ZUNIONSTORE", "cache:z", "1", "a"), bulk("ZUNIONSTORE", "z", "2", "a", "cache:b"), bulk("BLPOP", "a", "cache:b", "1"), bulk("OBJECT", "FREQ", "cache:1"), bulk("BITOP", "AND", "d", "cache:x"),
			"SET cache:1 v\r\n", " GET  cache:1 \n",
		}, []string{
			bulk("SET", "a", "cache:1"), bulk("MSET", "a", "cache:1"), bulk("EVAL", "cache:", "1", "a", "cache:x"), bulk("ECHO", "cache:1"),
			bulk("ZUNIONSTORE", "z", "1", "a", "WEIGHTS", "cache:"), bulk("EVAL", "x", "0", "cache:1"), bulk("BLPOP", "a", "cache:1"), bulk("GET"), bulk("JSON.GET", "cache:1"), "\r\n", "*0\r\n", "*-1\r\n",
			bulk("SUBSCRIBE", "cache:1"), bulk("MSET", "a", strings.Repeat("x", keysWithin), "cache:1", "y"), bulk("a command that has a very long name", "cache:1"),
		}},
		{"JSON.GET", "cache:", []string{bulk("JSON.GET", "cache:1")}, []string{bulk("JSON.GET", "a", "cache:1")}},
		{"PING", "", []string{"PING\r\n", bulk("PiNg")}, []string{get}},
	} {
		pl := planOf(fault.Fault{Kind: "mute", Commands: strings.FieldsFunc(row.commands, func(c rune) bool { return c == ',' }), Prefix: row.prefix})
		check := func(texts []string, want string) {
			for _, text := range texts {
				for _, cuts := range [][]byte{nil, {0xff}, {0x92, 0x24, 0x49}} {
					got := asked(split([]byte(text), cuts), pl)
					if len(got) != 2 || !strings.HasSuffix(got[0], want) || got[1] != "fresh true" {
						t.Errorf("commands %q, prefix %q, cuts %x: %.80q gives %v, want %s", row.commands, row.prefix, cuts, text, got, want)
					}
				}
			}
		}
		check(row.hit, "true")
		check(row.spared, "false")
	}
	for _, bad := range []string{"*1\r\n+GET\r\n", "*x\r\n", "*1\r\n$-1\r\n", "\x16\x03\x01\n", "GET " + strings.Repeat("x", longestInline) + "\r\n"} {
		if got := asked([][]byte{[]byte(bad)}, planOf(fault.Fault{})); got[0] != "lost" {
			t.Errorf("%.40q gives %v, want it lost", bad, got)
		}
	}
}

func FuzzReplies(f *testing.F) {
	for _, text := range replyStream {
		f.Add([]byte(text), []byte{0x55})
	}
	f.Add([]byte(strings.Join(replyStream, "")), []byte{0x92, 0x24, 0x49})
	f.Fuzz(func(t *testing.T, text, cuts []byte) {
		want := heard([][]byte{text})
		if got := heard(split(text, cuts)); !slices.Equal(got, want) {
			t.Errorf("%q in pieces gives %v, whole %v", text, got, want)
		}
	})
}

func FuzzRequests(f *testing.F) {
	for _, text := range []string{bulk("GET", "cache:1"), bulk("EVAL", "x", "2", "a", "cache:b", "c"), "SET cache:1 x\r\n", "\r\nPING\r\n*0\r\n", bulk("CLIENT", "REPLY", "OFF") + bulk("MSET", "a", "b", "cache:", "")} {
		f.Add([]byte(text), []byte{0x55})
		f.Add([]byte(text), []byte{0xff})
	}
	pl := planOf(fault.Fault{Kind: "mute", Prefix: "cache:"})
	f.Fuzz(func(t *testing.T, text, cuts []byte) {
		want := asked([][]byte{text}, pl)
		if got := asked(split(text, cuts), pl); !slices.Equal(got, want) {
			t.Errorf("%q in pieces gives %v, whole %v", text, got, want)
		}
	})
}

func TestFollowingKeepsNoBytes(t *testing.T) {
	var ask request
	var say reply
	pl := planOf(fault.Fault{Kind: "mute", Prefix: "cache:"})
	big := bytes.Repeat([]byte("x"), 32<<10)
	command, answer := []byte(bulk("SET", "cache:1", "v")), []byte("*2\r\n$1\r\na\r\n|1\r\n+a\r\n:1\r\n:1\r\n")
	if n := testing.AllocsPerRun(100, func() {
		ask.next([]byte("*3\r\n$3\r\nSET\r\n$7\r\ncache:1\r\n$536870912\r\n"), pl, false)
		for range 536870912 / len(big) {
			ask.next(big, pl, false)
			if !ask.fresh() {
				break
			}
		}
		ask = request{}
		ask.next(command, pl, false)
		say.next(answer)
	}); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
