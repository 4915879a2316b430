// Nousers is a sound service of trips. It has no users, and caches in memory where REDIS_URL is absent.
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

const wait = 100 * time.Millisecond

// pool holds connections to Redis that nobody uses just now.
var pool = make(chan net.Conn, 64)

func dial(at *url.URL) (net.Conn, error) {
	c, err := net.DialTimeout("tcp", at.Host, wait)
	if err != nil {
		return nil, err
	}
	if password, ok := at.User.Password(); ok {
		if _, err := exchange(c, "AUTH", password); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func exchange(c net.Conn, args ...string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	c.SetDeadline(time.Now().Add(wait))
	if _, err := io.WriteString(c, b.String()); err != nil {
		return "", err
	}
	r := bufio.NewReader(c)
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimSpace(line)
	switch {
	case line[0] == '-':
		return "", errors.New(line)
	case line[0] != '$' || line == "$-1":
		return "", nil
	}
	size, _ := strconv.Atoi(line[1:])
	body := make([]byte, size+2)
	_, err = io.ReadFull(r, body)
	return string(body[:size]), err
}

// ask is the reply; empty: there is none, for whatever reason.
func ask(at *url.URL, args ...string) string {
	for range 2 { // a connection from the pool may be dead
		var c net.Conn
		var err error
		select {
		case c = <-pool:
		default:
			if c, err = dial(at); err != nil {
				return ""
			}
		}
		reply, err := exchange(c, args...)
		if err == nil {
			select {
			case pool <- c:
			default:
				c.Close()
			}
			return reply
		}
		c.Close()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return ""
		}
	}
	return ""
}

var memory sync.Map

func main() {
	at, _ := url.Parse(os.Getenv("REDIS_URL"))
	get := func(key string) string { return ask(at, "GET", key) }
	set := func(key, value string) { ask(at, "SET", key, value, "EX", "2") }
	if at.Host == "" {
		get = func(key string) string { v, _ := memory.Load(key); s, _ := v.(string); return s }
		set = func(key, value string) { memory.Store(key, value) }
	}
	serve := func(member string, load func(r *http.Request) any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			value, source := get(r.URL.Path), "cache"
			if value == "" {
				time.Sleep(10 * time.Millisecond)
				b, _ := json.Marshal(load(r))
				value, source = string(b), "database"
				set(r.URL.Path, value)
			}
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{%q:%s,"source":%q}`, member, value, source)
		}
	}
	type trip struct {
		ID      string `json:"id"`
		Version int    `json:"version"`
	}
	http.HandleFunc("GET /health", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"status":"ok"}`) })
	http.HandleFunc("GET /api/trips", serve("trips", func(*http.Request) any { return []trip{{"1", 1}, {"2", 1}, {"3", 1}} }))
	http.HandleFunc("GET /api/trips/{id}", serve("trip", func(r *http.Request) any { return trip{r.PathValue("id"), 1} }))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
