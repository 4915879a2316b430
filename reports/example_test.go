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
	// trips.hit.latency  ≤ 6ms     holds      0.41 ms [0.39..0.44] n=1204
	// ops.aof            = 0       undecided  no data
	//     to settle: needs a real Redis (REDIS=server)
	//
	// 2 claims: 1 hold, 0 refuted, 1 undecided · 58 s
	// how to read: value [interval] n=samples. holds: the whole interval keeps the promise. REFUTED: the
	//   whole interval breaks it. undecided: neither, or the data does not count.
}
