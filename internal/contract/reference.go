package contract

import (
	"net/http"
	"strings"

	"github.com/trektribe/bench/internal/traffic"
)

// A row is a call of the reference contract. All scenarios are written in these.
type row struct {
	name, method, path string
	ref                string // member of the request's body that is its identifier
	keeps              bool   // the history keeps the items of its answers
	Answer
}

// The names of calls that no stream makes as a call.
const (
	Socket  = "socket"
	Health  = "health"
	Ready   = "ready"
	Metrics = "metrics"
)

// says is where the reference says the source of an answer.
var says = []Place{"header X-Source", "source"}

// rows are the calls that streams make. To add one: a row here, and in docs/contract.md.
var rows = []row{
	{name: "trips", method: "GET", path: "/api/trips",
		Answer: Answer{Items: "trips", ID: "id?", Version: "version?", Source: says}},
	{name: "trip", method: "GET", path: traffic.TripPath,
		Answer: Answer{Item: "trip", ID: "id", Version: "version", Source: says}},
	{name: "change", method: "PUT", path: traffic.TripPath,
		Answer: Answer{Item: "trip", ID: "id", Version: "version", Source: says}},
	{name: "profile", method: "GET", path: "/api/users/{id}",
		Answer: Answer{Item: "user", ID: "id", Version: "version?", Source: says}},
	{name: "recommendations", method: "GET", path: "/api/recommendations/{user}",
		Answer: Answer{Items: "recommendations", Owner: "userId?", Source: says}},
	{name: "booking", method: "POST", path: "/api/bookings", ref: "bookingId",
		Answer: Answer{Status: []int{http.StatusCreated}, Source: says}},
	{name: "leaderboard", method: "GET", path: "/api/leaderboard", keeps: true,
		Answer: Answer{Items: "top", Empty: true, Most: 10, ID: "organizerId", Score: "score", Source: says}},
	{name: "sessions", method: "GET", path: "/api/users/{id}/sessions", keeps: true,
		Answer: Answer{Items: "sessions", Empty: true, ID: "socketId", Source: says}},
	{name: "notification", method: "POST", path: "/api/notifications", ref: "id",
		Answer: Answer{Status: []int{http.StatusAccepted}, Source: says}},
	{name: Socket, method: "GET", path: "/ws?user={user}"},
	{name: Health, method: "GET", path: "/health", Answer: Answer{Source: says}},
	{name: Ready, method: "GET", path: "/health", Answer: Answer{Source: says}},
	{name: Metrics, method: "GET", path: "/metrics", Answer: Answer{Source: says}},
}

// reference is the reference contract.
var reference = referenceCalls()

func referenceCalls() map[string]Call {
	out := map[string]Call{}
	for _, r := range rows {
		out[r.name] = Call{Method: r.method, Path: r.path, Answer: r.Answer}
	}
	socket := out[Socket]
	socket.Message, socket.Session, socket.Type = "id", "socketId", "type"
	socket.Words = map[string]string{"session": IsSession, "notification": IsNotification}
	out[Socket] = socket
	health := out[Health]
	health.Redis = "redis"
	out[Health] = health
	return out
}

// Names are the names of the calls, in the order in which people meet them.
func Names() (names []string) {
	for _, r := range rows {
		names = append(names, r.name)
	}
	return names
}

// rowOf is the call of the reference that a scenario's call is; false: it is none. What
// fills {id} and {user} is the same.
func rowOf(call traffic.Call) (row, bool) {
	route := anyHole(call.Route())
	for _, r := range rows {
		if r.method == call.Method && anyHole((traffic.Call{Path: r.path}).Route()) == route {
			return r, true
		}
	}
	return row{Answer: Answer{Source: says}}, false
}

func anyHole(path string) string { return strings.ReplaceAll(path, "{user}", "{id}") }

// keyed reports whether the call has a key to fill.
func (r row) keyed() bool {
	return traffic.Hole(r.path) != "" || r.ref != ""
}
