package drill

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/scenarios"
)

func TestWhatCannotBeDrilledIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"name: calm\nphases: [{name: a, for: 1s}]\n":                                                                                     "scenario calm has no fault, so there is nothing to rehearse: bench run calm",
		"name: hasty\nphases: [{name: a, for: 1s, faults: [{kind: refused, on: redis}]}]\n":                                              "phase a begins with a fault, so no steady state is seen before it",
		"name: again\nphases: [{name: a, for: 1s}, {name: b, for: 1s, restart: true, faults: [{kind: refused, on: redis}]}]\n":           "phase b begins with a fault",
		"name: fine\nphases: [{name: a, for: 1s}, {name: b, for: 1s, faults: [{kind: refused, on: redis}]}]\n":                           "",
		"name: start\nphases: [{name: a, for: 1s, faults: [{kind: refused, on: redis, from: start, for: 500ms}]}, {name: b, for: 1s}]\n": "",
	} {
		s, err := scenarios.Parse("x.yaml", []byte(text+"traffic: [{name: t, call: GET /api/trips, rate: 10/s}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		before := *s
		all, err := Prepare([]*scenarios.Scenario{s}, true)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", s.Name, err, want)
		}
		if want == "" && (all[0].Steady == nil || all[0].Rounds.Max != 1) {
			t.Errorf("%+v", all[0])
		}
		if !reflect.DeepEqual(*s, before) {
			t.Errorf("%s was changed in place", s.Name)
		}
		if _, err := Prepare([]*scenarios.Scenario{s}, false); err == nil || !strings.Contains(err.Error(), "--toxiproxy") {
			t.Errorf("a service that cannot be hurt: %v", err)
		}
	}
}

func TestThePromptTakesWhatCanBeMeasuredAndOnlyYesBegins(t *testing.T) {
	s := parsed(t, twice)
	all := Episodes([]*scenarios.Scenario{s})
	for _, row := range []struct {
		typed string
		want  []string // predictions
		yes   bool
		err   string
	}{
		{"availability(all) >= 99%\navailability(all) >= 50%\nyes\n", []string{"availability(all) >= 99%", "availability(all) >= 50%"}, true, ""},
		{"availability(all) >= 99%\nno idea\n\navailability(all) >= 50%\nYes\n", []string{"availability(all) >= 99%", "availability(all) >= 50%"}, true, ""},
		{"availability(all) >= 99%\navailability(all) >= 50%\ny\n", []string{"availability(all) >= 99%", "availability(all) >= 50%"}, false, ""},
		{"availability(all) >= 99%\n", []string{"availability(all) >= 99%"}, false, "ended without an answer"},
	} {
		p := &Plan{By: "me"}
		var said bytes.Buffer
		a := NewAsker(strings.NewReader(row.typed), &said)
		err := a.Predictions(t.Context(), p, p.Lacking(all))
		yes := false
		if err == nil {
			yes, err = a.Confirm(t.Context())
		}
		var got []string
		for _, one := range p.Predictions {
			got = append(got, one.Text)
			if one.By != "me" || one.At.IsZero() {
				t.Errorf("%+v", one)
			}
		}
		if !reflect.DeepEqual(got, row.want) || yes != row.yes || (row.err == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), row.err) {
			t.Errorf("%q: %v, %v, %v; want %+v\n%s", row.typed, got, yes, err, row, said.String())
		}
		if strings.Contains(row.typed, "no idea") && !strings.Contains(said.String(), "column 1: no is no figure") {
			t.Errorf("nothing says what is wrong:\n%s", said.String())
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	r, w, err := os.Pipe() // nobody types
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	defer r.Close()
	if _, err := NewAsker(r, &bytes.Buffer{}).Confirm(ctx); err == nil {
		t.Error("Ctrl-C at the prompt is not heard")
	}
}

func TestThePlanSaysWhatAPersonMustKnow(t *testing.T) {
	s := parsed(t, strings.Replace(twice, "traffic:", "abort: availability(all) < 50%\ntraffic:", 1))
	p := expecting(t, s, map[string][]string{"first": {"availability(all) >= 99%"}})
	p.Told, p.HaltFiles, p.HaltURL = []string{"#ops"}, []string{"out/halt"}, "http://127.0.0.1:1/go"
	var out bytes.Buffer
	if err := p.Show(&out, []*scenarios.Scenario{s}, Target{Text: "bench serve", Arms: []string{"hardened"}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"twice: first", "refused on redis of every instance, in a phase of 1s", "about 5s, of it 2s with faults", "#ops", "availability(all) >= 99% over the last 500ms",
		"when availability(all) < 50%", "Ctrl-C", "bench halt", "out/halt", "http://127.0.0.1:1/go", "within 6s", "(me)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the plan does not say %q:\n%s", want, out.String())
		}
	}
}

func TestAPlanIsReadAsItWasSaved(t *testing.T) {
	dir := t.TempDir()
	if Is(dir) {
		t.Error("an empty folder is a drill")
	}
	s := parsed(t, twice)
	p := expecting(t, s, map[string][]string{"first": {"availability(all) >= 99%"}})
	p.Told, p.HaltFiles, p.Last = []string{"#ops"}, []string{"x"}, []Rehearsed{{Kind: "refused on redis", At: time.Unix(5, 0).UTC(), Run: "r"}}
	p.At, p.Ended = time.Unix(1, 0).UTC(), nil
	p.Predictions[0].At = p.Predictions[0].At.UTC()
	if err := p.Save(dir); err != nil {
		t.Fatal(err)
	}
	got, err := ReadPlan(dir)
	if err != nil || !Is(dir) || !reflect.DeepEqual(got, p) {
		t.Errorf("%+v, %v\nwant %+v", got, err, p)
	}
	if err := os.WriteFile(filepath.Join(dir, PlanName), []byte(`{"schema": 9}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPlan(dir); err == nil || !strings.Contains(err.Error(), "another build") {
		t.Errorf("%v", err)
	}
}
