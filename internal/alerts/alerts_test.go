package alerts_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trektribe/bench/internal/alerts"
	"github.com/trektribe/bench/internal/history"
)

// said is GET /api/v1/rules of Prometheus 2.42 with one rule, in a state.
func said(state, health string) string {
	active := ""
	if state != history.AlertInactive {
		active = `{"labels":{"alertname":"RedisDown"},"annotations":{},"state":"` + state + `","activeAt":"2026-01-02T03:04:05.5Z","value":"0e+00"}`
	}
	return `{"status":"success","data":{"groups":[{"name":"redis","file":"alerts.yml","rules":[{"state":"` + state + `","name":"RedisDown","query":"redis_up == 0","duration":5,
	"labels":{},"annotations":{},"alerts":[` + active + `],"health":"` + health + `","lastError":"no such function","evaluationTime":0.0003,"lastEvaluation":"2026-01-02T03:04:09Z","type":"alerting"},
	{"name":"job:up:sum","query":"sum(up)","health":"ok","type":"recording"}],"interval":1,"limit":0}]}}`
}

func TestTheRulesOfAPrometheusAreRead(t *testing.T) {
	since := time.Date(2026, 1, 2, 3, 4, 5, 5e8, time.UTC)
	for _, row := range []struct {
		name, body string
		status     int
		want       []alerts.Rule
		err        string
	}{
		{"quiet", said("inactive", "ok"), 200, []alerts.Rule{{Name: "RedisDown", State: "inactive"}}, ""},
		{"pending", said("pending", "ok"), 200, []alerts.Rule{{Name: "RedisDown", State: "pending", Since: since}}, ""},
		{"firing", said("firing", "ok"), 200, []alerts.Rule{{Name: "RedisDown", State: "firing", Since: since}}, ""},
		{"broken", said("inactive", "err"), 200, []alerts.Rule{{Name: "RedisDown", Why: "its rule is not evaluated: no such function"}}, ""},
		{"no rules", `{"status":"success","data":{"groups":[]}}`, 200, nil, ""},
		{"an error", `{"status":"error"}`, 503, nil, "status 503"},
		{"something else", `<html>`, 200, nil, "not as Prometheus answers"},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.String() != "/prometheus/api/v1/rules?type=alert" {
				t.Errorf("%s: asked %s", row.name, r.URL)
			}
			w.WriteHeader(row.status)
			fmt.Fprint(w, row.body)
		}))
		p, err := alerts.At(s.URL + "/prometheus/")
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Rules(t.Context())
		if (err == nil) != (row.err == "") || err != nil && !strings.Contains(err.Error(), row.err) || !slices.Equal(got, row.want) {
			t.Errorf("%s: %+v, %v, want %+v, %q", row.name, got, err, row.want, row.err)
		}
		s.Close()
	}
	for _, bad := range []string{"", "localhost:9090", "ftp://localhost", "http://"} {
		if _, err := alerts.At(bad); err == nil || !strings.Contains(err.Error(), "http://host:port") {
			t.Errorf("At(%q): %v", bad, err)
		}
	}
	p, _ := alerts.At("http://me:secret@127.0.0.1:1")
	if _, err := p.Rules(t.Context()); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("nobody listens: %v", err)
	}
}

// script answers each question with the next of its states; empty: it ends the connection.
type script struct{ states []string }

func (s *script) RoundTrip(*http.Request) (*http.Response, error) {
	state := s.states[0]
	if len(s.states) > 1 {
		s.states = s.states[1:]
	}
	if state == "" {
		return nil, fmt.Errorf("connection refused")
	}
	w := httptest.NewRecorder()
	fmt.Fprint(w, said(state, "ok"))
	return w.Result(), nil
}

func TestWhatChangesIsRecordedWithWhenItCanHaveChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := alerts.At("http://127.0.0.1:9090")
		alerts.Through(p, &script{states: []string{"", "inactive", "inactive", "pending", "", "firing", "inactive"}})
		clock := history.NewClock()
		ctx, stop := context.WithTimeout(t.Context(), 6500*time.Millisecond)
		defer stop()
		var got []string
		p.Follow(ctx, clock, "", func(e history.Event) {
			got = append(got, fmt.Sprintf("%s %s after %v by %v", e.Name, e.Detail, e.At, e.Until))
		})
		want := []string{
			" Prometheus did not answer: connection refused after 0s by 0s",
			"RedisDown inactive after 0s by 1s",
			"RedisDown pending after 2s by 3s",
			"RedisDown Prometheus did not answer: connection refused after 3s by 4s",
			"RedisDown firing after 4s by 5s",
			"RedisDown inactive after 5s by 6s",
			"RedisDown inactive after 6s by 6s",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}
