package traffic

import "strings"

// A Call is one HTTP request.
type Call struct {
	Method string `json:"method"` // one of Methods
	Path   string `json:"path"`   // "/api/trips", "/api/trips/{id}", "/api/recommendations/{user}"; a query may follow
}

// Methods are the HTTP methods that a call may have.
var Methods = []string{"GET", "PUT"}

// TripPath is the one path that a PUT has a body for.
const TripPath = "/api/trips/{id}"

// Holes are the places in a path that a key can fill: an id, or a user.
var Holes = []string{"{id}", "{user}"}

// Hole is the first of Holes that path has; empty: it has none.
func Hole(path string) string {
	for _, h := range Holes {
		if strings.Contains(path, h) {
			return h
		}
	}
	return ""
}

// Keyed reports whether the path has a hole to fill.
func (c Call) Keyed() bool { return Hole(c.Path) != "" }

// Route is the path without its query.
func (c Call) Route() string {
	path, _, _ := strings.Cut(c.Path, "?")
	return path
}
