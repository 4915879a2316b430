package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/fixtures"
	"github.com/trektribe/bench/target/store"
)

// maxBody bounds the body of a change; the largest sensible one is a few KB.
const maxBody = 64 << 10

var statuses = []string{fixtures.Active, fixtures.Draft, fixtures.Completed, fixtures.Cancelled}

// readChange reads and checks the body of a PUT. The status goes with the error.
func readChange(w http.ResponseWriter, r *http.Request) (store.Change, int, error) {
	var c store.Change
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	body.DisallowUnknownFields()
	err := body.Decode(&c)
	if err == nil {
		// Whatever follows the object must be nothing, and not too long either.
		if _, err = body.Token(); err == nil {
			err = errors.New("more than one value")
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return c, http.StatusRequestEntityTooLarge, fmt.Errorf("body too long; at most %d bytes", maxBody)
	case errors.Is(err, io.EOF):
		return c, http.StatusBadRequest, errors.New(`no body; want a JSON object of what changes, such as {"title":"…"}`)
	case err != nil:
		return c, http.StatusBadRequest, fmt.Errorf("bad body: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return c, http.StatusBadRequest, check(c)
}

func check(c store.Change) error {
	long := func(s *string, most int) bool { return s != nil && len(*s) > most }
	switch {
	case c.Empty():
		return errors.New("nothing to change; name at least one of title, description, destination, price, startDate, capacity, status")
	case c.Title != nil && strings.TrimSpace(*c.Title) == "" || long(c.Title, 200):
		return errors.New("title: want 1 to 200 bytes")
	case long(c.Description, 5000):
		return errors.New("description: want at most 5000 bytes")
	case c.Destination != nil && strings.TrimSpace(*c.Destination) == "" || long(c.Destination, 200):
		return errors.New("destination: want 1 to 200 bytes")
	case c.Price != nil && *c.Price < 0:
		return errors.New("price: want 0 or more")
	case c.Capacity != nil && *c.Capacity < 1:
		return errors.New("capacity: want 1 or more")
	case c.Status != nil && !slices.Contains(statuses, *c.Status):
		return fmt.Errorf("status: want one of %s", strings.Join(statuses, ", "))
	case c.StartDate != nil:
		if _, err := time.Parse(time.DateOnly, *c.StartDate); err != nil {
			return errors.New("startDate: want a date such as 2026-05-31")
		}
	}
	return nil
}
