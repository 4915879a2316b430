package limit_test

import (
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/limit"
)

// asked writes a history down: for each client a word of answers a second apart,
// a for allowed, r for refused, u for none, and a point for a second without.
func asked(words ...string) (ds []limit.Decision) {
	for i, word := range words {
		for s, answer := range word {
			at := time.Duration(s) * time.Second
			d := limit.Decision{Client: fmt.Sprint("c", i), Sent: at, Done: at}
			switch answer {
			case 'a':
				d.Answer = limit.Allowed
			case 'r':
				d.Answer = limit.Refused
			case '.':
				continue
			}
			ds = append(ds, d)
		}
	}
	return ds
}

var threeInFive = limit.Reading{Kind: limit.FixedFromFirst, Limit: 3, Window: 5 * time.Second}

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		history       []string
		kept, granted limit.Verdict
		why, whyNot   limit.Reason
		over, falsely int
	}{
		{nil, limit.Untested, limit.Untested, limit.NoAnswers, limit.NoAnswers, 0, 0},
		{[]string{"uuuuuu"}, limit.Untested, limit.Untested, limit.NoAnswers, limit.NoAnswers, 0, 0},
		{[]string{"aaa..aaa"}, limit.Untested, limit.Holds, limit.NobodyRefused, "", 0, 0},
		{[]string{"aaarraaarr"}, limit.Holds, limit.Holds, "", "", 0, 0},
		{[]string{"aaaaraa"}, limit.Broken, limit.Holds, "", "", 1, 0},
		{[]string{"aaaaaaaa"}, limit.Broken, limit.Holds, "", "", 2, 0},
		{[]string{"aarrraa"}, limit.Untested, limit.Broken, limit.NeverReached, "", 0, 3},
		{[]string{"aaarrrrr"}, limit.Holds, limit.Broken, "", "", 0, 3},
		{[]string{"aauraaarr"}, limit.Holds, limit.Holds, "", "", 0, 0}, // what got no answer may have counted
		{[]string{"aaarr", "r"}, limit.Holds, limit.Broken, "", "", 0, 1},
	} {
		rep := judged(t, asked(c.history...), threeInFive, limit.Context{})
		if rep.Kept.Verdict != c.kept || rep.Granted.Verdict != c.granted || rep.Kept.Why != c.why || rep.Granted.Why != c.whyNot ||
			rep.Kept.Errors != c.over || rep.Granted.Errors != c.falsely {
			t.Errorf("%v: kept %+v, granted %+v", c.history, rep.Kept, rep.Granted)
		}
	}
}

func TestWindowsAndClientsAreCounted(t *testing.T) {
	rep := judged(t, asked("aaarraaarraaar", "aaaar", "aa", "ar"), threeInFive, limit.Context{})
	if k := rep.Kept; k.TestedClients != 2 || k.TestedWindows != 4 || k.Clients != 1 {
		t.Errorf("kept %+v", k)
	}
	if g := rep.Granted; g.TestedClients != 4 || g.TestedWindows != 2 || g.Clients != 1 || g.Errors != 1 {
		t.Errorf("granted %+v", g)
	}
	if len(rep.Clients) != 2 || rep.Clients[0].Name != "c1" || rep.Clients[0].Over != 1 || rep.Clients[1].Falsely != 1 {
		t.Errorf("clients %+v", rep.Clients)
	}
	if len(rep.Windows) != 2 || rep.Windows[0].Admitted != 4 || rep.Windows[0].Over != 1 || rep.Windows[1].Falsely != 1 {
		t.Errorf("windows %+v", rep.Windows)
	}
	if rep.Trailing.Admitted != 4 || rep.Trailing.Client != "c1" {
		t.Errorf("trailing %+v", rep.Trailing)
	}
}

func TestOtherReadingsAreTold(t *testing.T) {
	// From the first request on this is right; on the clock the second window has five.
	rep := judged(t, asked("..a..aaaaa"), limit.Reading{Kind: limit.FixedFromFirst, Limit: 3, Window: 5 * time.Second}, limit.Context{})
	got := map[limit.Kind]limit.Other{}
	for _, o := range rep.Others {
		got[o.Reading.Kind] = o
	}
	if len(got) != 4 || rep.Kept.Errors+rep.Granted.Errors != 0 || got[limit.FixedClock].Over != 2 || got[limit.SlidingLog].Over != 2 {
		t.Errorf("%+v; others %+v", rep.Kept, rep.Others)
	}
}

func TestStretchOfAWindowThatNeverEnds(t *testing.T) {
	rep := judged(t, asked("a...a...a...rrrrrrrr"), threeInFive, limit.Context{})
	if s := rep.Stretch; s.Admitted != 3 || s.From != 0 || s.To != 19*time.Second || s.Refused != 8 {
		t.Errorf("%+v", s)
	}
}

