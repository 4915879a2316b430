package expr

import (
	"fmt"
	"strings"
)

// ParseLabels reads {kind="trips",result="hit"}; \" and \\ are escapes, and a
// comma may end the list. Empty braces are no labels.
func ParseLabels(text string) (map[string]string, error) {
	bad := fmt.Errorf(`labels are written {name="value",…}, not %s`, text)
	rest, ok := strings.CutPrefix(text, "{")
	if !ok {
		return nil, bad
	}
	labels := map[string]string{}
	for {
		rest = strings.TrimSpace(rest)
		if rest == "}" {
			return labels, nil
		}
		name, after, ok := strings.Cut(rest, "=")
		after = strings.TrimSpace(after)
		if name = strings.TrimSpace(name); !ok || name == "" || !strings.HasPrefix(after, `"`) {
			return nil, bad
		}
		var v strings.Builder
		i := 1
		for ; i < len(after) && after[i] != '"'; i++ {
			if after[i] == '\\' && i+1 < len(after) {
				i++
				if after[i] == 'n' {
					v.WriteByte('\n')
					continue
				}
			}
			v.WriteByte(after[i])
		}
		if i >= len(after) {
			return nil, bad
		}
		labels[name] = v.String()
		rest = strings.TrimSpace(after[i+1:])
		if next, ok := strings.CutPrefix(rest, ","); ok {
			rest = next
		} else if rest != "}" {
			return nil, bad
		}
	}
}
