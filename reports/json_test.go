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

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	if err := reports.JSON(&b, hostile().Results); err != nil {
		t.Fatal(err)
	}
	golden(t, "results.json", b.Bytes())
}

func TestJSONNothing(t *testing.T) {
	for _, results := range [][]claim.Result{nil, {}} {
		var b bytes.Buffer
		if err := reports.JSON(&b, results); err != nil || b.String() != "[]\n" {
			t.Errorf("JSON(%#v) = %q, %v, want %q", results, b.String(), err, "[]\n")
		}
	}
}

func TestJSONReturns(t *testing.T) {
	want := run().Results
	want[0].Measured, want[0].Lo, want[0].Hi = 1.0/3, -math.MaxFloat64, math.SmallestNonzeroFloat64
	var b bytes.Buffer
	if err := reports.JSON(&b, want); err != nil {
		t.Fatal(err)
	}
	first := b.String()
	got, err := reports.ReadJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("ReadJSON(JSON(x)) = %+v, want %+v", got, want)
	}
	var again bytes.Buffer
	if err := reports.JSON(&again, got); err != nil || again.String() != first {
		t.Errorf("the second writing differs (%v):\n%s\nwant:\n%s", err, again.String(), first)
	}
}

// A number that JSON cannot say is a mistake of whoever judged: it is named, and half a file is not left.
func TestJSONRefusesInfinity(t *testing.T) {
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		results := run().Results
		results[3].Parts[0].Rounds[1] = x
		var b bytes.Buffer
		err := reports.JSON(&b, results)
		if err == nil || !strings.Contains(err.Error(), "trips.speedup.50x") || b.Len() > 0 {
			t.Errorf("JSON with %v: error %v, %d bytes written; want the claim named and nothing written", x, err, b.Len())
		}
	}
}

func TestReadJSONRefuses(t *testing.T) {
	for _, text := range []string{"", "{}", "[", `[{"id": 1}]`, "[] []", "[]x"} {
		if got, err := reports.ReadJSON(strings.NewReader(text)); err == nil {
			t.Errorf("ReadJSON(%q) = %v, want an error", text, got)
		}
	}
}
