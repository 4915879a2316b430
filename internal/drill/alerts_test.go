package drill

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/alerts"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/reports"
)

// told is what a Prometheus said of RedisDown: each state, and after when and by when it came to it. Since is of the pending one.
func told(h history.Slice, since time.Duration, states ...history.Event) history.Slice {
	for _, e := range states {
		e.Kind, e.Name = history.Alert, "RedisDown"
		if e.Detail == history.AlertPending {
			e.Planned = since
		}
		h.E = append(h.E, e)
	}
	return h
}

func state(s string, after, by time.Duration) history.Event {
	return history.Event{Detail: s, At: after, Until: by}
}

// Each fault has the alerts of its own time, and a prediction about them is decided only outside of what two questions leave open.
func TestAlertsAreToldBesideTheFaultThatTheyAreOf(t *testing.T) {
	s := parsed(t, twice)
	p := &Plan{Ended: &Ended{}, Prometheus: "http://127.0.0.1:9090", Alerts: []string{"RedisDown"}}
	for i, texts := range [][]string{
		{"time_to_fire(RedisDown) <= 1s", "time_to_fire(RedisDown) <= 300ms", "time_to_fire(RedisDown) <= 600ms", "time_to_resolve(RedisDown) <= 1s", "fired(RedisDown[phase=before]) == 0"},
		{"time_to_fire(RedisDown) <= 1s", "time_to_fire(RedisDown) <= 10s", "time_to_resolve(RedisDown) <= 1s"},
	} {
		for _, text := range texts {
			if err := p.Expect(At{s, s.Episodes()[i]}, text, "me", time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	h := told(played(never2, 4*time.Second), 1200*ms, state("inactive", 0, 100*ms), state("pending", 1100*ms, 1350*ms), state("firing", 1350*ms, 1800*ms), state("inactive", 2200*ms, 2500*ms), state("inactive", 4990*ms, 4990*ms))
	got := observe(p, s, "", h, "")
	if want := "first hit, first miss, first not observable, first hit, first hit, second miss, second not observable, second not observable"; outcomes(got) != want {
		t.Errorf("%s, want %s\n%+v", outcomes(got), want, got)
	}
	if o := got[0].Predictions[2]; !strings.Contains(o.Why, "570 ms ± 225 ms") {
		t.Errorf("within what is not known: %+v", o)
	}
	for name, want := range map[string]string{"alert RedisDown pending": "+195 ms", "alert RedisDown firing": "+345 ms to +795 ms", "alert RedisDown resolved": "+198 ms to +498 ms"} {
		if m := moment(t, got[0], name); m.text() != want {
			t.Errorf("%s: %s, want %s", name, m.text(), want)
		}
	}
	if m := moment(t, got[1], "alerts"); m.Why != "quiet: RedisDown" || !got[1].Unnoticed || got[0].Unnoticed {
		t.Errorf("of the second: %+v, %v, %v", m, got[0].Unnoticed, got[1].Unnoticed)
	}
	text := string(document(p, &After{Episodes: got}, &run.Saved{Alerts: p.Prometheus}, reports.Run{}).markdown())
	for _, want := range []string{"read once a second from http://127.0.0.1:9090", "alert RedisDown firing | \\+345 ms", "twice: second: no alert began to fire. Who would have noticed?"} {
		if !strings.Contains(text, want) {
			t.Errorf("drill.md does not say %q:\n%s", want, text)
		}
	}
}

func TestAnAlertThatWasThereBeforeOrIsNotKnownIsNoWorkOfTheFault(t *testing.T) {
	s := parsed(t, twice)
	for _, row := range []struct {
		name   string
		states []history.Event
		want   string
	}{
		{"firing", []history.Event{state("firing", 0, 100*ms), state("firing", 4990*ms, 4990*ms)}, "before the fault already: firing"},
		{"silent", []history.Event{state("Prometheus did not answer: refused", 0, 100*ms)}, "before the fault already: Prometheus did not answer: refused"},
		{"late", []history.Event{state("inactive", 1500*ms, 1600*ms)}, "before the fault already: not known: Prometheus was not asked before the fault"},
		{"lost", []history.Event{state("inactive", 0, 100*ms), state("no answer", 1100*ms, 1200*ms)}, "not known for a while: no answer"},
	} {
		got := observe(&Plan{Ended: &Ended{}}, s, "", told(played(never2, 4*time.Second), 0, row.states...), "")
		if m := moment(t, got[0], "alert RedisDown"); m.Known || m.Why != row.want {
			t.Errorf("%s: %+v, want %q", row.name, m, row.want)
		}
	}
	still := told(played(never2, 4*time.Second), 0, state("inactive", 0, 100*ms), state("firing", 3350*ms, 3800*ms), state("firing", 4990*ms, 4990*ms))
	if m := moment(t, observe(&Plan{Ended: &Ended{}}, s, "", still, "")[1], "alert RedisDown resolved"); !m.AtLeast || m.From != lifted || m.Hi < 0.9 {
		t.Errorf("that fires still: %+v", m)
	}
}

// Nothing begins with a prediction of an alert that nobody would tell of.
func TestAPredictionOfAnAlertNeedsItsPrometheus(t *testing.T) {
	s := parsed(t, twice)
	at := At{s, s.Episodes()[0]}
	expect := func(p *Plan, text string) string {
		if err := p.Expect(at, text, "me", time.Time{}); err != nil {
			return err.Error()
		}
		return ""
	}
	if why := expect(&Plan{}, "time_to_fire(RedisDown) <= 40s"); !strings.Contains(why, "--alerts http://host:port") {
		t.Errorf("without a Prometheus: %q", why)
	}
	empty := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if empty {
			fmt.Fprint(w, `{"data":{"groups":[]}}`)
			return
		}
		fmt.Fprint(w, `{"data":{"groups":[{"rules":[{"type":"alerting","name":"RedisDown","state":"inactive","health":"ok"}]}]}}`)
	}))
	from, err := alerts.At(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := &Plan{}
	if err := p.Read(t.Context(), from); err != nil {
		t.Fatal(err)
	}
	if why := expect(p, "time_to_fire(RedisDow) <= 40s"); !strings.Contains(why, "RedisDown") {
		t.Errorf("of another alert: %q", why)
	}
	if why := expect(p, "time_to_fire(RedisDown) <= 40s"); why != "" {
		t.Errorf("of its own: %q", why)
	}
	empty = true
	if err := (&Plan{}).Read(t.Context(), from); err == nil || !strings.Contains(err.Error(), "has no alert") {
		t.Errorf("without a rule: %v", err)
	}
	server.Close()
	if err := (&Plan{}).Read(t.Context(), from); err == nil || !strings.Contains(err.Error(), "does not tell its alerts") {
		t.Errorf("out of reach: %v", err)
	}
}
