package scenarios_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/trektribe/bench/scenarios"
)

// Every kind of fault is explained, by bench and in the docs.
func TestEveryKindIsExplained(t *testing.T) {
	page, err := os.ReadFile("../docs/lab-and-faults.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range scenarios.Kinds() {
		text, ok := scenarios.ExplainKind(kind)
		what, _, _ := strings.Cut(strings.TrimPrefix(text, kind+": "), "\n")
		if !ok || len(what) < 5 || !strings.Contains(text, "done to") {
			t.Errorf("%s: %q", kind, text)
		}
		if !regexp.MustCompile("(?m)^\\| `" + kind + "` \\|").Match(page) {
			t.Errorf("docs/lab-and-faults.md has no row for %s", kind)
		}
	}
	if text, ok := scenarios.ExplainKind("none"); ok {
		t.Errorf("there is no such kind, and %q", text)
	}
}
