package load

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/trektribe/bench/internal/traffic"
)

// A shape is what the service contract requires of the answers of a path. The zero
// shape requires only that an answer of type JSON is JSON.
type shape struct {
	list      string // member that is an array and not empty
	elements  bool   // the list's elements have ids and versions, which are read when the arm has changes
	owner     string // beside a list: member that is the requested key; it may be missing
	entity    string // member that is an object: its id is the requested key, its version at least 1 or missing
	versioned bool   // the entity must have a version
}

var shapes = map[string]shape{
	"/api/trips":                  {list: "trips", elements: true},
	traffic.TripPath:              {entity: "trip", versioned: true},
	"/api/users/{id}":             {entity: "user"},
	"/api/recommendations/{user}": {list: "recommendations", owner: "userId"},
}

func (s Stream) shape() shape { return shapes[s.Route()] }

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
		return content{ok: s == shape{} && json.Valid(body)}
	}
	var source string
	_ = json.Unmarshal(top["source"], &source) // a source that is no text is not a known one
	c := content{ok: true, source: known(source)}
	switch {
	case s.list != "":
		c.ok = hasElements(top[s.list])
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

// hasElements reports whether a JSON value is an array with something in it.
func hasElements(value json.RawMessage) bool {
	rest, ok := bytes.CutPrefix(value, []byte("["))
	return ok && !bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte("]"))
}

// known is s if it is a source of the history's vocabulary, else empty.
func known(s string) string {
	switch s {
	case "redis", "memory", "database", "ai", "cache":
		return s
	}
	return ""
}
