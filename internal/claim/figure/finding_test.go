package figure_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
)

func TestShortenKeepsTheBeginningAndTheEndInOrder(t *testing.T) {
	var ws []figure.Witness
	for i := range 25 {
		at := (i * 7) % 25 // each once, in disorder
		ws = append(ws, figure.Witness{At: time.Duration(at), Text: strconv.Itoa(at)})
	}
	before := slices.Clone(ws)
	var got []string
	for _, w := range figure.Shorten(ws) {
		got = append(got, w.Text)
	}
	if want := []string{"0", "1", "2", "3", "4", "20", "21", "22", "23", "24"}; !slices.Equal(got, want) {
		t.Errorf("Shorten = %v, want %v", got, want)
	}
	if !slices.Equal(ws, before) {
		t.Error("Shorten changed the witnesses that it was given")
	}
	if got := figure.Shorten(ws[:3]); len(got) != 3 {
		t.Errorf("Shorten of three left %d", len(got))
	}
}

// Findings survive arithmetic, each once.
func TestArithmeticKeepsFindings(t *testing.T) {
	of := func(code string, n int) figure.Value {
		return figure.Value{X: float64(n), Samples: 1, Findings: []figure.Finding{{Code: code, Count: n}}}
	}
	v := figure.Arithmetic('/', figure.Arithmetic('+', of("a", 2), of("b", 3)), of("a", 2))
	var codes []string
	for _, f := range v.Findings {
		codes = append(codes, f.Code)
	}
	if !slices.Equal(codes, []string{"a", "b"}) || figure.Errors(v.Findings) != 5 {
		t.Errorf("findings %v with %d errors, want a and b with 5", codes, figure.Errors(v.Findings))
	}
}
