package limit_test

import (
	"fmt"
	"time"

	"github.com/trektribe/bench/internal/limit"
)

// One window of three in a minute: a fourth gets in while the third is under way.
func ExampleJudge() {
	at := func(sent, done int, a limit.Answer) limit.Decision {
		return limit.Decision{Client: "192.0.2.1", Sent: time.Duration(sent) * time.Millisecond, Done: time.Duration(done) * time.Millisecond, Answer: a}
	}
	decisions := []limit.Decision{
		at(0, 5, limit.Allowed), at(10, 15, limit.Allowed),
		at(20, 26, limit.Allowed), at(21, 27, limit.Allowed),
		at(30, 35, limit.Refused),
	}
	r, err := limit.Parse("fixed-from-first", 3, time.Minute)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := limit.Judge(decisions, r, limit.Context{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("kept:", report.Kept.Verdict, report.Kept.Errors, "granted:", report.Granted.Verdict)
	for _, d := range report.Diagnosis {
		fmt.Println(d.Codes, d.Witness.Requests)
	}
	// Output:
	// kept: broken 1 granted: holds
	// [off-by-one leaks-under-concurrency] [0 1 2 3]
}

// Nobody was refused, and nobody was at the limit: that proves nothing.
func ExampleSide() {
	r := limit.Reading{Kind: limit.FixedClock, Limit: 100, Window: time.Minute}
	report, err := limit.Judge([]limit.Decision{{Client: "a", Done: time.Millisecond, Answer: limit.Allowed}}, r, limit.Context{})
	fmt.Println(report.Kept.Verdict, report.Kept.Why, err)
	// Output:
	// untested nobody-refused <nil>
}
