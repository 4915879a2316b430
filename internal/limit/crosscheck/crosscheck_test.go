package crosscheck_test

import (
	"bytes"
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/limit"
	"github.com/trektribe/bench/internal/limit/crosscheck"
)

// reportedCounter draws windows of a counter that says what remains.
func reportedCounter(rnd *rand.Rand, windows, requests int, lie bool) (ds []limit.Decision) {
	for w := range windows {
		n := 0
		for i := range requests {
			at := time.Duration(2000*w + 10*i)
			d := limit.Decision{Client: "a", Sent: at - time.Duration(rnd.Intn(60)), Done: at + time.Duration(rnd.Intn(60)), Answer: limit.Refused}
			d.Header = limit.Header{Has: limit.HasRemaining | limit.HasReset, Reset: time.Duration(2000*w + 1000)}
			if n < 3 {
				n++
				d.Answer, d.Header.Remaining = limit.Allowed, 3-n
			}
			if lie && w == windows-1 && i == 2 {
				d.Header.Remaining = 1
			}
			ds = append(ds, d)
		}
	}
	return ds
}

func TestPorcupineAgreesOnReportedCounters(t *testing.T) {
	r := limit.Reading{Kind: limit.FixedFromFirst, Limit: 3, Window: 1000}
	rnd := rand.New(rand.NewSource(1))
	for range 50 {
		if c := crosscheck.Counters(reportedCounter(rnd, 4, 20, false), r, 10*time.Second); c.Windows != 4 || c.Legal != 4 || c.Refuted+c.Undecided+c.Disagree > 0 {
			t.Fatalf("%+v", c)
		}
		c := crosscheck.Counters(reportedCounter(rnd, 4, 20, true), r, 10*time.Second)
		if c.Legal != 3 || c.Refuted != 1 || c.Disagree > 0 || len(c.Requests) != 20 {
			t.Fatalf("%+v", c)
		}
		var page bytes.Buffer
		if drawn, err := c.Picture(&page); !drawn || err != nil || !bytes.Contains(page.Bytes(), []byte("allowed, 2 remain")) {
			t.Fatalf("%d bytes, %v", page.Len(), err)
		}
	}
}

// Without a reported reset there is one window, or nothing to check. Requests
// without an answer may have counted.
func TestCrossCheckTakesWhatIsReported(t *testing.T) {
	r := limit.Reading{Kind: limit.FixedFromFirst, Limit: 3, Window: 1000}
	ds := reportedCounter(rand.New(rand.NewSource(1)), 1, 9, false)
	for i := range ds {
		ds[i].Header.Has = limit.HasRemaining
	}
	if c := crosscheck.Counters(ds, r, time.Second); c.Windows != 1 || c.Legal != 1 {
		t.Errorf("%+v", c)
	}
	// The first one's answer is lost: the others say that it counted.
	ds[0].Answer, ds[0].Header = limit.Unanswered, limit.Header{}
	if c := crosscheck.Counters(ds, r, time.Second); c.Legal != 1 {
		t.Errorf("%+v", c)
	}
	if c := crosscheck.Counters(reportedCounter(rand.New(rand.NewSource(1)), 1, 3000, false), limit.Reading{Kind: limit.FixedFromFirst, Limit: 3, Window: time.Hour}, time.Second); c.Undecided != 1 {
		t.Errorf("%+v", c)
	}
	if c := crosscheck.Counters(ds, r, 0); c.Undecided != 1 {
		t.Errorf("%+v", c)
	}
	ds = append(ds, limit.Decision{Client: "a", Sent: 5000, Done: 5001, Answer: limit.Allowed})
	if c := crosscheck.Counters(ds, r, time.Second); c.Windows != 0 {
		t.Errorf("%+v", c)
	}
}

// The same errors are found, where both look at one window.
func TestPorcupineAgreesWithJudge(t *testing.T) {
	rnd := rand.New(rand.NewSource(2))
	r := limit.Reading{Kind: limit.FixedFromFirst, Limit: 3, Window: 1000}
	for range 2000 {
		var ds []limit.Decision
		for range 2 + rnd.Intn(8) {
			sent := time.Duration(rnd.Intn(40))
			ds = append(ds, limit.Decision{Client: "a", Sent: sent, Done: sent + time.Duration(rnd.Intn(20)), Answer: limit.Answer(1 + rnd.Intn(2))})
		}
		ds[0].Header = limit.Header{Has: limit.HasRemaining} // so that it is looked at
		ds[0].Answer = limit.Refused
		rep, err := limit.Judge(ds, r, limit.Context{})
		if err != nil {
			t.Fatal(err)
		}
		c := crosscheck.Counters(ds, r, time.Minute)
		if broken := rep.Kept.Errors+rep.Granted.Errors > 0; broken != (c.Refuted > 0) || c.Legal+c.Refuted != 1 {
			t.Errorf("%+v, kept %d, granted %d: %v", c, rep.Kept.Errors, rep.Granted.Errors, ds)
		}
	}
}

// Both say that one of two remains: no counter counts like that.
func ExampleCounters() {
	r := limit.Reading{Kind: limit.FixedFromFirst, Limit: 2, Window: time.Minute}
	remain := func(sent time.Duration, n int) limit.Decision {
		return limit.Decision{Client: "a", Sent: sent, Done: sent + 1, Answer: limit.Allowed, Header: limit.Header{Has: limit.HasRemaining, Remaining: n}}
	}
	c := crosscheck.Counters([]limit.Decision{remain(0, 1), remain(10, 1)}, r, time.Second)
	fmt.Println(c.Windows, "window,", c.Refuted, "refuted:", c.Requests)
	// Output:
	// 1 window, 1 refuted: [0 1]
}
