package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// callWithin bounds each call to a toxiproxy's HTTP interface. One takes 0.1 ms; one that hangs does
// so because toxiproxy waits, with its lock held, for a client that reads no more.
const callWithin = 2 * time.Second

// An api is a toxiproxy's HTTP interface, at "http://host:port". Toxiproxy's own client is not used: its calls
// take no context, and wait for 30 s.
type api string

// client keeps no connection, follows no redirect and uses no proxy of the environment's.
var client = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       callWithin,
}

// answerBytes bounds how much of an answer is read.
const answerBytes = 1 << 20

// A shown is a proxy as toxiproxy shows it.
type shown struct {
	Name     string  `json:"name"`
	Listen   string  `json:"listen"`
	Upstream string  `json:"upstream"`
	Enabled  bool    `json:"enabled"`
	Toxics   []toxic `json:"toxics"`
}

// A toxic is one of toxiproxy's own toxics, as it is given and shown.
type toxic struct {
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	Stream     string         `json:"stream"` // "upstream": requests; "downstream": replies
	Toxicity   float64        `json:"toxicity"`
	Attributes map[string]any `json:"attributes"`
}

// same reports whether what is shown is what was given. Attributes that were not given do not count: versions differ in them.
func (t toxic) same(s toxic) bool {
	for k, v := range t.Attributes {
		if fmt.Sprint(v) != fmt.Sprint(s.Attributes[k]) {
			return false
		}
	}
	return t.Name == s.Name && t.Type == s.Type && t.Stream == s.Stream && t.Toxicity == s.Toxicity
}

// A status is an answer that is none of success.
type status struct {
	code int
	said string
}

func (s status) Error() string { return fmt.Sprintf("it answered %d %q", s.code, s.said) }

// missing reports whether toxiproxy says that what was asked for is not there.
func missing(err error) bool {
	var s status
	return errors.As(err, &s) && s.code == http.StatusNotFound
}

// call makes one call of 2 s at most. in is sent, out filled, where they are not nil.
func (a api) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, string(a)+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "bench") // toxiproxy refuses browsers
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, answerBytes))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, req.URL, err)
	}
	if resp.StatusCode/100 != 2 {
		said := struct {
			Error string `json:"error"`
		}{}
		if json.Unmarshal(b, &said) != nil || said.Error == "" {
			said.Error = fmt.Sprintf("%.80s", b)
		}
		return fmt.Errorf("%s %s: %w", method, req.URL, status{resp.StatusCode, said.Error})
	}
	if out == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(out); err != nil {
		return fmt.Errorf("%s %s: %w", method, req.URL, err)
	}
	return nil
}

func (a api) all(ctx context.Context) (map[string]shown, error) {
	var all map[string]shown
	return all, a.call(ctx, http.MethodGet, "/proxies", nil, &all)
}

func proxyPath(name string) string { return "/proxies/" + url.PathEscape(name) }

func (a api) show(ctx context.Context, name string) (shown, error) {
	var s shown
	return s, a.call(ctx, http.MethodGet, proxyPath(name), nil, &s)
}

func (a api) add(ctx context.Context, name string, t toxic) error {
	return a.call(ctx, http.MethodPost, proxyPath(name)+"/toxics", t, nil)
}

func (a api) remove(ctx context.Context, name, toxic string) error {
	return a.call(ctx, http.MethodDelete, proxyPath(name)+"/toxics/"+url.PathEscape(toxic), nil, nil)
}

// enable opens or closes the proxy's listener. A POST, which versions before 2.10 understand too.
func (a api) enable(ctx context.Context, name string, on bool) error {
	return a.call(ctx, http.MethodPost, proxyPath(name), map[string]bool{"enabled": on}, nil)
}

// list is toxics for people: "slow (latency, downstream), …".
func list(toxics []toxic) string {
	var out []string
	for _, t := range toxics {
		out = append(out, fmt.Sprintf("%s (%s, %s)", t.Name, t.Type, t.Stream))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
