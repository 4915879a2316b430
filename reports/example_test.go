package reports_test

import (
	"fmt"
	"os"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/reports"
)

func ExampleTable() {
	err := reports.Table(os.Stdout, reports.Run{
		Elapsed: 58 * time.Second,
		Results: []claim.Result{
			{ID: "trips.hit.latency", Arm: "hardened", Verdict: claim.Holds, Measured: 0.00041, Lo: 0.00039, Hi: 0.00044, N: 1204, Unit: "s", Bound: "<= 6ms"},
			{ID: "ops.aof", Arm: "hardened", Bound: "== 0", Remedy: "needs a real Redis (REDIS=server)"},
		},
	}, reports.Style{})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// claim              promised  hardened
	// trips.hit.latency  ≤ 6ms     holds      0.41 ms
	// ops.aof            = 0       undecided  no data
	//
	// undecided
	//   ops.aof: to settle: needs a real Redis (REDIS=server)
	//
	// how to read: holds and REFUTED: the whole interval keeps or breaks the promise. undecided:
	//   neither, or the data does not count.
	// Intervals: --wide. Each claim with its evidence: report.md.
	//
	// 2 claims: 1 hold, 0 refuted, 1 undecided · 58 s
}
