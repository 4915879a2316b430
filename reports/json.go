package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/trektribe/bench/internal/claim"
)

// JSON writes results.json: an array, indented, in the order of results, ending
// in a newline. The numbers of a Result are finite, always: one that is not is an
// error that names the claim, and nothing is written. Else the error is w's.
func JSON(w io.Writer, results []claim.Result) error {
	if results == nil {
		results = []claim.Result{} // no results are [], not null
	}
	for _, r := range results {
		if _, err := json.Marshal(r); err != nil {
			return fmt.Errorf("write results: claim %s of %s, arm %s: %w", r.ID, r.Scenario, r.Arm, err)
		}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(results); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}

// ReadJSON reads what JSON wrote. Fields that this build does not know are ignored.
func ReadJSON(r io.Reader) ([]claim.Result, error) {
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
