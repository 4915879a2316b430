package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/mutant"
)

// policies of the reference target, in the order of their columns.
var policies = []string{"documented", "hardened"}

// parseArms reads "documented,hardened+no-fallback". A foreign service has one
// arm, without a policy of ours, unless the user names some.
func parseArms(text string, foreign bool) ([]lab.ArmSpec, error) {
	if text == "" {
		if foreign {
			return []lab.ArmSpec{{Name: "service"}}, nil
		}
		text = strings.Join(policies, ",")
	}
	var arms []lab.ArmSpec
	var errs []error
	for _, name := range strings.Split(text, ",") {
		name = strings.TrimSpace(name)
		policy, m, mutated := strings.Cut(name, "+")
		if !slices.Contains(policies, policy) {
			errs = append(errs, fmt.Errorf("--arms: no policy %q; there are %s", policy, strings.Join(policies, ", ")))
			continue
		}
		if mutated {
			if foreign {
				errs = append(errs, fmt.Errorf("--arms %s: mutants are of the reference target only", name))
			}
			if _, err := mutant.Find(m); err != nil {
				errs = append(errs, fmt.Errorf("--arms: %w", err))
			}
		}
		if slices.ContainsFunc(arms, func(a lab.ArmSpec) bool { return a.Name == name }) {
			errs = append(errs, fmt.Errorf("--arms: %s is named twice", name))
		}
		arms = append(arms, lab.ArmSpec{Name: name, Policy: policy, Mutant: m})
	}
	return arms, errors.Join(errs...)
}

// splitWords splits a command line as a shell would: blanks separate, quotes
// hold together, a backslash takes the next character as it is. Nothing is expanded.
func splitWords(s string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	open, escaped := false, false
	for _, r := range s {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, open = true, true
		case quote != 0:
			if r == quote {
				quote = 0
			} else {
				word.WriteRune(r)
			}
		case r == '\'' || r == '"':
			quote, open = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if open {
				words = append(words, word.String())
				word.Reset()
				open = false
			}
		default:
			word.WriteRune(r)
			open = true
		}
	}
	switch {
	case quote != 0:
		return nil, fmt.Errorf("%q: the quote %c is not closed", s, quote)
	case escaped:
		return nil, fmt.Errorf("%q ends in a backslash", s)
	}
	if open {
		words = append(words, word.String())
	}
	return words, nil
}
