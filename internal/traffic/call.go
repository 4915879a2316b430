package traffic

import (
	"fmt"
	"strings"
)

// A Call is one HTTP request. Body and the values of Headers are templates (see Blanks).
type Call struct {
	Method  string            `json:"method"`            // one of Methods
	Path    string            `json:"path"`              // "/api/trips", "/api/trips/{id}", "/api/recommendations/{user}"; a query may follow
	Body    string            `json:"body,omitempty"`    // empty: none, or the title that a PUT of TripPath changes
	Headers map[string]string `json:"headers,omitempty"` // beside those that every request has, or instead of them
	Expect  []int             `json:"expect,omitempty"`  // statuses of a right answer; empty: those of the service contract
	Keep    []string          `json:"keep,omitempty"`    // answer headers that the history keeps: names, or their beginning and *
}

// Methods are the HTTP methods that a call may have.
var Methods = []string{"GET", "PUT", "POST"}

// TripPath is the one path that a PUT has a body for by itself.
const TripPath = "/api/trips/{id}"

// Holes are the places in a path that a key can fill: an id, or a user.
var Holes = []string{"{id}", "{user}"}

// Hole is the first of Holes that a text has; empty: it has none.
func Hole(text string) string {
	for _, h := range Holes {
		if strings.Contains(text, h) {
			return h
		}
	}
	return ""
}

// Keyed reports whether something of the call is to be filled with a key.
func (c Call) Keyed() bool {
	if Hole(c.Path) != "" || Hole(c.Body) != "" {
		return true
	}
	for _, value := range c.Headers {
		if Hole(value) != "" {
			return true
		}
	}
	return false
}

// Route is the path without its query.
func (c Call) Route() string {
	path, _, _ := strings.Cut(c.Path, "?")
	return path
}

// CheckBody says what is wrong with whether the call has a body; nil: nothing.
func (c Call) CheckBody() error {
	switch {
	case c.Method == "GET" && c.Body != "":
		return fmt.Errorf("GET has no body")
	case c.Method == "PUT" && c.Body == "" && c.Route() != TripPath:
		return fmt.Errorf("PUT has a body of its own for %s alone; say what it sends, such as body: '{}'", TripPath)
	case c.Method == "POST" && c.Body == "":
		return fmt.Errorf("POST has no body of its own; say what it sends, such as body: '{}'")
	}
	return nil
}

// CheckStatus says what is wrong with a status of Expect; nil: nothing.
func CheckStatus(status int) error {
	if status < 200 || status > 599 {
		return fmt.Errorf("a status is a whole number from 200 to 599")
	}
	return nil
}
