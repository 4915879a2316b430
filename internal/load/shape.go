package load

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/traffic"
)

// A shape is what the service contract requires of the answers of a call. The zero
// shape requires only that an answer of type JSON is JSON.
type shape struct {
	status    int    // the only right one; 0: any 2xx
	list      string // member that is an array and not empty
	empty     bool   // the list may be empty
	most      int    // elements that the list has at most; 0: any number
	line      kept   // of each element of the list; nil: nothing is kept of it
	ref       string // member of the request's body that is its identifier
	elements  bool   // the list's elements have ids and versions, which are read when the arm has changes
	owner     string // beside a list: member that is the requested key; it may be missing
	entity    string // member that is an object: its id is the requested key, its version at least 1 or missing
	versioned bool   // the entity must have a version
}

// shapes are the calls of the service contract.
var shapes = map[string]shape{
	"GET /api/trips":                  {list: "trips", elements: true},
	"GET " + traffic.TripPath:         {entity: "trip", versioned: true},
	"PUT " + traffic.TripPath:         {entity: "trip", versioned: true},
	"GET /api/users/{id}":             {entity: "user"},
	"GET /api/users/{id}/sessions":    {list: "sessions", empty: true, line: sessionOf},
	"GET /api/recommendations/{user}": {list: "recommendations", owner: "userId"},
	"GET /api/leaderboard":            {list: "top", empty: true, most: 10, line: rankOf},
	"POST /api/bookings":              {status: http.StatusCreated, ref: "bookingId"},
	"POST /api/notifications":         {status: http.StatusAccepted, ref: "id"},
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
	answer  string   // lines of the list's elements; history.NothingListed: it is empty
}

// size is about how many bytes the content takes.
func (c content) size() int { return 40*len(c.listed) + len(c.answer) }

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
		c.answer, c.ok = s.fits(top[s.list])
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

// A kept is what the history keeps of an element of a list; false: the element does not have its shape.
type kept func(element map[string]json.RawMessage) (line string, ok bool)

func sessionOf(session map[string]json.RawMessage) (string, bool) { return lineOf(session["socketId"]) }

func rankOf(rank map[string]json.RawMessage) (string, bool) {
	id, ok := lineOf(rank["organizerId"])
	var score json.Number // some services write numbers as texts: this takes both
	err := json.Unmarshal(rank["score"], &score)
	n, whole := score.Int64()
	return id + "=" + strconv.FormatInt(n, 10), ok && err == nil && whole == nil
}

// lineOf is the text of an id that the history can keep in a list: without a line end or
// an equals sign, and not what stands for an empty list.
func lineOf(id json.RawMessage) (text string, ok bool) {
	text = idText(id)
	return text, text != "" && text != history.NothingListed && !strings.ContainsAny(text, "\n=")
}

// idText is the text of an id, which is a text or a number. It is empty for anything else.
func idText(id json.RawMessage) (text string) {
	if json.Unmarshal(id, &text) == nil {
		return text
	}
	var n json.Number
	_ = json.Unmarshal(id, &n) // what is no number is empty
	return n.String()
}

// mostAnswer bounds what is kept of an answer, in bytes: some 6,000 sessions of one user. The
// contract wants no longer ones.
const mostAnswer = 256 << 10

// fits reports whether a JSON value is a list of the shape, and says what is kept of it.
func (s shape) fits(value json.RawMessage) (answer string, ok bool) {
	rest, ok := bytes.CutPrefix(value, []byte("["))
	some := !bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte("]"))
	switch {
	case !ok || !some && !s.empty:
		return "", false
	case s.line == nil:
		return "", true
	case !some:
		return history.NothingListed, true
	}
	var elements []map[string]json.RawMessage
	if json.Unmarshal(value, &elements) != nil || s.most > 0 && len(elements) > s.most {
		return "", false
	}
	lines := make([]string, len(elements))
	for i, e := range elements {
		if lines[i], ok = s.line(e); !ok {
			return "", false
		}
	}
	if answer = strings.Join(lines, "\n"); len(answer) > mostAnswer {
		return "", false
	}
	return answer, true
}

// refOf is the identifier that the body of a request names; empty: none is wanted, or it names none.
func (s shape) refOf(body []byte) string {
	if s.ref == "" {
		return ""
	}
	var top map[string]json.RawMessage
	_ = json.Unmarshal(body, &top) // a body that is no object names none
	return idText(top[s.ref])
}

// known is s if it is a source of the history's vocabulary, else empty.
func known(s string) string {
	switch s {
	case "redis", "memory", "database", "ai", "cache":
		return s
	}
	return ""
}
