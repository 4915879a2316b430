package canary

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/resp"
)

// The exchange: a command that every Redis answers with one line, without a
// handshake: +PONG, or -NOAUTH and the like. Either proves the path. Its
// spelling is one that no client library uses, so that a proxy can tell canaries
// apart; an array, as every client sends it.
//
// A fault of chosen commands is done to Command on a canary's connection, whatever
// it chooses, and never to its witness, which then goes before it.
const Command, witness = "PiNg", "pInG"

var ping, beside = resp.Encode(Command), resp.Encode(witness)

// Begins reports that the first bytes of a connection are a canary's.
func Begins(data []byte) bool {
	return bytes.HasPrefix(data, []byte(ping)) || bytes.HasPrefix(data, []byte(beside))
}

// openPatience bounds Open where its context does not.
const openPatience = 5 * time.Second

// A Path is a proxy in front of a Redis, as canaries go through it.
type Path struct {
	Name, Upstream string       // for messages
	Addr           string       // host:port of the proxy
	Passed         func() int64 // bytes of canaries that the proxy has passed on; nil: it does not tell
	Chooses        func() bool  // the present fault is done to chosen commands; nil: none is
	Dose           func() Dose  // of each probe, under the present fault; nil: one ping
}

// A Dose is how much a canary asks for in one probe.
type Dose struct {
	Pings int
	Extra time.Duration // added to its timeout
}

// A Canary is a connection of the harness's own along a Path. Its methods
// are safe for concurrent use; probes take turns.
type Canary struct {
	path   Path
	mu     sync.Mutex
	conn   *resp.Conn
	behind int     // replies to earlier probes that have not come
	ended  Meeting // what ended the connection; Met empty: nothing has
}

// Open connects along the path and makes one exchange to prove that it is
// whole. It waits until ctx ends, at most 5 s.
func (p Path) Open(ctx context.Context) (*Canary, error) {
	ctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	c, m := p.dial(ctx, openPatience)
	if c == nil {
		return nil, fmt.Errorf("open canary through proxy %s at %s: met %v", p.Name, p.Addr, m)
	}
	if m = c.probe(ctx, openPatience, Dose{Pings: 1}); m.Met != "reply" {
		c.Close()
		return nil, fmt.Errorf("open canary through proxy %s at %s: met %v; is a Redis at %s?", p.Name, p.Addr, m, p.Upstream)
	}
	return c, nil
}

// ProbeNew opens a new connection along the path, makes one exchange, closes
// it. timeout is for all of it.
func (p Path) ProbeNew(ctx context.Context, timeout time.Duration) Meeting {
	began := time.Now()
	c, m := p.dial(ctx, timeout)
	if c == nil {
		return m
	}
	defer c.Close()
	m = c.Probe(ctx, timeout-time.Since(began))
	m.Wait = time.Since(began)
	return m
}

// dial gives what it met where it gives no Canary.
func (p Path) dial(ctx context.Context, timeout time.Duration) (*Canary, Meeting) {
	began := time.Now()
	conn, err := resp.Dial(ctx, p.Addr, timeout)
	if err != nil {
		return nil, met(ctx, err, began)
	}
	return &Canary{path: p, conn: conn}, Meeting{}
}

// Probe makes one exchange and waits at most timeout. When ctx ends first it
// met an "error": what came until then says nothing about the path.
//
// After a silence the answer to that probe may still come, as a blackhole's
// held bytes do when it is lifted: Probe counts what is owed and takes that
// first, so a reply is always the one to this probe. When the connection has
// ended, this and each further probe meets how it ended, at once; open another
// canary.
func (c *Canary) Probe(ctx context.Context, timeout time.Duration) Meeting {
	dose := Dose{Pings: 1}
	if c.path.Dose != nil {
		dose = c.path.Dose()
	}
	return c.probe(ctx, timeout, dose)
}

func (c *Canary) probe(ctx context.Context, timeout time.Duration, dose Dose) Meeting {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended.Met != "" {
		return c.ended
	}
	began := time.Now()
	c.conn.Until(began.Add(timeout + dose.Extra))
	hooked := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		c.conn.Until(began)
		close(hooked)
	})
	var told Meeting
	passed := c.passed()
	err := c.exchange(&told, dose.Pings)
	if !unhook() {
		<-hooked // or it could cut the next probe short
	}
	m := met(ctx, err, began)
	m.Answer, m.Beside, m.Behind = told.Answer, told.Beside, told.Behind
	m.Asked = c.passed() > passed
	// A connection that was only silent, or not waited for, is still good.
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		c.ended = m
		c.ended.Wait = 0
	}
	return m
}

// passed is how many bytes of canaries the proxy has passed on; 0 where it does not tell.
func (c *Canary) passed() int64 {
	if c.path.Passed == nil {
		return 0
	}
	return c.path.Passed()
}

// exchange sends pings, or one after its witness where the fault chooses commands, and
// reads until the answer to the last. What came until then is noted in m.
func (c *Canary) exchange(m *Meeting, pings int) error {
	text, asked, witnessed := strings.Repeat(ping, pings), pings, 0
	if c.path.Chooses != nil && c.path.Chooses() {
		text, asked, witnessed = beside+ping, 2, 2
	}
	if err := c.conn.Write(text); err != nil {
		return err
	}
	m.Behind = c.behind > 0
	for c.behind += asked; c.behind > 0; c.behind-- {
		line, err := c.reply()
		if err != nil {
			return err
		}
		switch {
		case c.behind == 1:
			m.Answer = line
		case c.behind == witnessed:
			m.Beside = line
		}
	}
	return nil
}

// reply reads one line, or goes on with one that has come in part.
func (c *Canary) reply() (string, error) {
	line, err := c.conn.Line()
	if errors.Is(err, resp.ErrNoLine) {
		return "", errors.New("no line in what was answered to PING: not a Redis")
	}
	if err == nil && !strings.HasPrefix(line, "+") && !strings.HasPrefix(line, "-") {
		return "", fmt.Errorf("%.60q is no answer to PING: not a Redis", line)
	}
	return line, err
}

// Close ends the canary's connection, and a probe that is under way. Further
// calls do nothing.
func (c *Canary) Close() error {
	if err := c.conn.Close(); err != nil {
		return fmt.Errorf("close canary: %w", err)
	}
	return nil
}

// met is Met, but that a wait which ctx has ended says nothing of the path.
func met(ctx context.Context, err error, began time.Time) Meeting {
	m := Met(err, began)
	if m.Met == "silence" && ctx.Err() != nil {
		m.Met, m.Detail = "error", err.Error()
	}
	if cause := context.Cause(ctx); m.Met == "error" && cause != nil {
		m.Detail = "not waited for: " + cause.Error()
	}
	return m
}
