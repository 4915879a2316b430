package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// redis answers every command with the line, and says where.
func redis(t *testing.T, line string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for r := bufio.NewReader(c); ; {
					text, err := r.ReadString('\n')
					if err != nil {
						return
					}
					if strings.HasPrefix(text, "*") { // one answer for each command
						io.WriteString(c, line+"\r\n")
					}
				}
			}()
		}
	}()
	return "redis://" + l.Addr().String()
}

func TestOnlyPongAndOKAreHealth(t *testing.T) {
	web := func(status int) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(s.Close)
		return s.URL
	}
	for _, row := range []struct{ at, want string }{
		{redis(t, "+PONG"), ""},
		{redis(t, "+OK"), "not PONG"},
		{redis(t, "-LOADING Redis is loading the dataset in memory"), "LOADING"},
		{redis(t, "-NOAUTH Authentication required."), "NOAUTH"},
		{strings.Replace(redis(t, "-WRONGPASS invalid username-password pair"), "//", "//:secret@", 1), "WRONGPASS"},
		{"redis://127.0.0.1:1", "refused"},
		{web(200), ""},
		{web(503), "503"},
		{"", "want redis:// or http://"},
	} {
		err := check(t.Context(), row.at)
		if (err == nil) != (row.want == "") || err != nil && (!strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%s: %v, want %q", row.at, err, row.want)
		}
	}
}
