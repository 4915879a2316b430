package reports

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/perf/benchfmt"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/figure"
)

// A unit is how figures of one kind, for which less or more is better, are called in the Go benchmark format.
type unit struct{ name, better string }

// GoBenchmarks writes the Go benchmark format for benchstat: one line for each round of each figure that a claim
// compares, and which way each unit is better. What failed in a round, so that it has no figure, is +Inf. The error is w's.
func GoBenchmarks(w io.Writer, r Run) error {
	out := benchfmt.NewWriter(w)
	var lines []*benchfmt.Result
	known := map[unit]bool{}
	for i := range r.Results {
		res := &r.Results[i]
		seen := map[string]bool{}
		for _, p := range res.Parts {
			u, name := unitOf(p), benchmarkName(res, p)
			if seen[name] { // held to a second bound
				continue
			}
			seen[name] = true
			if u.better != "" && !known[u] {
				known[u] = true
				m := &benchfmt.UnitMetadata{UnitMetadataKey: benchfmt.UnitMetadataKey{Unit: u.name, Key: "better"}, OrigUnit: u.name, Value: u.better}
				if err := out.Write(m); err != nil {
					return err
				}
			}
			for _, x := range p.Rounds {
				if !figure.Bounded(x) {
					x = inf
				}
				lines = append(lines, &benchfmt.Result{Config: r.keys(), Name: benchfmt.Name(name), Iters: 1, Values: []benchfmt.Value{{Value: x, Unit: u.name}}})
			}
		}
	}
	for _, l := range lines {
		if err := out.Write(l); err != nil {
			return err
		}
	}
	if len(lines) == 0 {
		_, err := io.WriteString(w, "\n")
		return err
	}
	return nil
}

// keys are what two runs must share so that benchstat puts their figures side by side.
func (r Run) keys() []benchfmt.Config {
	var out []benchfmt.Config
	add := func(key, value string) {
		if value = clean(value); value != "" {
			out = append(out, benchfmt.Config{Key: key, Value: []byte(value), File: true})
		}
	}
	add("machine", r.Machine)
	for _, c := range r.Conditions {
		if c.Name == "redis" {
			add("redis", c.Value)
		}
	}
	return out
}

// benchmarkName is "Trips.hit.latency/scenario=trips/arm=hardened/of=p50(hit[phase=cached])".
func benchmarkName(res *claim.Result, p claim.Part) string {
	first, n := utf8.DecodeRuneInString(res.ID)
	op, _, _ := strings.Cut(p.Bound, " ")
	of, _, _ := strings.Cut(p.Text, " "+op+" ")
	return namePart(string(unicode.ToUpper(first))+res.ID[n:]) + "/scenario=" + namePart(res.Scenario) + "/arm=" + namePart(res.Arm) + "/of=" + namePart(of)
}

// namePart is s without what ends a part of a benchmark's name: spaces, and the slash.
func namePart(s string) string {
	s = strings.ReplaceAll(clean(s), " / ", "÷")
	return strings.NewReplacer(" ", "", "/", "÷").Replace(s)
}

// unitOf names the unit of a part's figures. A unit has one better direction: figures whose bounds point the other way,
// or both ways, have a unit of their own.
func unitOf(p claim.Part) unit {
	name, usual := p.Unit, "lower"
	switch p.Unit {
	case "s":
		name = "sec"
	case "":
		name = "count"
	case "1/s":
		name, usual = "per-sec", "higher"
	case "ratio":
		usual = "higher"
	}
	better := ""
	switch {
	case strings.HasPrefix(p.Bound, "<"):
		better = "lower"
	case strings.HasPrefix(p.Bound, ">"):
		better = "higher"
	case strings.HasPrefix(p.Bound, "== 0"):
		better = "lower"
	}
	switch better {
	case usual:
		return unit{name, better}
	case "":
		return unit{name + "-within", ""}
	}
	return unit{name + "-" + better, better}
}
