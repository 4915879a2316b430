package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/trektribe/bench/internal/claim"
)

// ResultsJSON writes an array of claim.Result, in the order of r's. The numbers of a
// Result are always finite: any other is an error that names the claim, and no byte is
// written.
func ResultsJSON(w io.Writer, r Run) error {
	for _, res := range r.Results {
		if _, err := json.Marshal(res); err != nil {
			return fmt.Errorf("claim %s of %s, arm %s: %w", res.ID, res.Scenario, res.Arm, err)
		}
	}
	return writeArray(w, r.Results)
}

// CurvesJSON writes an array of curve.Curve, one for each curve and arm.
func CurvesJSON(w io.Writer, r Run) error { return writeArray(w, r.Curves) }

// RecoveryTimesJSON writes an array of recovery.Times, one for each stream and instance of
// each arm of each scenario with a fault.
func RecoveryTimesJSON(w io.Writer, r Run) error { return writeArray(w, r.RecoveryTimes) }

// PicturesJSON writes an array of picture.Picture, one line for each scenario and arm.
func PicturesJSON(w io.Writer, r Run) error {
	text := []byte("[")
	for i, p := range r.Pictures {
		line, err := json.Marshal(p)
		if err != nil {
			return fmt.Errorf("picture of %s, arm %s: %w", p.Scenario, p.Arm, err)
		}
		if text = append(text, '\n'); i > 0 {
			text = append(text[:len(text)-1], ',', '\n')
		}
		text = append(text, line...)
	}
	if len(r.Pictures) > 0 {
		text = append(text, '\n')
	}
	_, err := w.Write(append(text, ']', '\n'))
	return err
}

// writeArray writes an array, indented, with a newline at its end; an empty one is [], not null.
func writeArray[T any](w io.Writer, all []T) error {
	if all == nil {
		all = []T{}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(all)
}

// ReadResultsJSON reads what ResultsJSON wrote. Fields that this build does not know are ignored.
func ReadResultsJSON(r io.Reader) ([]claim.Result, error) {
	d := json.NewDecoder(r)
	var results []claim.Result
	if err := d.Decode(&results); err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read results: more text after the array: the file is damaged")
	}
	return results, nil
}
