package claim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
)

func TestCompileReportsEveryMistakeAtItsColumn(t *testing.T) {
	for _, r := range []struct {
		text string
		want []string // "column: part of the message"
	}{
		{``, []string{"1: nothing to decide"}},
		{`p50(trps) <= 6`, []string{`5: unknown stream "trps"; did you mean "trips"?`, "11: cannot compare a duration with a plain number; give the number a unit, such as 6ms"}},
		{`p5(trips) <= 6ms and p90(trips[phse=fault]) <= 6ms and max(trips[phase=falt]) <= 1s`,
			[]string{`1: unknown measure "p5"; did you mean "p50"?`, `32: unknown key "phse"; did you mean "phase"?`, `72: unknown phase "falt"; did you mean "fault"?`}},
		{`share(trips[within=6], trips) >= 1%`, []string{`20: "6" is no duration; write within=6ms`}},
		{`share(trips[within=0ms], trips) >= 1%`, []string{`20: "0ms" is no duration`}},
		{`share(trips[within=6KB], trips) >= 1%`, []string{`20: "6KB" is no duration`}},
		{`hit_ratio(trips[within=6ms]) >= 1%`, []string{`17: hit_ratio cannot filter by within`}},
		{`p50(trips[source=rediss, status=x, instance!=1]) <= 1ms`, []string{`18: unknown source "rediss"; did you mean "redis"?`, `33: "x" is no HTTP status`}},
		{`growth(go_goroutines, wrm, after) <= 20`, []string{`23: unknown phase "wrm"; did you mean "warm"?`}},
		{`growth(go_goroutines, warm) <= 20`, []string{`1: growth takes 3 arguments, not 2`}},
		{`growth(process_resident_memory_bytes, warm, after) <= 20`, []string{`52: cannot compare a size with a plain number; give the number a unit, such as 20KB`}},
		{`goodput_lost(trips, 300) <= 20 and exits(trips) == 0`, []string{`21: "300" is no duration`, `36: exits takes 0 arguments, not 1`}},
		{`time_to_steady(trips, 300ms) <= 2s`, []string{`1: time_to_steady(trips, 300ms) is one figure for each instance; make it one: max(time_to_steady(trips, 300ms))`}},
		{`max(time_to_detect(rdis)) <= 2s`, []string{`20: unknown dependency "rdis"; did you mean "redis"?`}},
		{`p50(trips) × 2 ÷ p50(trip) − 1s <= 2`, []string{"28: cannot subtract a plain number and a duration"}},
		{`p50(trips) + 5/s <= 2s`, []string{"12: cannot add a duration and a rate"}},
		{`p50(trips) in 5/s..2s`, []string{"12: cannot compare a duration with a rate"}},
		{`p50(trips <= 6ms and p50(trip) <= 6mx`, []string{`11: expected ), found "<="`, `35: unknown unit "mx"; did you mean "ms"?`}},
		{`p50(trips) <= 6 ms`, []string{"15: write the unit without a space: 6ms"}},
		{`p50(trips) = 6ms`, []string{"12: expected a comparison, found ="}},
		{`p50(trips)`, []string{"1: p50(trips) is compared with nothing; write for example p50(trips) <= 6ms"}},
		{`p50 <= 6ms`, []string{"1: p50 needs its arguments"}},
		{`trips <= 6ms`, []string{"1: trips is no figure"}},
		{`p50(trips) <= 6ms or p50(trip) <= 6ms`, []string{"19: there is no or"}},
		{`1ms < p50(trips) < 6ms`, []string{"18: comparisons do not chain"}},
		{`p50(trips) in 1ms–6ms`, []string{"18: a range is written in a..b"}},
		{`p50(trips) in 8ms..6ms`, []string{"15: an empty range"}},
		{`p50(trips) == 5ms`, []string{"1: == compares counts only"}},
		{`5ms <= 6ms`, []string{"1: nothing is measured"}},
		{`p50(trips)/0 <= 6ms`, []string{"11: a division by zero"}},
		{`p50(trips) <= 6ms and`, []string{"22: expected a figure or a measure, found the end"}},
		{`µ(trips) <= 6ms and p50(trips) <= €`, []string{`1: unknown measure "µ"`, `35: expected a figure or a measure, found "€"`}},
		{`p50() <= 6ms`, []string{"1: p50 takes 1 argument, not 0"}},
		{`p50(trips[]) <= 6ms`, []string{"10: empty brackets"}},
		{`p50(trips[phase]) <= 6ms`, []string{"16: expected = or != after phase"}},
		{`max(p50(trips)) <= 1s`, []string{"5: p50(trips) gives one figure"}},
		{`count(p50(trips)) <= 1`, []string{"7: count takes a stream"}},
		{`time_to_recover(redis) <= 2s`, []string{"1: time_to_recover(redis) is one figure for each instance; make it one: max(time_to_recover(redis))"}},
		{`max(time_to_recover(rdis)) <= 2s`, []string{`21: unknown dependency "rdis"; did you mean "redis"?`}},
		{`delivered(blackhle) == 1`, []string{`11: unknown fault "blackhle"; did you mean "blackhole"?`}},
		{`delivered(blackhole)`, []string{"1: delivered(blackhole) is compared with nothing"}},
		{`availability(trips) >= 99.9`, []string{"24: a share lies between 0 % and 100 %; did you mean 99.9%?"}},
		{`availability(trips[source=redis]) >= 99.9%`, []string{"20: availability cannot filter by source"}},
		{`share(trips, trip) >= 5%`, []string{"7: share is of one stream"}},
		{`delta(x{a=b}) <= 5`, []string{"8: labels are written"}},
		{`delta(x{a="b) <= 5`, []string{"8: the { is never closed"}},
		{`((((p50(trips`, []string{"14: expected ), found the end"}},
		{strings.Repeat("(", 10000), []string{"51: nested too deeply"}},
		{strings.Repeat("-", 10000), []string{"50: nested too deeply"}},
		{`and and`, []string{"1: expected", "5: expected", "8: expected"}},
	} {
		_, errs := claim.Compile(claim.Text{Holds: r.text}, scope)
		var got []string
		for _, e := range errs {
			got = append(got, fmt.Sprintf("%d: %s", e.Col, e.Error()))
			if e.Field != "holds" {
				t.Errorf("%s: field %q", r.text, e.Field)
			}
		}
		ok := len(got) == len(r.want)
		for i := 0; ok && i < len(got); i++ {
			ok = strings.HasPrefix(got[i], r.want[i])
		}
		if !ok {
			t.Errorf("%.60s\n got %s\nwant %s", r.text, strings.Join(got, "\n     "), strings.Join(r.want, "\n     "))
		}
	}
}

