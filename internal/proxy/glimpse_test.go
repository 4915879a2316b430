package proxy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
)

// What is kept of commands and replies does not depend on the pieces in which they come.
func TestAGlimpseIsTheSameInAllPieces(t *testing.T) {
	now := time.Now()
	commands := strings.Join([]string{
		bulk("GET", "cache:1"), bulk("SET", "k", "EX", "EX", "17", "NX"), bulk("PSETEX", "k", "250", "v"), bulk("CLIENT", "SETINFO", "a", "b"),
		bulk("EVALSHA", "x", "12", "key", "b"), bulk("JSON.GET", "doc"), bulk("secret"), "set k v px 5\r\n", bulk("GETEX", "k", "PX", "9"),
	}, "")
	glimpses := func(pieces [][]byte) (out []string) {
		r, pl := request{watched: true}, newPlan(fault.Fault{}, clean, 0)
		for _, p := range pieces {
			for len(p) > 0 {
				n, m := r.next(p, pl, false)
				if p = p[n:]; m == whole {
					out = append(out, fmt.Sprintf("%s %s %v", r.fullName(), r.key[:r.keyLen], r.timeToLive(now)))
				}
			}
		}
		return out
	}
	classes := func(pieces [][]byte) (out []string) {
		r := reply{elements: elements{collect: true}}
		for _, p := range pieces {
			for len(p) > 0 {
				n, m := r.next(p)
				if p = p[n:]; m == whole {
					c, found := r.class()
					out = append(out, fmt.Sprintf("%s %v %v", c, found, r.parts))
				}
			}
		}
		return out
	}
	said := strings.Join(replyStream, "") + "*3\r\n-OOM no\r\n!8\r\nBUSY now\r\n%1\r\n+a\r\n-ERR\r\n"
	for _, cuts := range [][]byte{{0xff}, {0x55}, {0x92, 0x24, 0x49}, {0, 0, 1}} {
		if got, want := glimpses(split([]byte(commands), cuts)), glimpses([][]byte{[]byte(commands)}); !slices.Equal(got, want) || len(want) != 9 {
			t.Errorf("commands in pieces %x:\n%q\nwant, as in one,\n%q", cuts, got, want)
		}
		if got, want := classes(split([]byte(said), cuts)), classes([][]byte{[]byte(said)}); !slices.Equal(got, want) || len(want) != len(replyStream)+1 {
			t.Errorf("replies in pieces %x:\n%q\nwant, as in one,\n%q", cuts, got, want)
		}
	}
	if got, want := classes([][]byte{[]byte(said)})[len(replyStream)], "array true [{error false OOM} {error false BUSY} {array true }]"; got != want {
		t.Errorf("a reply of three is %q, want %q", got, want)
	}
}

// An instant is so long from now; what cannot be one is none.
func TestAnInstantIsATimeToLive(t *testing.T) {
	now := time.Unix(1000, 0)
	for text, want := range map[string]time.Duration{
		bulk("SET", "k", "v", "EXAT", "1010"):            10 * time.Second,
		bulk("SET", "k", "v", "PXAT", "1000250"):         250 * time.Millisecond,
		bulk("EXPIREAT", "k", "1060"):                    time.Minute,
		bulk("PEXPIREAT", "k", "999000"):                 0,
		bulk("EXPIRE", "k", "9223372036854775807"):       0,
		bulk("SETEX", "k", "a-secret-that-is-no-1", "v"): 0,
	} {
		r := request{watched: true}
		r.next([]byte(text), newPlan(fault.Fault{}, clean, 0), false)
		if got := r.timeToLive(now); got != want {
			t.Errorf("%q sets %v, want %v", text, got, want)
		}
	}
}
