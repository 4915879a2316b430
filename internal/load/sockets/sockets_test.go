package sockets_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/trektribe/bench/internal/load/sockets"
)

// world is a service whose sockets end up in a channel, over TLS or without, and a dialer to it.
func world(t *testing.T, secure bool) (string, *sockets.Dialer, <-chan *websocket.Conn) {
	accepted := make(chan *websocket.Conn, 1)
	service := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := websocket.Accept(w, r, nil); err == nil {
			accepted <- c
		}
	}))
	if secure {
		service.StartTLS()
	} else {
		service.Start()
	}
	t.Cleanup(service.Close)
	transport := &http.Transport{DialContext: new(net.Dialer).DialContext}
	if secure {
		trusted := service.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		transport.TLSClientConfig = &tls.Config{RootCAs: trusted}
	}
	return service.URL, sockets.NewDialer(transport), accepted
}

// seen is how the service sees the end of a socket within a time.
func seen(t *testing.T, c *websocket.Conn, within time.Duration) error {
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	_, _, err := c.Read(ctx)
	return err
}

func TestAServiceSeesHowASocketEnds(t *testing.T) {
	for _, secure := range []bool{false, true} {
		open := func() (*sockets.Socket, *websocket.Conn) {
			url, dialer, accepted := world(t, secure)
			s, status, err := dialer.Open(t.Context(), url, nil)
			if err != nil || status != http.StatusSwitchingProtocols {
				t.Fatalf("TLS %v: Open: %d, %v", secure, status, err)
			}
			c := <-accepted
			t.Cleanup(func() { c.CloseNow() })
			return s, c
		}
		s, c := open()
		go s.Leave(10 * time.Second)
		if err := seen(t, c, 10*time.Second); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
			t.Errorf("TLS %v: the service saw %v of a goodbye", secure, err)
		}

		s, c = open()
		s.Drop()
		if err := seen(t, c, 10*time.Second); sockets.Ended(err) != "reset" {
			t.Errorf("TLS %v: the service saw %v of a drop", secure, err)
		}

		s, c = open()
		read := make(chan error, 1)
		go func() {
			_, err := s.Read(t.Context())
			read <- err
		}()
		rest := s.Vanish()
		if err := <-read; err == nil {
			t.Errorf("TLS %v: a socket that vanished was read", secure)
		}
		if err := c.Write(t.Context(), websocket.MessageText, []byte("hi")); err != nil {
			t.Errorf("TLS %v: the service could not write to a socket that vanished: %v", secure, err)
		}
		if err := seen(t, c, 100*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("TLS %v: the service saw %v of a socket that vanished", secure, err)
		}
		if err := rest.Close(); err != nil {
			t.Errorf("TLS %v: close the rest: %v", secure, err)
		}
	}
}

func TestHowASocketEnded(t *testing.T) {
	for _, tt := range []struct {
		want string
		end  func(c *websocket.Conn)
	}{
		{"closed 1001", func(c *websocket.Conn) { c.Close(websocket.StatusGoingAway, "") }},
		{"closed 4000", func(c *websocket.Conn) { c.Close(4000, "why") }},
		{"eof", func(c *websocket.Conn) { c.CloseNow() }},
		{"wrong message: longer than 64 KiB", func(c *websocket.Conn) {
			c.Write(context.Background(), websocket.MessageText, make([]byte, sockets.MostMessage+1))
			c.CloseNow()
		}},
	} {
		url, dialer, accepted := world(t, false)
		s, _, err := dialer.Open(t.Context(), url, nil)
		if err != nil {
			t.Fatal(err)
		}
		c := <-accepted
		go tt.end(c)
		_, err = s.Read(t.Context())
		if got := sockets.Ended(err); got != tt.want {
			t.Errorf("ended %q (%v), want %q", got, err, tt.want)
		}
	}
	if got := sockets.Ended(errors.New("something")); got != "broken" {
		t.Errorf("ended %q, want broken", got)
	}
}

// A message of the greatest length is read.
func TestTheLongestMessage(t *testing.T) {
	url, dialer, accepted := world(t, false)
	s, _, err := dialer.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := <-accepted
	defer c.CloseNow()
	go c.Write(t.Context(), websocket.MessageText, make([]byte, sockets.MostMessage))
	if text, err := s.Read(t.Context()); err != nil || len(text) != sockets.MostMessage {
		t.Errorf("read %d bytes, %v; want %d", len(text), err, sockets.MostMessage)
	}
	s.Drop()
}
