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
	Retry   int               `json:"retry,omitempty"`   // how often it is repeated, the same, while no answer comes; at most MostRetries
}

// MostRetries bounds Call.Retry.
const MostRetries = 10

// A Step is one call of a sequence.
type Step struct {
	Name string `json:"name,omitempty"` // of the stream that its requests are recorded as; empty: the sequence's
	Call
}

// MostSteps bounds the steps of a sequence.
const MostSteps = 20

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

// CheckBody returns why the call's body does not fit its method; nil: it does.
func (c Call) CheckBody() error {
	switch {
	case c.Method == "GET" && c.Body != "":
		return fmt.Errorf("GET cannot have a body")
	case c.Method == "PUT" && c.Body == "" && c.Route() != TripPath:
		return fmt.Errorf("PUT needs a body, such as body: '{}'; only %s has one without", TripPath)
	case c.Method == "POST" && c.Body == "":
		return fmt.Errorf("POST needs a body, such as body: '{}'")
	}
	return nil
}

// CheckStatus returns why a status cannot be one of Expect; nil: it can.
func CheckStatus(status int) error {
	if status < 200 || status > 599 {
		return fmt.Errorf("status %d: want 200 to 599", status)
	}
	return nil
}
