package drill

import (
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// Each prediction is held against its own fault: what the other one did is not in it.
func TestAPredictionIsHeldAgainstItsOwnFaultAlone(t *testing.T) {
	s := parsed(t, twice)
	p := expecting(t, s, map[string][]string{
		"first":  {"availability(all) >= 99%", "max(time_to_detect(redis)) <= 100ms"},
		"second": {"availability(all) >= 99%", "max(time_to_detect(redis)) <= 100ms", "max(time_to_detect(redis)) <= 10ms", "availability(trips[phase=second, instance=2]) >= 99%"},
	})
	failing := func(at time.Duration) bool { return at >= 3500*ms && at < 3900*ms }
	got := observe(p, s, "", played(failing, 4*time.Second), "")
	if want := "first hit, first hit, second miss, second hit, second miss, second not observable"; outcomes(got) != want {
		t.Errorf("%s, want %s\n%+v", outcomes(got), want, got)
	}
	if o := got[1].Predictions[2]; o.Was != "46 ms" {
		t.Errorf("detected after %q, want 46 ms", o.Was)
	}
	for i, e := range got {
		if !e.Begun || !e.Whole || !e.Proved || e.On != 1 || e.Off != 1 {
			t.Errorf("episode %d: %+v", i, e)
		}
		if e.Before.Is != IsSteady || e.After.Is != IsSteady {
			t.Errorf("episode %d: steady before %+v, after %+v", i, e.Before, e.After)
		}
		if m := moment(t, e, "detected by /health"); !m.Known || m.Lo < 0.045 || m.Lo > 0.047 {
			t.Errorf("detected %+v", m)
		}
		if m := moment(t, e, "planned"); m.Lo != -0.005 {
			t.Errorf("planned %+v, want 5 ms before", m)
		}
	}
	if l := got[1].Lost; len(l) != 2 || l[0].When != "during" || l[0].Failed != 40 || l[0].Kinds != "40 × status 500" || l[1].Failed != 0 {
		t.Errorf("lost %+v", l)
	}
}

// What was not seen to its end is neither a hit nor a miss.
func TestAHaltedFaultTellsNothingOfItsPredictions(t *testing.T) {
	s := parsed(t, twice)
	p := expecting(t, s, map[string][]string{"first": {"availability(all) >= 99%"}, "second": {"availability(all) >= 99%"}})
	got := observe(p, s, "", played(never2, 3400*ms), "halted by bench halt")
	if want := "first hit, second not observable"; outcomes(got) != want {
		t.Errorf("%s, want %s", outcomes(got), want)
	}
	if e := got[1]; !e.Begun || e.Whole || e.Why != "halted by bench halt" || e.Predictions[0].Why != e.Why || e.Off != 1 {
		t.Errorf("%+v", e)
	}
	got = observe(p, s, "", played(never2, 2500*ms), "halted by bench halt")
	if e := got[1]; e.Begun || !strings.Contains(e.Predictions[0].Why, "not begun: halted by bench halt") {
		t.Errorf("%+v", e)
	}
	if e := got[0]; e.Whole { // what comes after it was not played to its end either
		t.Errorf("%+v", e)
	}
}

// A fault that no canary met proves nothing, and what the condition of the scenario ended is told with its words.
func TestAFaultThatDidNotArriveTellsNothing(t *testing.T) {
	s := parsed(t, twice)
	p := expecting(t, s, map[string][]string{"first": {"availability(all) >= 99%"}})
	h := played(never2, 4*time.Second)
	for i := range h.E {
		if h.E[i].Kind == history.Delivery && h.E[i].At < 2*time.Second {
			h.E[i].Value, h.E[i].Detail = 0, "an old connection met a reply"
		}
	}
	got := observe(p, s, "", h, "")
	if o := got[0].Predictions[0]; o.Is != Unseen || !strings.Contains(o.Why, "an old connection met a reply") || got[0].Proved || !got[1].Proved {
		t.Errorf("%+v", got[0])
	}
	h = played(never2, 3400*ms)
	h.E = append(h.E, history.Event{Kind: history.Stopped, Name: "abort", At: 3400 * ms, Detail: "aborted: availability(all) < 50%"})
	if e := observe(p, s, "", h, "")[1]; e.Why != "aborted: availability(all) < 50%" {
		t.Errorf("%+v", e)
	}
}

func TestAServiceThatIsNotSteadyAgainIsTold(t *testing.T) {
	s := parsed(t, twice)
	p := expecting(t, s, nil)
	late := func(at time.Duration) bool { return at >= 4600*ms }
	got := observe(p, s, "", played(late, 4*time.Second), "")
	if got[0].After.Is != IsSteady || got[1].After.Is != NotSteady || got[1].Before.Is != IsSteady {
		t.Errorf("%+v\n%+v", got[0].After, got[1].After)
	}
}
