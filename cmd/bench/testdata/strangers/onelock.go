// Onelock has one connection to Redis for all, and one lock before it. With the argument "next" it takes whatever comes
// next on the connection for its reply, also after one that it did not wait for.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A client is one connection, made again when it breaks.
type client struct {
	at   *url.URL
	wait time.Duration
	keep bool // the connection, after a reply that did not come in time, and ask nothing for a while

	mu   sync.Mutex
	c    net.Conn
	r    *bufio.Reader
	rest time.Time // nothing is asked until then
}

func (c *client) do(args ...string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Now().Before(c.rest) {
		return "", errors.New("resting")
	}
	if c.c == nil {
		conn, err := net.DialTimeout("tcp", c.at.Host, c.wait)
		if err != nil {
			return "", err
		}
		c.c, c.r = conn, bufio.NewReader(conn)
		if password, ok := c.at.User.Password(); ok {
			if _, err := c.exchange("AUTH", password); err != nil {
				c.c = nil
				return "", err
			}
		}
	}
	reply, err := c.exchange(args...)
	switch late := errors.Is(err, os.ErrDeadlineExceeded); {
	case late && c.keep:
		c.rest = time.Now().Add(50 * time.Millisecond)
	case err != nil:
		c.c.Close()
		c.c = nil
	}
	return reply, err
}

func (c *client) exchange(args ...string) (string, error) {
	c.c.SetDeadline(time.Now().Add(c.wait))
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	if _, err := io.WriteString(c.c, b.String()); err != nil {
		return "", err
	}
	line, err := c.r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimSpace(line)
	if line[0] != '$' || line == "$-1" {
		return "", nil
	}
	size, _ := strconv.Atoi(line[1:])
	body := make([]byte, size+2)
	_, err = io.ReadFull(c.r, body)
	return string(body[:size]), err
}

func main() {
	at, err := url.Parse(os.Getenv("REDIS_URL"))
	if err != nil {
		log.Fatal(err)
	}
	redis := &client{at: at, wait: 300 * time.Millisecond}
	if len(os.Args) > 1 && os.Args[1] == "next" {
		redis.wait, redis.keep = 40*time.Millisecond, true
	}
	type trip struct {
		ID      string `json:"id"`
		Version int    `json:"version"`
	}
	serve := func(member string, load func(r *http.Request) any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			source := "cache"
			value, err := redis.do("GET", r.URL.Path)
			if value == "" {
				b, _ := json.Marshal(load(r))
				value, source = string(b), "database"
				if err == nil {
					redis.do("SET", r.URL.Path, value, "EX", "2")
				}
			}
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{%q:%s,"source":%q}`, member, value, source)
		}
	}
	http.HandleFunc("GET /health", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"status":"ok"}`) })
	http.HandleFunc("GET /api/trips", serve("trips", func(*http.Request) any { return []trip{{"1", 1}, {"2", 1}, {"3", 1}} }))
	http.HandleFunc("GET /api/trips/{id}", serve("trip", func(r *http.Request) any { return trip{r.PathValue("id"), 1} }))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
