package inspect

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// Head names the fields of a Row.
var Head = []string{"call", "status", "shape", "source", "version", "items"}

// Row is the call in fields for people, as Head names them.
func (c Call) Row() []string {
	return []string{c.Name(), c.statusText(), c.shapeText(), orNone(strings.Join(c.Sources(), ", ")), orNone(c.versionText()), orNone(c.itemsText())}
}

func orNone(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func (c Call) statusText() string {
	if s := c.Status(); s != 0 {
		return strconv.Itoa(s)
	}
	return "–"
}

func (c Call) shapeText() string {
	var said []string
	right, wrong := 0, ""
	for _, a := range c.Answers {
		if a.Right() {
			right++
		}
		wrong = cmp.Or(wrong, a.Wrong)
	}
	switch {
	case right == len(c.Answers) && right > 0:
		said = append(said, "right")
	case right > 0:
		said = append(said, fmt.Sprintf("right %d times of %d", right, len(c.Answers)))
		if wrong != "" {
			said = append(said, "else "+wrong)
		}
	case c.Spoken():
		said = append(said, "failed: "+c.Why())
	default:
		said = append(said, "not spoken: "+c.Why())
	}
	if c.NoSource != "" {
		said = append(said, "no source at "+c.NoSource)
	}
	if c.Limit != nil {
		said = append(said, fmt.Sprintf("429 after %d requests", c.Limit.After))
	}
	return strings.Join(said, "; ")
}

// versionText is the version of the first right answer, and the last where it is another.
func (c Call) versionText() string {
	v := c.Versions()
	switch {
	case len(v) == 0:
		return ""
	case v[0] == v[len(v)-1]:
		return strconv.FormatInt(v[0], 10)
	}
	return fmt.Sprintf("%d, then %d", v[0], v[len(v)-1])
}

func (c Call) itemsText() string {
	n := c.Items()
	switch {
	case n == 0:
		return ""
	case c.IDs == nil:
		return fmt.Sprintf("%d, without ids", n)
	case len(c.IDs.List) == 0:
		return fmt.Sprintf("%d, ids 1 to %d", n, c.IDs.N)
	}
	return fmt.Sprintf("%d, ids such as %s", n, c.IDs.First())
}

// WireHead names the fields of a WireRow.
var WireHead = []string{"call", "asked", "says to Redis", "commands", "trips", "time to live", "result", "takes"}

// WireRows are what the calls said to Redis, in fields for people, as WireHead names them. A call is named once.
func (t Table) WireRows() (out [][]string) {
	for _, c := range t.Calls {
		name := c.Name()
		for _, e := range c.Wire {
			out = append(out, append([]string{name}, e.row(c.Method != get)...))
			name = ""
		}
	}
	return out
}

// row is what was asked and said. once: the call changes something.
func (e Exchange) row(once bool) []string {
	var said []string
	for _, s := range e.Said {
		said = append(said, s.text())
	}
	if e.Own != nil {
		said = append(said, "(+ "+strings.Join(e.Own, ", ")+")")
	}
	trips := strconv.Itoa(e.Trips)
	if e.AtLeast {
		trips = "≥ " + trips
	}
	if e.Opened > 0 {
		trips += fmt.Sprintf(", opens %d", e.Opened)
	}
	when := e.When
	if once {
		when = "once"
	}
	if e.Requests < e.Of {
		when += fmt.Sprintf(", %d of %d", e.Requests, e.Of)
	} else if e.Of > 1 {
		when += fmt.Sprintf(", %d times", e.Of)
	}
	return []string{when, orNone(strings.Join(said, ", ")), strconv.Itoa(len(e.Said)), trips,
		orNone(e.lives()), orNone(strings.TrimPrefix(string(e.Result), string(Silent))), figure.Format(e.Took, "s")}
}

// text is "GET trip:{id} → nil".
func (s Said) text() string {
	text := s.Name
	if s.Key != "" {
		text += " " + s.Key
	}
	switch {
	case s.Reply == history.ReplyError:
		return text + " → " + s.Error
	case s.reads() && !s.Found:
		return text + " → nil"
	case s.Reply == history.ReplyNone, s.Reply == history.Discarded, s.Reply == history.Unseen:
		return text + " → " + string(s.Reply)
	}
	return text
}

// lives are the times to live that were set, each once, with their keys where there are several; empty: none was seen.
func (e Exchange) lives() string {
	var lives []string
	keys := map[string]bool{}
	for _, s := range e.Said {
		keys[s.Key] = keys[s.Key] || s.TTL > 0
	}
	set := slices.DeleteFunc(slices.Collect(maps.Keys(keys)), func(k string) bool { return !keys[k] })
	for _, s := range e.Said {
		if s.TTL == 0 {
			continue
		}
		text := figure.Format(s.TTL, "s")
		if s.TTL < s.TTLMost {
			text += " to " + figure.Format(s.TTLMost, "s")
		}
		if len(set) > 1 {
			text = s.Key + " " + text
		}
		if !slices.Contains(lives, text) {
			lives = append(lives, text)
		}
	}
	return strings.Join(lives, ", ")
}
