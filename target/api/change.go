package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/fixtures"
	"github.com/trektribe/bench/target/store"
)

var statuses = []string{fixtures.Active, fixtures.Draft, fixtures.Completed, fixtures.Cancelled}

// readChange reads and checks the body of a PUT. The status goes with the error.
func readChange(w http.ResponseWriter, r *http.Request) (store.Change, int, error) {
	var c store.Change
	if status, err := readBody(w, r, &c, `a JSON object of what changes, such as {"title":"…"}`); err != nil {
		return c, status, err
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
