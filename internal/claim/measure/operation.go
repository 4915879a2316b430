package measure

import "github.com/trektribe/bench/internal/claim/operation"

// operationRows are the rows of that room.
func operationRows(rows []operation.Row) []Measure {
	var out []Measure
	for _, r := range rows {
		out = append(out, Measure{Signature: r.Signature, Unit: r.Unit, Doc: r.Doc, start: r.Start})
	}
	return out
}