// Clocks that are off by the slack make no errors, and those that are further off do.
func TestSlack(t *testing.T) {
	ds := asked("aaar.", "r")[:4]
	ds[3].Sent, ds[3].Done = 5*time.Second+3*time.Millisecond, 5*time.Second+3*time.Millisecond
	for slack, want := range map[time.Duration]int{0: 1, time.Millisecond: 1, 2 * time.Millisecond: 0} {
		r := threeInFive
		r.Slack = slack
		if rep := judged(t, ds, r, limit.Context{}); rep.Granted.Errors != want {
			t.Errorf("with a slack of %s there are %d false rejections, want %d", slack, rep.Granted.Errors, want)
		}
	}
}

func TestOrderOfInputDoesNotMatter(t *testing.T) {
	rnd := rand.New(rand.NewSource(5))
	p := plan{kind: limit.FixedFromFirst, clients: 3, requests: 80, gap: 60, flight: 60, instances: 2, leak: 5, deny: 7, lose: 9, window: 240}
	h := p.draw(rnd, limit.Reading{Kind: limit.FixedFromFirst, Limit: 3, Window: 240})
	r := limit.Reading{Kind: limit.FixedFromFirst, Limit: 3, Window: 240}
	first := judged(t, h.ds, r, limit.Context{})
	for range 5 {
		ds := slices.Clone(h.ds)
		rnd.Shuffle(len(ds), func(i, j int) { ds[i], ds[j] = ds[j], ds[i] })
		rep := judged(t, ds, r, limit.Context{})
		if !reflect.DeepEqual(rep.Clients, first.Clients) || rep.Kept != first.Kept || rep.Granted != first.Granted || !reflect.DeepEqual(rep.Others, first.Others) {
			t.Errorf("%+v %+v, before %+v %+v", rep.Kept, rep.Granted, first.Kept, first.Granted)
		}
		for i, d := range rep.Diagnosis {
			if !slices.Equal(d.Codes, first.Diagnosis[i].Codes) {
				t.Errorf("%v, before %v", d.Codes, first.Diagnosis[i].Codes)
			}
		}
	}
}

// What a witness shows proves an error by itself.
func TestWitnessesProve(t *testing.T) {
	rnd := rand.New(rand.NewSource(11))
	proved := 0
	for i := range 200 {
		kind := []limit.Kind{limit.FixedFromFirst, limit.FixedClock, limit.SlidingLog}[i%3]
		r := limit.Reading{Kind: kind, Limit: 1 + rnd.Intn(4), Epoch: time.Duration(rnd.Intn(100))}
		r.Window = time.Duration(80 * r.Limit)
		p := plan{kind: kind, clients: 2, requests: 40, gap: 80, flight: 30, instances: 1, leak: 4, deny: 7, window: r.Window}
		h := p.draw(rnd, r)
		for _, d := range judged(t, h.ds, r, limit.Context{}).Diagnosis {
			var shown []limit.Decision
			for _, i := range d.Witness.Requests {
				shown = append(shown, h.ds[i])
			}
			if len(shown) < d.Witness.Takes || !d.Kept && !d.Granted {
				continue
			}
			rep := judged(t, shown, r, limit.Context{})
			if d.Kept && rep.Kept.Errors == 0 || !d.Kept && rep.Granted.Errors == 0 {
				t.Errorf("%v: %+v proves nothing: %v", r, d.Witness, shown)
			}
			proved++
		}
	}
	if proved < 100 {
		t.Errorf("only %d witnesses are whole", proved)
	}
}

func TestWhatIsNoReadingIsRefused(t *testing.T) {
	for _, r := range []limit.Reading{
		{}, {Kind: limit.FixedClock, Limit: 1}, {Kind: limit.SlidingLog, Window: 1}, {Kind: limit.GCRA, Limit: 1, Window: 1},
		{Kind: limit.FixedClock, Limit: 1, Window: 1, Slack: -1}, {Kind: limit.GCRA + 1, Limit: 1, Window: 1}, {Kind: limit.FixedClock, Limit: -5, Window: 1},
	} {
		if _, err := limit.Judge(nil, r, limit.Context{}); err == nil {
			t.Errorf("%+v is taken", r)
		}
	}
	for _, d := range []limit.Decision{{Answer: limit.Allowed, Sent: 2, Done: 1}, {Answer: 7}, {Sent: 1 << 62}} {
		if _, err := limit.Judge([]limit.Decision{d}, threeInFive, limit.Context{}); err == nil {
			t.Errorf("%+v is taken", d)
		}
	}
}

func TestParse(t *testing.T) {
	for _, kind := range []string{"fixed-from-first", "fixed-clock", "sliding-log", "sliding-counter", "gcra(7)"} {
		r, err := limit.Parse(kind, 5, time.Minute)
		if err != nil || !strings.HasSuffix(r.String(), kind) {
			t.Errorf("%s: %v, %v", kind, r, err)
		}
	}
	for _, kind := range []string{"", "gcra", "gcra()", "gcra(0)", "gcra(2", "fixed-clock(2)", "sliding"} {
		if _, err := limit.Parse(kind, 5, time.Minute); err == nil {
			t.Errorf("%q is taken", kind)
		}
	}
}
