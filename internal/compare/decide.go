package compare

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/trektribe/bench/internal/stats"
)

// Suspects are the places of the figures whose difference is not chance at Screening, and may be beyond the effect.
func Suspects(figures []Figure, effect float64) []int {
	var out []int
	for i, f := range figures {
		if _, iv := screened(f, effect); iv {
			out = append(out, i)
		}
	}
	return out
}

// screened is the change at Screening, and whether it is suspicious.
func screened(f Figure, effect float64) (Change, bool) {
	c := Compare(f, Screening, effect)
	return c, c.Verdict != Same && len(f.A) >= FewestRounds && (c.Lo > 0 || c.Hi < 0)
}

// Confirm decides suspects on fresh rounds alone. All that it calls different is so by chance at most as often as
// Alarming says (Holm: the clearest has the smallest part of it, and the first that is not different ends it).
func Confirm(fresh []Figure, effect float64) []Change {
	out := make([]Change, len(fresh))
	order, chances := make([]int, len(fresh)), make([]float64, len(fresh))
	for i, f := range fresh {
		order[i], chances[i] = i, 1
		if len(f.A) >= FewestRounds {
			chances[i] = chance(f)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(chances[a], chances[b]) })
	ended := false
	for rank, i := range order {
		alpha := Alarming / float64(len(fresh)-rank)
		ended = ended || chances[i] > alpha
		if out[i] = Compare(fresh[i], alpha, effect); out[i].Verdict == Different && ended {
			out[i].Verdict = Undecided
		}
	}
	return out
}

// power is how often the smallest change that a comparison sees is seen: screened, and confirmed.
const power = 0.9

// Smallest is the smallest change of a figure, on its Scale, that is called different in nine of ten comparisons
// with as many rounds to screen, and to confirm it and others; +Inf: none is.
func Smallest(f Figure, screen, confirm, suspects int, effect float64) float64 {
	if len(f.A) < FewestRounds || screen < FewestRounds || confirm < FewestRounds {
		return math.Inf(1)
	}
	s := spreadOf(f)
	mean, iv := s.interval(Screening)
	sd := (iv.Hi - mean) / stats.StudentT(float64(len(f.A)-1), Screening) * math.Sqrt(float64(len(f.A)))
	above := func(rounds int, limit float64) float64 { // a change that is so often estimated above the limit
		return limit + stats.StudentT(float64(rounds-1), 2*(1-math.Sqrt(power)))*sd/math.Sqrt(float64(rounds))
	}
	apart := func(rounds int, alpha float64) float64 {
		return above(rounds, stats.StudentT(float64(rounds-1), alpha)*sd/math.Sqrt(float64(rounds)))
	}
	least := max(apart(screen, Screening), apart(confirm, Alarming/float64(max(1, suspects))), above(confirm, bound(f.Scale, effect)))
	return shown(f.Scale, least)
}

// Splits is how often FalseAlarms splits.
const Splits = 1000

// FalseAlarms splits the rounds of one comparison into two sides at random, Splits times, as if both were one build:
// in each round A and B change places or not, and which rounds are the fresh ones is drawn anew. It returns how many of
// these comparisons find a difference for the worse. The same figures give the same number.
func FalseAlarms(figures []Figure, screen int, effect float64) (alarms int) {
	r := rand.New(rand.NewPCG(14, 1))
	most := 0
	for _, f := range figures {
		for _, n := range f.Numbers {
			most = max(most, n)
		}
	}
	swap := make([]bool, most+1)
	for range Splits {
		for i := range swap {
			swap[i] = r.IntN(2) == 1
		}
		order := r.Perm(most + 1)
		var fresh []Figure
		for _, f := range figures {
			first, rest := split(f, screen, order, swap)
			if _, suspect := screened(first, effect); suspect {
				fresh = append(fresh, rest)
			}
		}
		if slices.ContainsFunc(Confirm(fresh, effect), func(c Change) bool { return c.Verdict == Different && c.Worse() }) {
			alarms++
		}
	}
	return alarms
}

// split deals a figure's rounds, by their place in order: a part of them as large as screen, and the rest.
func split(f Figure, screen int, order []int, swap []bool) (first, rest Figure) {
	first, rest = f, f
	first.A, first.B, rest.A, rest.B = nil, nil, nil, nil
	places := make([]int, len(f.Numbers))
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(a, b int) int { return order[f.Numbers[a]] - order[f.Numbers[b]] })
	for at, i := range places {
		to := &first
		if at >= screen {
			to = &rest
		}
		a, b := f.A[i], f.B[i]
		if swap[f.Numbers[i]] {
			a, b = b, a
		}
		to.A, to.B = append(to.A, a), append(to.B, b)
	}
	return first, rest
}
