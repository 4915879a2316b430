package reports

import (
	"io"
	"strconv"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/trektribe/bench/internal/claim"
)

// JUnit writes one test case for each claim and arm: its class is the scenario, its name the claim and the arm. A
// refuted claim is a failure, an undecided one an error of type "undecided": a skip would be shown as a success. A run
// that judged nothing, or was interrupted, has an error of its own. The error is w's.
func JUnit(w io.Writer, r Run) error {
	rs, arms := rows(r)
	all := junit.Testsuites{Name: xmlText(r.folder())}
	if r.Elapsed > 0 {
		all.Time = strconv.FormatFloat(r.Elapsed.Seconds(), 'f', 3, 64)
	}
	var suites []junit.Testsuite
	at := map[string]int{} // scenario → its suite
	suite := func(name string) *junit.Testsuite {
		if _, ok := at[name]; !ok {
			at[name] = len(suites)
			s := junit.Testsuite{Name: xmlText(name), ID: len(suites), Time: "0"}
			if !r.Started.IsZero() {
				s.SetTimestamp(r.Started.UTC())
			}
			suites = append(suites, s)
		}
		return &suites[at[name]]
	}
	for _, row := range rs {
		for _, a := range arms {
			if res := row.results[a]; res != nil {
				suite(row.scenario).AddTestcase(testcase(res))
			}
		}
	}
	whole := func(name, kind, message string) {
		suite("bench").AddTestcase(junit.Testcase{Name: name, Classname: "bench", Error: &junit.Result{Message: message, Type: kind}})
	}
	if len(rs) == 0 {
		whole("claims are judged", "undecided", "no claim was judged")
	}
	if r.Interrupted {
		whole("the run ends", "interrupted", "it was judged on what was seen until the interruption; incomplete rounds do not count")
	}
	for _, s := range suites {
		all.AddSuite(s)
	}
	return all.WriteXML(w)
}

func testcase(res *claim.Result) junit.Testcase {
	c := junit.Testcase{Name: xmlText(res.ID + " " + res.Arm), Classname: xmlText(res.Scenario)}
	if res.Verdict == claim.Holds {
		return c
	}
	what := figureOf(res).value
	if what == "" {
		what = "no data"
	}
	if b := signs.Replace(res.Bound); b != "" {
		what += ", promised " + b
	}
	out := &junit.Result{Message: xmlText(what), Data: join("\n", xmlText(res.Says), xmlText(sentence(res)))}
	if res.Verdict == claim.Refuted {
		out.Type = "refuted"
		c.Failure = out
	} else {
		out.Type = "undecided"
		c.Error = out
	}
	return c
}

// xmlText is s on one line, of characters that XML allows.
func xmlText(s string) string {
	return strings.NewReplacer("\ufffe", "\ufffd", "\uffff", "\ufffd").Replace(clean(s))
}
