package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
)

func TestLostExecutesTheChosenCommandAndEndsWhereItsReplyWouldBegin(t *testing.T) {
	for _, ch := range choices {
		s := listenStore(t)
		p := open(t, s.Addr())
		apply(t, p, fault.Fault{Kind: "lost", Commands: names(ch.commands), Prefix: ch.prefix})
		conns, n := 250, 400
		if testing.Short() {
			conns = 40
		}
		all := pipelines(t, conns, n, p.Addr(), func(r *bufio.Reader, _ net.Conn, cmds [][]string) error {
			end := first(cmds, ch.is)
			for i, cmd := range cmds[:end] {
				if err := comes(r, i, cmd, replyTo(cmd[0], cmd[1:])); err != nil {
					return err
				}
			}
			if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
				return fmt.Errorf("where reply %d would begin came %.60q, %v; want the end", end, rest, err)
			}
			return nil
		})
		for w := range conns {
			mine := all[w*n : (w+1)*n]
			s.checkExecuted(t, mine[:first(mine, ch.is)+1], nil)
		}
		checkHit(t, p, conns)
		nothingRuns(t, "(*door).accept(")
	}
}

// Each kind at any moment of connections that never rest: what comes is always
// right, for the command whose turn it is.
func TestChosenCommandsStayTheRightOnesWhileFaultsComeAndGo(t *testing.T) {
	s := listenStore(t)
	p := open(t, s.Addr())
	stop := make(chan struct{})
	var work sync.WaitGroup
	var whole, errs, ends atomic.Int64
	for w := range 8 {
		work.Go(func() {
			for round := 0; ; round++ {
				select {
				case <-stop:
					return
				default:
				}
				c, err := net.Dial("tcp", p.Addr())
				if err != nil {
					t.Error(err)
					return
				}
				c.SetDeadline(time.Now().Add(2 * long))
				cmds := commands(uint64(round), fmt.Sprintf("%d.%d", w, round), 2000, 5)
				r := bufio.NewReader(c)
				for i, cmd := range cmds {
					if i%50 == 0 {
						chunked(c, uint64(i), cmds[i:i+50]) // an error shows in what comes back
					}
					b, err := r.Peek(1)
					switch {
					case err != nil && !cached(cmd):
						t.Errorf("reply %d, to %q: %v", i, cmd, err)
					case err != nil:
						ends.Add(1)
					case cached(cmd) && b[0] == '-':
						errs.Add(1)
						err = comes(r, i, cmd, "-"+loading+"\r\n")
					default:
						whole.Add(1)
						err = comes(r, i, cmd, replyTo(cmd[0], cmd[1:]))
					}
					if err != nil {
						if !cached(cmd) || !strings.HasSuffix(err.Error(), "EOF") {
							t.Error(err)
						}
						break
					}
				}
				c.Close()
			}
		})
	}
	faults := []fault.Fault{
		{Kind: "error", Prefix: "cache:", Answer: loading}, clean, {Kind: "late", Prefix: "cache:", Delay: 5 * ms, Jitter: 5 * ms},
		{Kind: "mute", Prefix: "cache:"}, {Kind: "error", Prefix: "cache:", Answer: loading}, {Kind: "mute", Prefix: "cache:"}, clean, blackhole,
		{Kind: "error", Prefix: "cache:", Answer: loading}, slow(2 * ms), {Kind: "lost", Prefix: "cache:"}, {Kind: "slices", Size: 1000, Delay: 2 * ms}, {Kind: "error", Prefix: "cache:", Answer: loading},
	}
	tick := time.NewTicker(7 * ms)
	defer tick.Stop()
	enough := func() bool { return whole.Load() > 100 && errs.Load() > 10 && ends.Load() > 3 }
	toggles := 0
	for began := time.Now(); toggles < 3*len(faults) || !enough() && time.Since(began) < 3*long; toggles++ {
		apply(t, p, faults[toggles%len(faults)])
		<-tick.C
	}
	close(stop)
	apply(t, p, clean)
	work.Wait()
	if got := p.Stats(); got.Unfollowed != 0 || got.Hit == 0 {
		t.Errorf("%d hit, %d connections were lost sight of", got.Hit, got.Unfollowed)
	}
	t.Logf("%d toggles; %d replies whole, %d errors, %d connections ended", toggles, whole.Load(), errs.Load(), ends.Load())
	if !enough() {
		t.Error("too few to show anything")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	nothingRuns(t)
}
