package drill

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// An Asker asks the person at a terminal.
type Asker struct {
	out   io.Writer
	lines chan string // closed at the end of the input
}

// NewAsker asks on out, and reads the answers from in until its end: a read of a terminal cannot be called off, so it
// lasts as long as the process.
func NewAsker(in io.Reader, out io.Writer) *Asker {
	a := &Asker{out: out, lines: make(chan string)}
	go func() {
		defer close(a.lines)
		s := bufio.NewScanner(in)
		for s.Scan() {
			a.lines <- s.Text()
		}
	}()
	return a
}

var errNoAnswer = errors.New("the input ended without an answer")

// Line asks for one line. The error is ctx's, or says that the input has ended.
func (a *Asker) Line(ctx context.Context, question string) (string, error) {
	fmt.Fprint(a.out, question)
	select {
	case line, ok := <-a.lines:
		if !ok {
			return "", errNoAnswer
		}
		return strings.TrimSpace(line), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Predictions asks for what p lacks, until each can be measured, or the input ends.
func (a *Asker) Predictions(ctx context.Context, p *Plan, lacking []At) error {
	if len(lacking) == 0 {
		return nil
	}
	fmt.Fprintf(a.out, "\nWhat do you predict? One comparison for each fault, such as availability(all[phase=%s]) >= 99%%.\nbench explain measures lists what can be measured.\n", lacking[0].Phase.Name)
	for _, at := range lacking {
		for {
			text, err := a.Line(ctx, fmt.Sprintf("%s, %s (%s): ", at.Scenario.Name, at.Phase.Name, strings.Join(at.FaultTexts(), ", ")))
			if err != nil {
				return err
			}
			if text == "" {
				fmt.Fprintln(a.out, "Without a prediction a drill teaches little. Ctrl-C leaves; nothing has begun.")
				continue
			}
			if err := p.Expect(at, text, p.By, time.Now()); err != nil {
				fmt.Fprintln(a.out, err)
				continue
			}
			break
		}
	}
	return nil
}

// Confirm asks whether to begin: only a yes is one.
func (a *Asker) Confirm(ctx context.Context) (bool, error) {
	answer, err := a.Line(ctx, "\nBegin? Only yes begins: ")
	return strings.EqualFold(answer, "yes"), err
}
