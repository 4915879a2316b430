package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/store"
)

// statusClientGone is what nginx logs for a client that left; nobody reads it.
const statusClientGone = 499

// bodies are buffers of wrap. Each grows to the largest answer it has held, a listing of 40 KB.
var bodies = sync.Pool{New: func() any { return new([]byte) }}

// wrap writes a value that is JSON already: no byte of it is parsed.
//
// It writes once. A large write goes to the connection as it is; parts, and a
// string of any size, would go through buffers of 4 KB, with a system call for each.
func wrap(w http.ResponseWriter, open string, got cache.Answer) {
	end := `,"source":"cache"}` + "\n"
	if !got.Source.Cached() {
		end = `,"source":"` + string(got.Source) + `"}` + "\n"
	}
	h := w.Header()
	h.Set("X-Source", string(got.Source))
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(open)+len(got.JSON)+len(end)))
	body := bodies.Get().(*[]byte)
	defer bodies.Put(body)
	*body = append(append(append((*body)[:0], open...), got.JSON...), end...)
	w.Write(*body) // an error is a client that is gone
}

func answer(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"error":"internal error"}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(text)+1))
	w.WriteHeader(status)
	w.Write(append(text, '\n'))
}

func refuse(w http.ResponseWriter, status int, why string) {
	answer(w, status, map[string]string{"error": why})
}

// fail answers an error that was met on the way to a thing, such as "trip".
// Details go to the log, not to the client.
func (a *api) fail(w http.ResponseWriter, r *http.Request, thing string, err error) {
	switch {
	case errors.Is(err, store.ErrNotFound):
		refuse(w, http.StatusNotFound, "no such "+thing)
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		refuse(w, statusClientGone, "the client left")
	case errors.Is(err, context.DeadlineExceeded):
		a.Log.Error("request", "method", r.Method, "path", r.URL.Path, "error", err)
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusServiceUnavailable, "no answer from the database in time")
	default:
		a.Log.Error("request", "method", r.Method, "path", r.URL.Path, "error", err)
		refuse(w, http.StatusInternalServerError, "internal error")
	}
}
