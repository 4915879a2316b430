package drill

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/reports"
	"github.com/trektribe/bench/scenarios"
)

// drilled is a drill of twice in which one prediction was hit and one was missed; the second ends early where cut is set.
func drilled(t *testing.T, hostile string) (*Plan, *After, *run.Saved) {
	t.Helper()
	s := parsed(t, twice)
	p := expecting(t, s, map[string][]string{"first": {"availability(all) >= 99%"}, "second": {"availability(all) >= 99%"}})
	p.Question, p.By, p.Told, p.Confirmed = "is it "+hostile+"?", hostile, []string{hostile}, Typed
	failing := func(at time.Duration) bool { return at >= 3500*ms && at < 3900*ms }
	a := &After{Schema: schema, Started: time.Unix(100, 0).UTC(), Target: "bench serve", Episodes: observe(p, s, "", played(failing, 4*time.Second), "")}
	p.Last = Ledger{}.LastOf("bench serve", Episodes([]*scenarios.Scenario{s}))
	return p, a, &run.Saved{Name: "twice", Started: a.Started, Target: a.Target, Scenarios: []*scenarios.Scenario{s}}
}

func TestTheReportAnswersWhoWasNotThere(t *testing.T) {
	p, a, saved := drilled(t, "lost")
	d := document(p, a, saved, reports.Run{Plans: []reports.Plan{{Command: "bench run --seed 7 twice"}}})
	page, err := d.html()
	if err != nil {
		t.Fatal(err)
	}
	text := string(d.markdown())
	for _, want := range []string{
		"2 of 2 faults begun, 2 proved · predictions: 1 hit, 1 missed, 0 not observable", "Confirmed by lost", "Told before: lost", "86.7 % | MISS", "100 % | HIT", "40 × status 500",
		"steady (100 %)", "refused on redis | never", "Leftovers: none. 2 faults were switched on, and 2 lifted", "bench drill --yes --seed 7 twice",
		"Is the service wrong, or what we believe of it?", "| owner | due |", "Nothing: every fault was begun", "detected by /health | \\+46 ms", "not known: no Prometheus was named",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("drill.md does not say %q:\n%s", want, text)
		}
	}
	if !bytes.Contains(page, []byte(`class="MISS"`)) || bytes.Count(page, []byte("<svg")) != 2 || bytes.Contains(page, []byte("<script")) {
		t.Errorf("the page has not both pictures and the miss, or has a script")
	}
	for _, score := range []string{"score", "Score"} {
		if strings.Contains(text, score) {
			t.Errorf("drill.md gives a %s", score)
		}
	}
}

func TestAKilledOrHaltedDrillSaysSo(t *testing.T) {
	p, a, saved := drilled(t, "lost")
	p.Ended = nil
	a.Episodes[1].Off = 0
	if text := string(document(p, a, saved, reports.Run{}).markdown()); !strings.Contains(text, "Bench was killed before the end") || !strings.Contains(text, "the end of 1 is not recorded") {
		t.Errorf("of a killed drill:\n%s", text)
	}
	p.Ended = &Ended{Halted: "bench halt", Back: 1.2}
	a.Episodes[1].Off = 1
	if text := string(document(p, a, saved, reports.Run{}).markdown()); !strings.Contains(text, "HALTED by bench halt") || !strings.Contains(text, "gone 1.2 s later") {
		t.Errorf("of a halted drill:\n%s", text)
	}
	p.Ended = &Ended{Wrong: "the proxy could not be closed"}
	if text := string(document(p, a, saved, reports.Run{}).markdown()); !strings.Contains(text, "look after it") {
		t.Errorf("of one that went wrong:\n%s", text)
	}
}

// What a person or a service wrote is text, whatever it looks like.
func TestPagesShowHostileTextAsText(t *testing.T) {
	p, a, saved := drilled(t, `<script>alert(1)</script> | *x*`)
	d := document(p, a, saved, reports.Run{})
	page, err := d.html()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(page, []byte("<script>")) || strings.Contains(string(d.markdown()), "<script>") {
		t.Error("it is markup")
	}
}

func TestTheLedgerTellsWhatWasRehearsedAndWhatNever(t *testing.T) {
	out := t.TempDir()
	p, a, _ := drilled(t, "lost")
	now := time.Unix(100, 0).Add(72 * time.Hour)
	for i, name := range []string{"20260101T000000Z-a", "20260102T000000Z-a", "20260103T000000Z-unproved", "20260104T000000Z-killed", "20260105T000000Z-no-drill"} {
		dir := filepath.Join(out, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if i == 4 {
			continue
		}
		if err := p.Save(dir); err != nil {
			t.Fatal(err)
		}
		one := *a
		one.Started = a.Started.Add(time.Duration(i) * 24 * time.Hour)
		one.Episodes = append([]Episode(nil), a.Episodes...)
		if i == 2 { // it was not proved: nothing was rehearsed
			one.Episodes[0].Proved, one.Episodes[1].Proved = false, false
		}
		if i == 3 {
			continue
		}
		if err := save(filepath.Join(dir, AfterName), &one); err != nil {
			t.Fatal(err)
		}
	}
	l, err := ReadLedger(out)
	if err != nil || len(l.Drills) != 3 || len(l.Warnings) != 1 || !strings.Contains(l.Warnings[0], "bench judge") {
		t.Fatalf("%d drills, %v, %v", len(l.Drills), l.Warnings, err)
	}
	if r := l.Last("bench serve", "refused on redis"); r.Run != "20260102T000000Z-a" {
		t.Errorf("%+v", r)
	}
	if r := l.Last("another", "refused on redis"); !r.At.IsZero() {
		t.Errorf("of another service: %+v", r)
	}
	var text bytes.Buffer
	if err := l.Text(&text, now); err != nil {
		t.Fatal(err)
	}
	flat := strings.Join(strings.Fields(text.String()), " ")
	for _, want := range []string{"bench serve rehearsed", "refused on redis 1970-01-02 2 days 2 46 ms → 46 ms", "1 hit, 1 miss", "never rehearsed: latency on redis", "killed on instance"} {
		if !strings.Contains(flat, want) {
			t.Errorf("the ledger does not say %q:\n%s", want, text.String())
		}
	}
	if strings.Contains(flat[strings.Index(flat, "never rehearsed"):], "refused on redis") {
		t.Errorf("what was rehearsed is never rehearsed:\n%s", text.String())
	}
	text.Reset()
	l, err = ReadLedger(filepath.Join(out, "nowhere"))
	if err := l.Text(&text, now); err != nil || !strings.Contains(text.String(), "nothing was rehearsed") {
		t.Errorf("%v\n%s", err, text.String())
	}
	if err != nil {
		t.Error(err)
	}
}
