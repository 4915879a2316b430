package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/trektribe/bench/target/store"
)

// book confirms a booking. A client that leaves must not part it from its place on the leaderboard.
func (a *api) book(w http.ResponseWriter, r *http.Request) {
	var b store.Booking
	status, err := readBody(w, r, &b, `a booking: {"bookingId":"…","organizerId":"…"}`)
	if err == nil {
		status, err = http.StatusBadRequest, checkIDs("bookingId", b.ID, "organizerId", b.OrganizerID)
	}
	if err != nil {
		refuse(w, status, err.Error())
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), updateBound)
	defer cancel()
	switch err := a.Board.Book(ctx, b); {
	case errors.Is(err, store.ErrTaken):
		refuse(w, http.StatusConflict, "there is a booking of that id with another organizer")
	case err != nil:
		a.fail(w, r, "booking", err)
	default:
		answer(w, http.StatusCreated, b)
	}
}

func (a *api) leaderboard(w http.ResponseWriter, r *http.Request) {
	top, source, err := a.Board.Top(r.Context())
	if err != nil {
		a.fail(w, r, "leaderboard", err)
		return
	}
	if source != "" {
		w.Header().Set("X-Source", string(source))
	}
	if top == nil {
		top = []store.Score{}
	}
	answer(w, http.StatusOK, map[string][]store.Score{"top": top})
}
