package api

import (
	"net/http"
	"strings"

	"github.com/trektribe/bench/target/session"
)

// Sockets upgrades requests.
type Sockets interface {
	// Serve keeps the socket of user; false: the service shuts down, and nothing was answered.
	Serve(w http.ResponseWriter, r *http.Request, user string) bool
}

// socket upgrades. Users log in elsewhere: any id is a user's.
func (a *api) socket(w http.ResponseWriter, r *http.Request) {
	user := r.URL.Query().Get("user")
	if err := checkIDs("user", user); err != nil {
		refuse(w, http.StatusBadRequest, err.Error()+", as in /ws?user=7")
		return
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		refuse(w, http.StatusUpgradeRequired, "this is a WebSocket: connect with ws://")
		return
	}
	if !a.Sockets.Serve(w, r, user) {
		refuse(w, http.StatusServiceUnavailable, "shutting down")
	}
}

func (a *api) sessions(w http.ResponseWriter, r *http.Request) {
	list, source := a.Sessions.Of(r.Context(), r.PathValue("id"))
	if list == nil {
		list = []session.Session{}
	}
	w.Header().Set("X-Source", string(source))
	answer(w, http.StatusOK, map[string][]session.Session{"sessions": list})
}
