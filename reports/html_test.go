package reports_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/reports"
)

// recorded is a run that was played and judged, with an earlier one that decided otherwise.
func recorded(t testing.TB) reports.Run {
	t.Helper()
	r := reports.Run{Name: "recorded", Started: time.Date(2031, 4, 5, 6, 7, 8, 0, time.UTC), Elapsed: 58 * time.Second, Dir: "reports/out/20310405T060708Z-recorded",
		Arms: []string{"documented", "hardened"}, Conditions: []reports.Condition{{Name: "machine", Value: "linux/amd64, 2 CPUs"}, {Name: "redis", Value: "embedded miniredis"}},
		Plans: []reports.Plan{
			{Scenario: "kinds", About: "each kind of data has its own time to live", Command: "bench run --seed 7 kinds", Short: []string{"TTL_TRIPS is 2s instead of 5m"}},
			{Scenario: "limit", About: "clients ask for too much", Command: "bench run --seed 7 limit"},
			{Scenario: "redis-outage", About: "Redis refuses connections", Command: "bench run --seed 7 redis-outage"},
		}}
	read := func(name string, into any) {
		b, err := os.ReadFile(filepath.Join("testdata", "recorded", name))
		if err == nil {
			err = json.Unmarshal(b, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	read("results.json", &r.Results)
	read("clocks.json", &r.RecoveryTimes)
	read("curves.json", &r.Curves)
	read("pictures.json", &r.Pictures)
	before := slices.Clone(r.Results)
	before[0].Verdict = "refuted"
	r.Earlier = []reports.Earlier{{Name: "20310404T060708Z-recorded", Results: before[:len(before)-1]}}
	return r
}

func html(t *testing.T, r reports.Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := reports.HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// all are the submatches of a pattern.
func all(pattern, text string) (out []string) {
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

func pages(t *testing.T) map[string]string {
	out := map[string]string{"recorded": html(t, recorded(t))}
	for _, c := range cases {
		out[c.name] = html(t, c.run())
	}
	return out
}

func TestPageStructure(t *testing.T) {
	for name, text := range pages(t) {
		level := 0
		for _, h := range all(`<h([1-6])[ >]`, text) {
			n := int(h[0] - '0')
			if n > level+1 || level == 0 && n != 1 {
				t.Errorf("%s: a heading of level %d after one of level %d", name, n, level)
			}
			level = n
		}
		if n := strings.Count(text, "<h1"); n != 1 {
			t.Errorf("%s: %d headings of level 1, want 1", name, n)
		}
		for _, h := range all(`<th([ >][^>]*)`, text) {
			if !strings.Contains(h, `scope="col"`) && !strings.Contains(h, `scope="row"`) {
				t.Errorf("%s: a table header without scope: %q", name, h)
			}
		}
		ids := all(` id="([^"]*)"`, text)
		known := map[string]bool{}
		for _, id := range ids {
			if known[id] || id == "" {
				t.Errorf("%s: the id %q is there twice", name, id)
			}
			known[id] = true
		}
		for _, to := range slices.Concat(all(`href="#([^"]*)"`, text), strings.Fields(strings.Join(all(`aria-labelledby="([^"]*)"`, text), " "))) {
			if !known[to] {
				t.Errorf("%s: nothing has the id %q", name, to)
			}
		}
		for _, svg := range all(`<svg([^>]*)>`, text) {
			if !strings.Contains(svg, "aria-hidden") && strings.Contains(svg, "class=") && !strings.Contains(svg, "aria-label") {
				t.Errorf("%s: a picture without a name: %s", name, svg)
			}
		}
		if out := regexp.MustCompile(`(?i)<script|<link|@import|url\(|(src|href|action)="(https?:)?//|<iframe|<img`).FindString(text); out != "" {
			t.Errorf("%s: the page is not self-contained: %q", name, out)
		}
		if !strings.Contains(text, "What this run cannot tell") || !strings.Contains(text, "loopback") {
			t.Errorf("%s: it does not say what the run cannot tell", name)
		}
		if len(text) > 2<<20 {
			t.Errorf("%s: %d bytes, want less than 2 MB", name, len(text))
		}
	}
}

// The page, the Markdown and the JSON have the same figures, in the same words.
func TestPageHasTheFiguresOfTheOtherFormats(t *testing.T) {
	r := recorded(t)
	page, md := html(t, r), &bytes.Buffer{}
	if err := reports.Markdown(md, r); err != nil {
		t.Fatal(err)
	}
	unescape := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#43;", "+", "&amp;", "&", "&#34;", `"`, "&#39;", "'").Replace
	shown := all(`<b>([^<]*)</b> \[`, page)
	if len(shown) < 15 {
		t.Fatalf("%d figures with an interval, want at least 15", len(shown))
	}
	plain := strings.ReplaceAll(md.String(), `\`, "")
	for _, f := range all(`<b>([^<]*</b> \[[^\]]*)\]`, page) {
		value, interval, _ := strings.Cut(unescape(f), "</b> ")
		if !strings.Contains(plain, value) || !strings.Contains(plain, interval+"]") {
			t.Errorf("the page shows %s %s], report.md does not", value, interval)
		}
	}
	for _, res := range r.Results {
		if n := strings.Count(page, ">"+res.ID[strings.LastIndex(res.ID, ".")+1:]+"<"); n == 0 {
			t.Errorf("claim %s is not in the ledger", res.ID)
		}
	}
}

// Each picture of a claim draws what it is held to.
func TestEveryPictureOfAPartDrawsItsBound(t *testing.T) {
	page := html(t, recorded(t))
	figures := strings.Split(page, `<div class="part">`)[1:]
	if len(figures) < 20 {
		t.Fatalf("%d parts", len(figures))
	}
	for _, f := range figures {
		f, _, _ = strings.Cut(f, "</section>")
		if strings.Contains(f, "no data") || strings.Contains(f, "The same in each of ") && !strings.Contains(f, "<svg") {
			continue
		}
		if !strings.Contains(f, `class="bound"/>`) || !strings.Contains(f, "promised ") {
			t.Errorf("a picture without its bound: %.300s", f)
		}
	}
}

func TestPageShowsWhatChanged(t *testing.T) {
	r := recorded(t)
	page := html(t, r)
	if !strings.Contains(page, "20310404T060708Z-recorded") || !strings.Contains(page, `<span class="verdict refuted">refuted</span> →`) || !strings.Contains(page, "new → ") {
		t.Error("the verdict that turned, or the claim that is new, is not there")
	}
	if got := strings.Count(page, `class="strip"`); got != len(r.Results)-1 {
		t.Errorf("%d strips of the last runs, want %d", got, len(r.Results)-1)
	}
	r.Earlier = nil
	if !strings.Contains(html(t, r), "No earlier run") {
		t.Error("without an earlier run the page does not say so")
	}
}

// A run in which nothing could be measured has a page too.
func TestPageOfNothing(t *testing.T) {
	r := recorded(t)
	for i := range r.Results {
		for k := range r.Results[i].Parts {
			p := &r.Results[i].Parts[k]
			p.Rounds, p.N, p.Measured, p.Lo, p.Hi = nil, 0, 0, 0, 0
		}
		r.Results[i].N, r.Results[i].Rounds = 0, 0
	}
	for i := range r.Pictures {
		p := &r.Pictures[i]
		p.Columns, p.Slowest, p.Quantiles, p.Rasters, p.Why = nil, nil, nil, nil, "no round was played to its end"
	}
	r.RecoveryTimes, r.Curves = nil, nil
	if page := html(t, r); !strings.Contains(page, "no data") || !strings.Contains(page, "Nothing was observed") {
		t.Error("the page does not say that there is no data")
	}
}

func TestPageEscapesWhatAServiceSays(t *testing.T) {
	if page := html(t, hostile()); strings.Contains(page, "<script>") || strings.Contains(page, "<b>name") {
		t.Error("text of a service became markup")
	}
}

// library is a run of as many scenarios and claims as the whole library has.
func library(t testing.TB) (out reports.Run) {
	t.Helper()
	out = recorded(t)
	out.Plans, out.Results, out.RecoveryTimes, out.Curves, out.Pictures, out.Earlier = nil, nil, nil, nil, nil, nil
	for i := range 15 {
		// Each time anew: a run has no text in common with another one.
		r, again := recorded(t), func(s string) string { return fmt.Sprintf("%s-%d", s, i) }
		for k := range r.Plans {
			r.Plans[k].Scenario = again(r.Plans[k].Scenario)
		}
		var results []claim.Result
		claims := map[string][]string{} // that are kept, by scenario: two of each
		for _, one := range r.Results {
			if ids := claims[one.Scenario]; !slices.Contains(ids, one.ID) {
				claims[one.Scenario] = append(ids, one.ID)
			}
			if slices.Index(claims[one.Scenario], one.ID) < 2 {
				results = append(results, one)
			}
		}
		r.Results = results
		for k := range r.Results {
			r.Results[k].Scenario, r.Results[k].ID = again(r.Results[k].Scenario), again(r.Results[k].ID)
		}
		for k := range r.RecoveryTimes {
			r.RecoveryTimes[k].Scenario = again(r.RecoveryTimes[k].Scenario)
		}
		for k := range r.Curves {
			r.Curves[k].Scenario, r.Curves[k].ID = again(r.Curves[k].Scenario), again(r.Curves[k].ID)
		}
		for k := range r.Pictures {
			p := &r.Pictures[k]
			p.Scenario = again(p.Scenario)
			for l := range p.Rasters {
				for m := range p.Rasters[l].Claims {
					p.Rasters[l].Claims[m] = again(p.Rasters[l].Claims[m])
				}
			}
		}
		out.Plans, out.Results = append(out.Plans, r.Plans...), append(out.Results, r.Results...)
		out.RecoveryTimes = append(out.RecoveryTimes, r.RecoveryTimes...)
		if i == 0 {
			out.Curves = r.Curves // the library has one
		}
		out.Pictures = append(out.Pictures, r.Pictures...)
	}
	return out
}

// The whole library with both policies is 44 scenarios and 78 claims. This is 45, and 75.
func TestThePageOfAWholeLibraryIsSmall(t *testing.T) {
	r := library(t)
	began := time.Now()
	size := len(html(t, r))
	t.Logf("%d results: %d bytes in %v", len(r.Results), size, time.Since(began).Round(time.Millisecond))
	if size >= 2_000_000 {
		t.Errorf("%d bytes, want less than 2 MB", size)
	}
}

// The report of a night, as this build's pages are drawn: a real run has more marks and more to say than a made one.
func TestTheReportOfANightIsSmall(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("nightly", "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	if len(text) >= 2_000_000 {
		t.Errorf("%d bytes, want less than 2 MB", len(text))
	}
	if n := strings.Count(string(text), `<tr class="row">`); n < 70 {
		t.Errorf("%d claims, want those of the whole library", n)
	}
}

func BenchmarkHTML(b *testing.B) {
	r := library(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := reports.HTML(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}

// The bar beside a verdict is that of the figure beside it, also where several bounds are the same.
func TestTheBarIsOfTheFigure(t *testing.T) {
	part := func(v claim.Verdict, measured, lo, hi float64) claim.Part {
		return claim.Part{Text: "share(all) >= 99%", Verdict: v, Measured: measured, Lo: lo, Hi: hi, N: 900, Unit: "ratio", Bound: ">= 99%", Rounds: []float64{measured}, Method: "binomial"}
	}
	text := html(t, reports.Run{Name: "two", Arms: []string{"service"}, Results: []claim.Result{{ID: "fallback.reset", Scenario: "s", Arm: "service", Verdict: claim.Refuted,
		Holds: "both", Measured: 0.25, Lo: 0.2, Hi: 0.3, N: 900, Rounds: 1, Unit: "ratio", Bound: ">= 99%", Because: "so",
		Parts: []claim.Part{part(claim.Holds, 1, 0.995, 1), part(claim.Refuted, 0.25, 0.2, 0.3)}}}})
	row := regexp.MustCompile(`(?s)<td><span class="verdict refuted">.*?</td>`).FindString(text)
	if row == "" || strings.Contains(row, `bar holds`) || !strings.Contains(row, "bar refuted") {
		t.Errorf("the bar beside 25 %% is that of another figure: %s", row)
	}
}