func TestCompileReportsBothFields(t *testing.T) {
	_, errs := claim.Compile(claim.Text{Holds: "p5(trips) <= 6ms", Requires: "delivered(blackhole) and send_lag() <= 5"}, scope)
	if len(errs) != 2 || errs[0].Field != "holds" || errs[1].Field != "requires" || errs[1].Col != 37 {
		for _, e := range errs {
			t.Errorf("%s:%d: %s", e.Field, e.Col, e.Msg)
		}
	}
}

func TestCompileAccepts(t *testing.T) {
	for _, text := range []string{
		"p50(trips[source=cache]) <= 6ms", "p99(all) ≤ 180µs", "p999(trips) < 1.5min", "6ms >= p50(trips)",
		"p50(trips) in 200ms..270ms", "p50(trips) in p50(trip)..2*p50(trip)",
		"p50(trips[source=database]) / p50(trips[source=cache]) in 50..80",
		"availability(trips[phase=fault, instance=1]) >= 99.9% and max(trips[phase!=fault]) <= 1s",
		"rate(trips[status!=200]) <= 80/s", "count(trips) / 2s >= 80/s", "-(p50(trips) - 2s) * 2 >= -0.5s",
		`delta(cache_requests_total{kind="trips",result="hit"}[phase=fault]) >= 1`, "delta(ai_calls_total) == count(trips[source=ai])",
		"1 - delta(db_total[phase=fault]) / delta(db_total[phase=warm]) >= 80%",
	} {
		compile(t, text, "delivered(blackhole) and delivered(blackhole) == 1 and send_lag() <= 5ms")
	}
}

// FuzzCompile also judges what compiles: no text may panic or give a Result
// that cannot be written down.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		"p50(trips) <= 6ms", "p50(trips[phase=fault,source!=cache]) in 1ms..2*p50(trip) and failures(all) == 0", "(((", "delta(x{a=\"b\\\"\"}[phase=warm]) <= 5",
		"availability(trips) >= 99.9% and 1-share(trips[source=ai],trips)<1e", "−p90(time_to_recover(redis)) × 2 ÷ 3s > 40KB/1s", "delivered(blackhole)==1", "in..in",
	} {
		f.Add(s)
	}
	h := play(outage("1"), trips("warm", 20, ms, "redis"), trips("after", 20, ms, "memory"))
	f.Fuzz(func(t *testing.T, text string) {
		c, errs := claim.Compile(claim.Text{Holds: text, Requires: text}, scope)
		if (c == nil) == (len(errs) == 0) {
			t.Fatalf("claim %v, %d mistakes", c, len(errs))
		}
		for _, e := range errs {
			if e.Col < 1 || e.Col > len([]rune(text))+1 || e.Msg == "" || strings.Contains(e.Msg, "\n") && !strings.Contains(text, "\n") {
				t.Errorf("%q: %+v", text, e)
			}
		}
		if c, _ = claim.Compile(claim.Text{Holds: text}, scope); c != nil {
			mustBeComplete(t, judge(t, c, times(3, h)...))
		}
	})
}
