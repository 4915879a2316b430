package canary_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/resp"
	"github.com/trektribe/bench/internal/resp/resptest"
)

func TestACanaryNeedsALineOfRedis(t *testing.T) {
	for _, test := range []struct{ answer, want string }{
		{"+PONG\r\n", ""},
		{"-NOAUTH Authentication required.\r\n", ""},
		{"HTTP/1.1 400 Bad Request\r\n", "not a Redis"},
		{strings.Repeat("x", 1<<16), "not a Redis"},
		{"\r\n", "not a Redis"},
	} {
		p := canary.Path{Name: "redis", Addr: resptest.Listen(t, resptest.Answers(test.answer)).Addr()}
		c, err := p.Open(t.Context())
		if err == nil {
			c.Close()
		}
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("answer %.20q: Open gave %v, want %q", test.answer, err, test.want)
		}
	}
}

func TestWhatAnErrorIsMetAs(t *testing.T) {
	for _, row := range []struct {
		err  error
		want string
	}{
		{nil, "reply"},
		{fmt.Errorf("read: %w", io.EOF), "eof"},
		{syscall.ECONNRESET, "reset"},
		{syscall.EPIPE, "reset"},
		{syscall.ECONNREFUSED, "refused"},
		{os.ErrDeadlineExceeded, "silence"},
		{resp.Answered("LOADING Redis is loading"), "LOADING"},
		{resp.Answered("ERR max number of clients reached"), "ERR max number of clients reached"},
		{errors.New("no route to host"), "error"},
	} {
		if m := canary.Met(row.err, time.Now()); m.Met != row.want || (m.Detail == "") != (row.want != "error") {
			t.Errorf("%v is met as %v, want %s", row.err, m, row.want)
		}
	}
}
