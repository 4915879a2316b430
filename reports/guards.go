package reports

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/claim/figure"
)

var (
	roundAside = regexp.MustCompile(`^round (\d+) set aside: (.*)$`)
	quantities = regexp.MustCompile(`[\d,.]*\d (?:µs|ms|s|%)`)
)

// guards says each reason for which rounds were set aside once, with its rounds. Where the reasons of several rounds
// differ in figures alone, the least and the greatest stand for all.
func guards(warnings []string) string {
	if len(warnings) == 0 {
		return "every round counts"
	}
	type reason struct {
		rounds []string
		texts  []string
	}
	var shapes []string
	of := map[string]*reason{}
	for _, w := range warnings {
		round, why := "", w
		if m := roundAside.FindStringSubmatch(w); m != nil {
			round, why = m[1], m[2]
		}
		shape := quantities.ReplaceAllString(why, "#")
		if round == "" {
			shape = w
		}
		r := of[shape]
		if r == nil {
			r = &reason{}
			of[shape], shapes = r, append(shapes, shape)
		}
		if round != "" && !slices.Contains(r.rounds, round) {
			r.rounds = append(r.rounds, round)
		}
		r.texts = append(r.texts, why)
	}
	var out []string
	for _, shape := range shapes {
		r := of[shape]
		text := spanned(r.texts)
		if len(r.rounds) > 0 {
			text = fmt.Sprintf("%s %s set aside: %s", map[bool]string{true: "round", false: "rounds"}[len(r.rounds) == 1], strings.Join(r.rounds, ", "), text)
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

// spanned is the text of all, which differ in figures alone, with the least and the greatest of each.
func spanned(texts []string) string {
	n := -1
	return quantities.ReplaceAllStringFunc(texts[0], func(string) string {
		n++
		var all []string
		for _, t := range texts {
			all = append(all, quantities.FindAllString(t, -1)[n])
		}
		lo := slices.MinFunc(all, bySize)
		hi := slices.MaxFunc(all, bySize)
		if lo == hi {
			return lo
		}
		return lo + " to " + hi
	})
}

// bySize compares "86.4 ms" with "1.2 s".
func bySize(a, b string) int { return cmp.Compare(inBase(a), inBase(b)) }

func inBase(s string) float64 {
	number, unit, _ := strings.Cut(s, " ")
	x, err := strconv.ParseFloat(strings.ReplaceAll(number, ",", ""), 64)
	if u, ok := figure.UnitNamed(unit); ok && err == nil {
		return u.Of(x)
	}
	return x
}
