package inspect

import (
	"fmt"
	"strconv"
	"strings"
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
	right := 0
	for _, a := range c.Answers {
		if a.Right() {
			right++
		}
	}
	switch {
	case right == len(c.Answers) && right > 0:
		said = append(said, "right")
	case right > 0:
		said = append(said, fmt.Sprintf("right %d times of %d", right, len(c.Answers)))
	case c.Spoken():
		said = append(said, "failed: "+c.Why())
	default:
		said = append(said, "not spoken: "+c.Why())
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
