package bench_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/trektribe/bench/scenarios"
)

// pages are the documents, with the most lines that each may have.
var pages = map[string]int{
	"README.md":                     200,
	"docs/design.md":                150,
	"docs/lab-and-faults.md":        150,
	"docs/language-and-measures.md": 150,
	"docs/statistics-and-guards.md": 150,
	"docs/contract.md":              150,
	"docs/reference-target.md":      150,
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

func TestTheReadmeNamesEveryScenario(t *testing.T) {
	text := readPage(t, "README.md")
	for _, name := range scenarios.Library() {
		s, err := scenarios.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if row := "| `" + name + "` | " + s.Group + " |"; !strings.Contains(text, row) {
			t.Errorf("no row of README.md begins %q", row)
		}
	}
}
