// Package toxitest is somebody's toxiproxy for tests, in a process of its own: what its toxics
// leave running is no leak of ours, and it can die.
//
// A test binary that uses it calls Serve from its TestMain where its first argument is Arg.
package toxitest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// Arg is the first argument of a test binary that is to be a toxiproxy.
const Arg = "toxiproxy"

// Serve is a toxiproxy until stdin ends, which it does with the test, however that ends.
func Serve() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	zerolog.SetGlobalLevel(zerolog.Disabled)
	fmt.Println("http://" + l.Addr().String())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return http.Serve(l, toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()).Routes())
}

// A Server is a toxiproxy that runs.
type Server struct {
	URL     string
	t       testing.TB
	process *exec.Cmd
}

// Start starts one that ends with t.
func Start(t testing.TB) *Server {
	t.Helper()
	cmd := exec.Command(os.Args[0], Arg)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, process: cmd}
	t.Cleanup(func() {
		in.Close()
		s.Kill()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	s.URL = strings.TrimSpace(line)
	return s
}

// Kill ends it at once; again: nothing.
func (s *Server) Kill() {
	s.process.Process.Kill()
	s.process.Wait()
}

// Do makes a call of somebody else's, and gives the answer.
func (s *Server) Do(method, path string, body any) []byte {
	s.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	req, _ := http.NewRequest(method, s.URL+path, bytes.NewReader(b))
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		s.t.Fatalf("%s %s: %s %s %v", method, path, resp.Status, got, err)
	}
	return got
}

// Proxy makes a proxy before upstream.
func (s *Server) Proxy(name, upstream string) {
	s.t.Helper()
	s.Do("POST", "/proxies", map[string]any{"name": name, "listen": "127.0.0.1:0", "upstream": upstream})
}

// Toxic puts a toxic on a proxy.
func (s *Server) Toxic(proxy, name, kind, stream string) {
	s.t.Helper()
	s.Do("POST", "/proxies/"+proxy+"/toxics", map[string]any{"name": name, "type": kind, "stream": stream})
}

// Addr is where a proxy listens.
func (s *Server) Addr(proxy string) string {
	s.t.Helper()
	return s.proxy(proxy).Listen
}

// State is whether a proxy is enabled, and the names of its toxics: "enabled bar foo".
func (s *Server) State(proxy string) string {
	s.t.Helper()
	p := s.proxy(proxy)
	words := []string{"disabled"}
	if p.Enabled {
		words[0] = "enabled"
	}
	for _, t := range p.Toxics {
		words = append(words, t.Name)
	}
	slices.Sort(words[1:])
	return strings.Join(words, " ")
}

type proxyState struct {
	Listen  string
	Enabled bool
	Toxics  []struct{ Name string }
}

func (s *Server) proxy(name string) (p proxyState) {
	s.t.Helper()
	if err := json.Unmarshal(s.Do("GET", "/proxies/"+name, nil), &p); err != nil {
		s.t.Fatal(err)
	}
	return p
}
