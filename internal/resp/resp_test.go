package resp_test

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/resp"
	"github.com/trektribe/bench/internal/resp/resptest"
)

func dial(t *testing.T, serve func(*resptest.Server, net.Conn)) *resp.Conn {
	t.Helper()
	c, err := resp.Dial(t.Context(), resptest.Listen(t, serve).Addr(), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.Within(10 * time.Second)
	return c
}

func TestAnswersAreTold(t *testing.T) {
	for _, row := range []struct{ answer, want, err string }{
		{"+PONG\r\n", "+PONG", ""},
		{":3\r\n", ":3", ""},
		{"-LOADING Redis is loading the dataset in memory\r\n", "", "redis answered LOADING Redis is loading the dataset in memory"},
		{strings.Repeat("x", 1<<16), "", "not a Redis"},
	} {
		got, err := dial(t, resptest.Answers(row.answer)).Ask("PING")
		if got != row.want || (err == nil) != (row.err == "") || err != nil && !strings.Contains(err.Error(), row.err) {
			t.Errorf("%.20q: Ask gave %q, %v; want %q, %q", row.answer, got, err, row.want, row.err)
		}
		var said resp.Answered
		if errors.As(err, &said) && said.Word() != "LOADING" {
			t.Errorf("its first word is %q", said.Word())
		}
	}
	for answer, want := range map[string]string{"$5\r\nhello\r\n": "hello", "$-1\r\n": ""} {
		if got, err := dial(t, resptest.Answers(answer)).AskText("GET", "k"); got != want || err != nil {
			t.Errorf("%q: AskText gave %q, %v", answer, got, err)
		}
	}
}

// A line that came in part is not lost when its time is up.
func TestALineGoesOnAfterATimeout(t *testing.T) {
	more := make(chan bool)
	c := dial(t, func(_ *resptest.Server, c net.Conn) {
		c.Write([]byte("+PO"))
		<-more
		c.Write([]byte("NG\r\n"))
		<-more
	})
	defer close(more)
	c.Within(20 * time.Millisecond)
	if got, err := c.Line(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("%q, %v; want a timeout", got, err)
	}
	more <- true
	c.Within(10 * time.Second)
	if got, err := c.Line(); got != "+PONG" || err != nil {
		t.Errorf("%q, %v; want all of the line", got, err)
	}
}

func TestNobodyListens(t *testing.T) {
	s := resptest.Listen(t, resptest.Answers("+OK\r\n"))
	s.Close()
	if _, err := resp.Dial(t.Context(), s.Addr(), time.Second); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("Dial: %v, want it refused", err)
	}
}
