package reports_test

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/reports"
)

// broken is a writer that fails.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestResultsJSON(t *testing.T) {
	var b bytes.Buffer
	if err := reports.ResultsJSON(&b, hostile()); err != nil {
		t.Fatal(err)
	}
	golden(t, "results.json", b.Bytes())
}

func TestResultsJSONNothing(t *testing.T) {
	for _, results := range [][]claim.Result{nil, {}} {
		var b bytes.Buffer
		if err := reports.ResultsJSON(&b, reports.Run{Results: results}); err != nil || b.String() != "[]\n" {
			t.Errorf("ResultsJSON(%#v) = %q, %v, want %q", results, b.String(), err, "[]\n")
		}
	}
}

func TestResultsJSONReturns(t *testing.T) {
	want := run().Results
	want[0].Measured, want[0].Lo, want[0].Hi = 1.0/3, -math.MaxFloat64, math.SmallestNonzeroFloat64
	var b bytes.Buffer
	if err := reports.ResultsJSON(&b, reports.Run{Results: want}); err != nil {
		t.Fatal(err)
	}
	first := b.String()
	got, err := reports.ReadResultsJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("ReadResultsJSON(ResultsJSON(x)) = %+v, want %+v", got, want)
	}
	var again bytes.Buffer
	if err := reports.ResultsJSON(&again, reports.Run{Results: got}); err != nil || again.String() != first {
		t.Errorf("the second writing differs (%v):\n%s\nwant:\n%s", err, again.String(), first)
	}
}

// A number that JSON cannot say is a mistake of whoever judged: it is named, and half a file is not left.
func TestResultsJSONRefusesInfinity(t *testing.T) {
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		results := run().Results
		results[3].Parts[0].Rounds[1] = x
		var b bytes.Buffer
		err := reports.ResultsJSON(&b, reports.Run{Results: results})
		if err == nil || !strings.Contains(err.Error(), "trips.speedup.50x") || b.Len() > 0 {
			t.Errorf("ResultsJSON with %v: error %v, %d bytes written; want the claim named and nothing written", x, err, b.Len())
		}
	}
}

func TestReadResultsJSONRefuses(t *testing.T) {
	for _, text := range []string{"", "{}", "[", `[{"id": 1}]`, "[] []", "[]x"} {
		if got, err := reports.ReadResultsJSON(strings.NewReader(text)); err == nil {
			t.Errorf("ReadResultsJSON(%q) = %v, want an error", text, got)
		}
	}
}
