package lab_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab"
)

func TestOpenRefusesToxiproxies(t *testing.T) {
	s := foreignRedis(t, "redis", "mongo", "far")
	s.Toxic("mongo", "foo", "latency", "downstream")
	s.Do("POST", "/proxies/far", map[string]any{"listen": "127.0.0.1:0", "upstream": "127.0.0.1:1"})
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"redis":{"name":"redis","listen":"192.0.2.1:6380","upstream":"redis:6379","enabled":true,"toxics":[]}}`)
	}))
	t.Cleanup(elsewhere.Close)
	for _, row := range []struct {
		name   string
		change func(*lab.Spec)
		want   string
	}{
		{"no service that runs", func(s *lab.Spec) { *s = spec(t); s.Toxiproxy = []string{"http://127.0.0.1:8474"} }, "--target-url"},
		{"no URL", func(s *lab.Spec) { s.Toxiproxy = []string{"localhost:8474"} }, "http://host:8474/PROXY"},
		{"elsewhere", func(s *lab.Spec) { s.Toxiproxy = []string{"http://192.0.2.1:8474"} }, "--allow-host 192.0.2.1"},
		{"too few", func(s *lab.Spec) {
			s.URLs = append(s.URLs, s.URLs[0], s.URLs[0])
			s.Toxiproxy = []string{"http://127.0.0.1:1/a", "http://127.0.0.1:1/b"}
		}, "2 proxies for 3 instances"},
		{"one for two", func(s *lab.Spec) {
			s.URLs = append(s.URLs, s.URLs[0])
			s.Toxiproxy = []string{"http://127.0.0.1:1/a", "http://127.0.0.1:1/a"}
		}, "named twice"},
		{"which of them", func(sp *lab.Spec) { sp.Toxiproxy = []string{s.URL} }, "far, mongo, redis"},
		{"somebody's toxics", func(sp *lab.Spec) { sp.Toxiproxy = []string{s.URL + "/mongo"} }, "foo (latency, downstream): they are not ours"},
		{"no Redis behind it", func(sp *lab.Spec) { sp.Toxiproxy = []string{s.URL + "/far"} }, "is a Redis at 127.0.0.1:1?"},
		{"a proxy elsewhere", func(sp *lab.Spec) { sp.Toxiproxy = []string{elsewhere.URL} }, "--allow-host 192.0.2.1"},
		{"no toxiproxy", func(sp *lab.Spec) { sp.Toxiproxy = []string{s.service} }, "is this a toxiproxy?"},
	} {
		t.Run(row.name, func(t *testing.T) {
			sp := s.spec()
			row.change(&sp)
			_, err := lab.Open(t.Context(), sp)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("Open: %v, want an error with %q", err, row.want)
			}
		})
	}
	if got := s.State("mongo"); got != "enabled foo" {
		t.Errorf("somebody's proxy is %s, want it untouched", got)
	}
}

// Before anything starts it is known what can be done, and what can is said.
func TestWhatCanBeDoneThroughAToxiproxy(t *testing.T) {
	urls := []string{"http://127.0.0.1:1", "http://127.0.0.1:2"}
	ask := func(toxiproxy []string, kind, on string, instances ...string) error {
		return lab.Spec{URLs: urls, Toxiproxy: toxiproxy}.CanDo(lab.Action{Fault: fault.Fault{Kind: kind, On: on, Instances: instances}})
	}
	one, two := []string{"http://127.0.0.1:8474"}, []string{"http://127.0.0.1:8474/a", "http://127.0.0.1:8474/b"}
	for _, row := range []struct {
		name string
		err  error
		want []string
	}{
		{"a blackhole", ask(one, "blackhole", "redis"), nil},
		{"of all by name", ask(one, "blackhole", "redis", "1", "2"), nil},
		{"of one", ask(one, "blackhole", "redis", "1"), []string{"instance 1 alone", "--toxiproxy"}},
		{"of one that has its own", ask(two, "blackhole", "redis", "1"), nil},
		{"no toxiproxy", ask(nil, "blackhole", "redis"), []string{"--target-cmd", "--toxiproxy"}},
		{"a kind that it cannot", ask(one, "hang", "redis"), []string{"hang", "it can do: latency"}},
		{"an unknown kind", ask(one, "gremlins", "redis"), []string{`unknown fault "gremlins"`}},
		{"a process", ask(one, "killed", "redis"), []string{"killed on redis", "latency (delay, jitter)"}},
		{"an instance", ask(one, "killed", "instance"), []string{"--target-cmd", "blackhole"}},
	} {
		if (row.err == nil) != (row.want == nil) || slices.ContainsFunc(row.want, func(w string) bool { return !strings.Contains(row.err.Error(), w) }) {
			t.Errorf("%s: %v, want %q", row.name, row.err, row.want)
		}
	}
}
