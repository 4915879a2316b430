package drill

import (
	"bytes"
	_ "embed"
	"html/template"
	"strings"

	"github.com/trektribe/bench/reports"
	htmlpage "github.com/trektribe/bench/reports/page"
)

// markdown is the page in GitHub's dialect.
func (p page) markdown() []byte {
	var out bytes.Buffer
	line := func(s string) { out.WriteString(s + "\n") }
	row := func(cells []string) {
		var safe []string
		for _, c := range cells {
			safe = append(safe, reports.Escape(c))
		}
		line("| " + strings.Join(safe, " | ") + " |")
	}
	line("# " + reports.Escape(p.title))
	for _, s := range p.sections {
		line("\n## " + s.title)
		if len(s.lines) > 0 {
			line("")
		}
		for _, l := range s.lines {
			line("- " + reports.Escape(l))
		}
		for _, t := range s.tables {
			if t.title != "" {
				line("\n### " + reports.Escape(t.title))
			}
			line("")
			row(t.head)
			line(strings.Repeat("| --- ", len(t.head)) + "|")
			for _, cells := range t.rows {
				row(cells)
			}
		}
	}
	return out.Bytes()
}

//go:embed drill.html
var layout string

// html is the page as one file that opens offline, prints, and needs no script.
func (p page) html() ([]byte, error) {
	t, err := template.New("drill").Parse(layout)
	if err != nil {
		return nil, err
	}
	type shown struct {
		Title  string
		Lines  []string
		Tables []map[string]any
	}
	var all []shown
	for _, s := range p.sections {
		one := shown{Title: s.title, Lines: s.lines}
		for i, t := range s.tables {
			entry := map[string]any{"Title": t.title, "Head": t.head, "Rows": t.rows}
			if i < len(s.tracks) {
				entry["Track"] = s.tracks[i]
			}
			one.Tables = append(one.Tables, entry)
		}
		all = append(all, one)
	}
	var out bytes.Buffer
	err = t.Execute(&out, map[string]any{"Title": p.title, "Style": htmlpage.Style(), "Sections": all})
	return out.Bytes(), err
}

// A track is the timeline of one episode as a picture: the fault as a bar, and marks on it. Places are per cent of its width.
type track struct {
	Label          string
	FaultX, FaultW float64
	Marks          []mark
}

type mark struct {
	X    float64
	Name string
	Y    int  // of the name, each lower than the one before: they do not lie on one another
	Left bool // the name is on the left of it, where there is room
}

// trackOf draws an episode.
func trackOf(label string, e Episode) (out track) {
	fault := e.For
	for _, m := range e.Moments {
		if m.Name == "lifted" && m.Known {
			fault = m.Lo
		}
	}
	end := fault
	type point struct {
		at   float64
		name string
	}
	var points []point
	for _, m := range e.Moments {
		at := m.Hi
		switch {
		case !m.Known || m.From == "" || m.Name == "planned":
			continue
		case m.From == lifted:
			at += fault
		}
		one := m // the latest alone: a picture has little room
		one.Lo, one.AtLeast = m.Hi, false
		name := m.Name + " "
		if m.AtLeast {
			name = m.Name + ": not by "
		}
		points = append(points, point{at, name + one.text()})
		end = max(end, at)
	}
	if end <= 0 {
		return out
	}
	const left, width = 2.0, 94.0
	scale := func(x float64) float64 { return left + width*x/end }
	out = track{Label: label, FaultX: left, FaultW: width * fault / end}
	for i, p := range points {
		out.Marks = append(out.Marks, mark{X: scale(p.at), Name: p.name, Y: 30 + 16*i, Left: scale(p.at) > 50})
	}
	return out
}

// Height is that of the picture, in pixels.
func (t track) Height() int { return 34 + 16*len(t.Marks) }
