package page

import (
	"regexp"
	"slices"
	"strings"
)

// A claim about response times names a percentile of a stream, or how many answers come within a time.
var (
	timesAnswers  = regexp.MustCompile(`^(p\d+|max|mean)\([a-z0-9_-]+(\[[^\]]*\])?\)`)
	within        = regexp.MustCompile(`within=([0-9.]+[a-zµ]+)`)
	timesRecovery = regexp.MustCompile(`time_to_(recover|detect|health|fallback|goodput|steady)`)
)

// limitsOf are the response times that a claim names: its bounds on them, and what answers come within.
func limitsOf(c Claim) (out []limitLine) {
	add := func(l limitLine) {
		if l.at > 0 && !slices.ContainsFunc(out, func(o limitLine) bool { return o.at == l.at }) {
			out = append(out, l)
		}
	}
	for _, x := range c.Cells {
		for _, p := range x.Parts {
			if b, ok := boundOf(p.Bound); ok && p.Unit == "s" && timesAnswers.MatchString(p.Text) {
				for _, e := range b.ends() {
					add(limitLine{e, "bound " + seconds(e)})
				}
			}
			for _, m := range within.FindAllStringSubmatch(p.Text, -1) {
				if x, ok := quantity(m[1]); ok {
					add(limitLine{x, "within " + seconds(x)})
				}
			}
		}
	}
	return out
}

// recoveryLimitsOf are the recovery times that a claim allows.
func recoveryLimitsOf(c Claim) (out []recoveryLimit) {
	for _, x := range c.Cells {
		for _, p := range x.Parts {
			m := timesRecovery.FindStringSubmatch(p.Text)
			b, ok := boundOf(p.Bound)
			if m == nil || !ok || p.Unit != "s" {
				continue
			}
			l := recoveryLimit{at: b.hi, text: strings.ReplaceAll(m[0], "_", " ") + " " + p.Promised, afterLift: slices.Contains([]string{"recover", "health", "steady"}, m[1])}
			if !slices.Contains(out, l) {
				out = append(out, l)
			}
		}
	}
	return out
}
