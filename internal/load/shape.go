package load

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/trektribe/bench/internal/traffic"
)

// A shape is what the service contract requires of the answers of a call. The zero
// shape requires only that an answer of type JSON is JSON.
type shape struct {
	status    int      // the only right one; 0: any 2xx
	list      string   // member that is an array and not empty
	empty     bool     // the list may be empty
	most      int      // elements that the list has at most; 0: any number
	members   []string // of each element of the list
	elements  bool     // the list's elements have ids and versions, which are read when the arm has changes
	owner     string   // beside a list: member that is the requested key; it may be missing
	entity    string   // member that is an object: its id is the requested key, its version at least 1 or missing
	versioned bool     // the entity must have a version
}

// shapes are the calls of the service contract.
var shapes = map[string]shape{
	"GET /api/trips":                  {list: "trips", elements: true},
	"GET " + traffic.TripPath:         {entity: "trip", versioned: true},
	"PUT " + traffic.TripPath:         {entity: "trip", versioned: true},
	"GET /api/users/{id}":             {entity: "user"},
	"GET /api/users/{id}/sessions":    {list: "sessions", empty: true, members: []string{"socketId"}},
	"GET /api/recommendations/{user}": {list: "recommendations", owner: "userId"},
	"GET /api/leaderboard":            {list: "top", empty: true, most: 10, members: []string{"organizerId", "score"}},
	"POST /api/bookings":              {status: http.StatusCreated},
	"POST /api/notifications":         {status: http.StatusAccepted},
}

func (s Stream) shape() shape { return shapes[s.Method+" "+s.Route()] }

// free reports that nothing is wanted of a body.
func (s shape) free() bool { return s.list == "" && s.entity == "" }

// content is what one body says, for any request.
type content struct {
	ok      bool   // it has its shape; the key is not checked yet
	key     string // the key that it is about; empty: it does not say
	source  string
	version int64
	listed  []listed // elements that say their id and version
}

// An entity is what is read of a trip or a user.
type entity struct {
	ID      json.RawMessage
	Version *int64
}

func (s shape) parse(body []byte) content {
	var top map[string]json.RawMessage
	if json.Unmarshal(body, &top) != nil { // no JSON, or an array or a bare value
		return content{ok: s.free() && json.Valid(body)}
	}
	var source string
	_ = json.Unmarshal(top["source"], &source) // a source that is no text is not a known one
	c := content{ok: true, source: known(source)}
	switch {
	case s.list != "":
		c.ok = s.fits(top[s.list])
		if s.owner != "" {
			c.key = keyOf(top[s.owner])
		}
		if s.elements {
			c.listed = listedIn(top[s.list])
		}
	case s.entity != "":
		var e entity
		err := json.Unmarshal(top[s.entity], &e)
		c.key = keyOf(e.ID)
		c.ok = err == nil && c.key != ""
		if e.Version != nil {
			c.version = *e.Version
			c.ok = c.ok && c.version >= 1
		} else {
			c.ok = c.ok && !s.versioned
		}
	}
	return c
}

// saysError reports whether a body is an object with an error member.
func saysError(body []byte) bool {
	var top struct{ Error json.RawMessage }
	return json.Unmarshal(body, &top) == nil && len(top.Error) > 0 && string(top.Error) != "null"
}

// listedIn are the elements of a list with an id and a version. The contract requires
// neither of them in a list, so other elements are allowed.
func listedIn(list json.RawMessage) []listed {
	var elements []entity
	_ = json.Unmarshal(list, &elements) // an element of another form does not stop it
	var out []listed
	for _, e := range elements {
		if key := keyOf(e.ID); key != "" && e.Version != nil && *e.Version >= 1 {
			out = append(out, listed{key, *e.Version})
		}
	}
	return out
}

// keyOf is the text of an id, which some services write as a number. It is empty for
// an id that is missing or null.
func keyOf(id json.RawMessage) string {
	if key := strings.Trim(string(id), `"`); key != "null" {
		return key
	}
	return ""
}

// fits reports whether a JSON value is a list of the shape.
func (s shape) fits(value json.RawMessage) bool {
	rest, ok := bytes.CutPrefix(value, []byte("["))
	some := !bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte("]"))
	if !ok || len(s.members) == 0 || !some {
		return ok && (some || s.empty)
	}
	var elements []map[string]json.RawMessage
	if json.Unmarshal(value, &elements) != nil || s.most > 0 && len(elements) > s.most {
		return false
	}
	for _, e := range elements {
		for _, m := range s.members {
			if v := e[m]; len(v) == 0 || string(v) == "null" {
				return false
			}
		}
	}
	return true
}

// known is s if it is a source of the history's vocabulary, else empty.
func known(s string) string {
	switch s {
	case "redis", "memory", "database", "ai", "cache":
		return s
	}
	return ""
}
