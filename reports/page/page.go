// Package page renders a judged run as one HTML file that opens offline, prints, and
// needs no script.
//
// In go verdicts with their figures in words, and the data of pictures; out comes the
// page, the same bytes for the same input. It judges nothing and formats no verdict's
// figure: the text of those comes from whoever writes the other formats too.
package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"

	"github.com/trektribe/bench/internal/claim/curve"
	"github.com/trektribe/bench/internal/claim/picture"
	"github.com/trektribe/bench/internal/claim/recovery"
)

// A Page is everything that is shown.
type Page struct {
	Name, Dir, Started, Elapsed string // empty: not shown
	Summary                     string // the run in one line
	Interrupted                 bool
	Arms                        []Tally
	Changes                     Changes
	Reasons                     []Reason
	Groups                      []Group
	Cannot                      []Limit // what the run cannot tell; never empty
	Conditions                  [][2]string
	Spoken                      []Spoken
	SpokenNotes                 []string
	Notes                       []string
	HowTo                       []string
	Plans                       []Plan

	Pictures []picture.Picture
	Times    []recovery.Times
	Curves   []curve.Curve
}

// A Tally counts the verdicts of an arm.
type Tally struct {
	Arm                                string
	Holds, Refuted, Undecided, Missing int
}

// A Spoken is what a service speaks, call by call.
type Spoken struct {
	Arm  string
	Head []string
	Rows [][]string
}

// A Bar is one verdict's part of a tally.
type Bar struct{ X, W, Class string }

// Bars are the verdicts of the arm as parts of a whole.
func (t Tally) Bars() (out []Bar) {
	all := t.Holds + t.Refuted + t.Undecided + t.Missing
	before := 0
	for _, p := range []struct {
		n     int
		class string
	}{{t.Holds, Holds}, {t.Refuted, Refuted}, {t.Undecided, Undecided}, {t.Missing, "missing"}} {
		if p.n > 0 {
			out = append(out, Bar{percent(float64(before) / float64(all)), percent(float64(p.n) / float64(all)), p.class})
		}
		before += p.n
	}
	return out
}

// Changes are what is otherwise than in the last run.
type Changes struct {
	Since string // the earlier run; empty: there is none
	Lines []Change
}

// A Change is a verdict that turned, a claim that is new, or one that is gone.
type Change struct{ Claim, Arm, Before, After string }

// A Reason is why claims are refuted or undecided, and which.
type Reason struct {
	Verdict, Text string
	Of            []About
}

// An About is a claim, of the arms that are named: none where it is all.
type About struct{ Scenario, ID, Label, Arms string }

// A Group is the claims of one section of the document.
type Group struct {
	Title  string
	Claims []Claim
}

// A Claim is one row of the ledger.
type Claim struct {
	ID, Label, Scenario                    string
	Says, Source, Reading, Holds, Promised string
	Cells                                  []Cell // one for each arm
}

// A Cell is what one arm made of a claim.
type Cell struct {
	Arm                      string
	Verdict                  string // as Verdicts has it; empty: not judged
	Word                     string
	Figure, Interval, N, For string
	Rounds                   string
	Parts                    []Part
	Decides                  int // the part that has the cell's figure
	Facts                    []Fact
	Findings                 []Finding
	Last                     []string // verdicts of the last runs, the oldest first, this one last
}

// The verdicts. Any other is shown as Undecided.
const (
	Holds     = "holds"
	Refuted   = "refuted"
	Undecided = "undecided"
)

// A Part is one comparison: in words, and as numbers for its picture.
type Part struct {
	Text, Verdict, Word, Figure, Interval, Promised, N, Method string

	Measured, Lo, Hi float64
	Known            bool // Lo and Hi are
	Unit, Bound      string
	Rounds           []float64
}

// A Fact is one line of evidence.
type Fact struct{ Name, Text string }

// A Finding is what is wrong, with what shows it.
type Finding struct {
	Text      string
	Witnesses [][2]string // when, and what
	Page      string      // a file beside the report that shows it; empty: none
}

// A Limit is a reason why the run cannot tell something.
type Limit struct {
	Title string
	Lines []string
}

// A Plan is a scenario as it can be played again.
type Plan struct{ Scenario, About, Command string }

//go:embed page.html chart.html style.css
var files embed.FS

// Write writes the page. The error is w's, or says that the page could not be drawn: the other formats are not to
// suffer from that.
func Write(w io.Writer, p Page) (err error) {
	defer func() {
		if e := recover(); e != nil {
			err = fmt.Errorf("draw the page: panic: %v: report this", e)
		}
	}()
	t, err := template.New("page.html").Funcs(template.FuncMap{"wbr": breakable, "inc": func(n int) int { return n + 1 }}).ParseFS(files, "page.html", "chart.html")
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, newView(p, Style())); err != nil {
		return fmt.Errorf("render the page: %w", err)
	}
	_, err = w.Write(out.Bytes())
	return err
}

// Style is the style of the page, for other pages that are to look like it.
func Style() template.CSS {
	css, err := files.ReadFile("style.css")
	if err != nil {
		panic(err) // it is embedded
	}
	return template.CSS(css)
}

// breakable lets a long name break after its dots.
func breakable(s string) template.HTML {
	var out bytes.Buffer
	for i, r := range s {
		if i > 0 && (s[i-1] == '.' || s[i-1] == '-') {
			out.WriteString("<wbr>")
		}
		template.HTMLEscape(&out, []byte(string(r)))
	}
	return template.HTML(out.String())
}
