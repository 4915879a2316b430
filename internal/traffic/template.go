package traffic

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Blanks are the places of a template that each request fills: its key ({id} and {user} are
// the same), its number in its stream and round, the name of its client, and an identifier
// of its own. All are functions of seed, stream and number.
var Blanks = []string{"{id}", "{user}", "{seq}", "{client}", "{uuid}"}

// Client is the blank that needs Clients.
const Client = "{client}"

// mostTemplate bounds a template, in bytes.
const mostTemplate = 64 << 10

// blank is what looks like a blank. The braces of a JSON object do not.
var blank = regexp.MustCompile(`\{[A-Za-z][A-Za-z0-9_-]*\}`)

// CheckTemplate returns what is wrong with a template; nil: nothing. clients: the stream has some.
func CheckTemplate(text string, clients bool) error {
	if len(text) > mostTemplate {
		return fmt.Errorf("longer than %d bytes", mostTemplate)
	}
	for _, b := range blank.FindAllString(text, -1) {
		if !slices.Contains(Blanks, b) {
			return fmt.Errorf("%s cannot be filled (there is: %s)", b, strings.Join(Blanks, ", "))
		}
	}
	if !clients && strings.Contains(text, Client) {
		return fmt.Errorf("%s needs clients, such as clients: 200", Client)
	}
	return nil
}

// Split parts a template into its texts and blanks, in order.
func Split(text string) []string {
	var out []string
	for text != "" {
		at := blank.FindStringIndex(text)
		if at == nil {
			return append(out, text)
		}
		if at[0] > 0 {
			out = append(out, text[:at[0]])
		}
		out, text = append(out, text[at[0]:at[1]]), text[at[1]:]
	}
	return out
}
