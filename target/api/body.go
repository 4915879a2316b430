package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxBody bounds the body of a request; the largest sensible one is a few KB.
const maxBody = 64 << 10

// readBody reads one JSON object of known fields. want says what the body should be. The status goes with the error.
func readBody(w http.ResponseWriter, r *http.Request, into any, want string) (int, error) {
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	body.DisallowUnknownFields()
	err := body.Decode(into)
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
		return http.StatusRequestEntityTooLarge, fmt.Errorf("body too long; at most %d bytes", maxBody)
	case errors.Is(err, io.EOF):
		return http.StatusBadRequest, errors.New("no body; want " + want)
	case err != nil:
		return http.StatusBadRequest, fmt.Errorf("bad body: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return 0, nil
}

// maxID bounds the ids that clients choose.
const maxID = 100

// checkIDs says which of the fields is no id: name and value in turn.
func checkIDs(fields ...string) error {
	for i := 0; i < len(fields); i += 2 {
		if v := fields[i+1]; strings.TrimSpace(v) == "" || len(v) > maxID {
			return fmt.Errorf("%s: want 1 to %d bytes", fields[i], maxID)
		}
	}
	return nil
}
