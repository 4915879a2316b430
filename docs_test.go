package bench_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/trektribe/bench/internal/claim/measure"
	"github.com/trektribe/bench/scenarios"
)

// pages are the documents, with the most lines that each may have.
var pages = map[string]int{
	"README.md":                     200,
	"docs/design.md":                150,
	"docs/packages.md":              150,
	"docs/lab-and-faults.md":        150,
	"docs/wire.md":                  150,
	"docs/language-and-measures.md": 150,
	"docs/statistics-and-guards.md": 150,
	"docs/traffic.md":               150,
	"docs/contract.md":              150,
	"docs/ci.md":                    150,
	"docs/contracts.md":             150,
	"docs/drill.md":                 150,
	"docs/exactness.md":             150,
	"docs/gate.md":                  150,
	"docs/operation.md":             150,
	"docs/reference-target.md":      150,
	"docs/rate-limits.md":           150,
	"docs/measures.md":              150,
	"docs/reports.md":               150,
	"docs/scale-and-failover.md":    150,
	"docs/scenarios.md":             150,
	"docs/stack.md":                 150,
	"docs/verdicts.md":              150,
	"CHANGELOG.md":                  1000,
}

func readPage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Pages stay short. Output of commands, which is indented, may have longer lines.
func TestPagesAreShort(t *testing.T) {
	for name, most := range pages {
		lines := strings.Split(strings.TrimSuffix(readPage(t, name), "\n"), "\n")
		if len(lines) > most {
			t.Errorf("%s has %d lines, want at most %d", name, len(lines), most)
		}
		for i, line := range lines {
			if n := utf8.RuneCountInString(line); n > 100 && !strings.HasPrefix(line, "    ") {
				t.Errorf("%s:%d has %d characters, want at most 100", name, i+1, n)
			}
		}
	}
	found, _ := filepath.Glob("docs/*.md") // the pattern is right
	for _, name := range found {
		if pages[name] == 0 {
			t.Errorf("%s is not in pages", name)
		}
	}
}

var (
	link     = regexp.MustCompile(`\]\(([^):]+)\)`)
	testName = regexp.MustCompile("`(Test[A-Z][A-Za-z]*)`")
)

// What a page points to is there: the files of its links, and the tests that it names.
func TestPagesPointToWhatIsThere(t *testing.T) {
	tests := testSources(t)
	for name := range pages {
		text := readPage(t, name)
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(name), m[1])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, m := range testName.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(tests, "\nfunc "+m[1]+"(") {
				t.Errorf("%s names %s, which is no test", name, m[1])
			}
		}
	}
}

// testSources are all test files of the module in one text.
func testSources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

var (
	floorRow = regexp.MustCompile("(?m)^\\| (\\d+) \\| `([^`]+)` \\|")
	quoted   = regexp.MustCompile("`([^`]+)`")
	fileName = regexp.MustCompile(`^[\w-]+\.(go|yaml)$`)
)

// The table of packages is that of floors_test.go, from the top down.
func TestTheTableOfPackagesHasEveryFloor(t *testing.T) {
	rows := floorRow.FindAllStringSubmatch(readPage(t, "docs/packages.md"), -1)
	heights, above := map[string]int{}, 1<<30
	for _, m := range rows {
		pkg := m[2]
		height, _ := strconv.Atoi(m[1]) // digits
		if _, twice := heights[pkg]; twice {
			t.Errorf("docs/packages.md lists %s twice", pkg)
		}
		if height > above {
			t.Errorf("docs/packages.md lists %s (floor %d) below floor %d", pkg, height, above)
		}
		heights[pkg], above = height, height
	}
	for _, f := range floors {
		height, listed := heights[f.pkg]
		if !listed {
			t.Errorf("docs/packages.md does not list %s", f.pkg)
		} else if height != f.height {
			t.Errorf("docs/packages.md has %s on floor %d, want %d", f.pkg, height, f.height)
		}
		delete(heights, f.pkg)
	}
	for pkg := range heights {
		t.Errorf("docs/packages.md lists %s, which has no floor", pkg)
	}
}

// Each path in "Where would I change …?" is there. A file's name alone is in the path before it.
func TestTheDesignPointsToWhatIsThere(t *testing.T) {
	_, section, _ := strings.Cut(readPage(t, "docs/design.md"), "## Where would I change")
	section, _, _ = strings.Cut(section, "\n## ")
	found := 0
	for _, line := range strings.Split(section, "\n") {
		dir := ""
		for _, m := range quoted.FindAllStringSubmatch(line, -1) {
			name := m[1]
			if dir != "" && fileName.MatchString(name) {
				name = dir + "/" + name
			} else {
				dir = name
			}
			if _, err := os.Stat(filepath.FromSlash(name)); err != nil {
				t.Errorf("docs/design.md, %q: %v", line, err)
			}
			found++
		}
	}
	if found == 0 {
		t.Error("docs/design.md names no path: this test would pass whatever they are")
	}
}

func TestThePageOfScenariosNamesEveryScenario(t *testing.T) {
	text := readPage(t, "docs/scenarios.md")
	for _, name := range scenarios.Library() {
		s, err := scenarios.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if row := "| `" + name + "` | " + s.Group + " |"; !strings.Contains(text, row) {
			t.Errorf("no row of docs/scenarios.md begins %q", row)
		}
	}
}

var measureRow = regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\|")

// The tables of measures name measures, and the page that lists them all has each with its unit and source of truth.
func TestThePagesNameTheMeasures(t *testing.T) {
	_, text, _ := strings.Cut(readPage(t, "docs/language-and-measures.md"), "## Measures of")
	rows := measureRow.FindAllStringSubmatch(text, -1)
	if len(rows) == 0 {
		t.Error("docs/language-and-measures.md names no measure: this test would pass whatever they are")
	}
	for _, m := range rows {
		if _, ok := measure.Named(m[1]); !ok {
			t.Errorf("docs/language-and-measures.md names the measure %s, and there is none", m[1])
		}
	}
	listed := map[string]bool{}
	for line := range strings.Lines(readPage(t, "docs/measures.md")) {
		fields := regexp.MustCompile(" {2,}").Split(strings.TrimSpace(line), -1)
		if m, ok := measure.Named(fields[0]); ok {
			listed[m.Name] = true
			if len(fields) != 4 || fields[1] != m.Unit || fields[2] != m.Truth || !strings.HasPrefix(m.Doc, fields[3]) {
				t.Errorf("docs/measures.md: %q is not what bench explain measures prints", line)
			}
		}
	}
	for _, m := range measure.All() {
		if !listed[m.Name] {
			t.Errorf("docs/measures.md does not list %s: it is what bench explain measures prints", m.Name)
		}
	}
}
