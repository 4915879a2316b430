// Package discover finds out how a service speaks, and writes a first contract.
//
// In go a way to ask the service and paths to try; out come the text of a contract, and of a
// small scenario that the contract is enough for. It only reads: no request changes anything.
// What it is not sure of it leaves out, and says so in the file.
package discover

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// An Answer is what the service said to GET of a path.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Ask sends GET of a path. An error is no answer.
type Ask func(path string) (Answer, error)

// Paths are what to try, those that a service is more likely to have first.
type Paths struct {
	Lists   []string // of listings
	Items   []string // of one thing, with {id}; a listing's own path and /{id} are tried too
	Health  []string
	Ready   []string
	Metrics []string
}

// Usual are the paths of services of which nothing is known.
func Usual() Paths {
	p := Paths{
		Health:  []string{"/health", "/healthz", "/api/health", "/status", "/actuator/health", "/livez", "/ping"},
		Ready:   []string{"/ready", "/readyz", "/api/ready"},
		Metrics: []string{"/metrics", "/prometheus", "/actuator/prometheus", "/api/metrics", "/prom"},
	}
	for _, name := range []string{"trips", "products", "items", "articles", "posts", "books", "movies", "events", "orders", "users", "todos",
		"tasks", "notes", "cars", "rooms", "hotels", "recipes", "songs", "photos", "news", "cities", "catalog"} {
		for _, root := range []string{"/api/", "/", "/v1/", "/api/v1/"} {
			p.Lists = append(p.Lists, root+name)
		}
	}
	return p
}

// A List is a listing, and the call for one of its things, as far as there is one.
type List struct {
	Path, Items, ID, Version string
	IDs                      []string
	Source, Words            string // where it says its source, and its words, as a contract has them

	One                     string // path with {id}; empty: none was found
	Item, OneID, OneVersion string
	OneSource, OneWords     string
}

// A Found is what a service speaks.
type Found struct {
	Lists                  []List // at most two, those with things first
	Health, Ready, Metrics string // paths; empty: none
	Redis, Up              string // where health says the state of Redis, and its word now
	Asked                  int
}

// Find asks the service.
func Find(ask Ask, paths Paths) Found {
	var f Found
	get := func(path string) (Answer, bool) {
		f.Asked++
		a, err := ask(path)
		return a, err == nil && a.Status == http.StatusOK
	}
	first := func(all []string, fine func(Answer) bool) (string, Answer) {
		for _, path := range all {
			if a, ok := get(path); ok && fine(a) {
				return path, a
			}
		}
		return "", Answer{}
	}
	health, said := first(paths.Health, func(Answer) bool { return true })
	f.Health = health
	f.Redis, f.Up = redisIn(said.Body)
	f.Ready, _ = first(paths.Ready, func(Answer) bool { return true })
	f.Metrics, _ = first(paths.Metrics, func(a Answer) bool { return strings.Contains(string(a.Body), "# TYPE ") })

	var alone []List
	for _, path := range paths.Lists {
		cold, ok := get(path)
		if !ok {
			continue
		}
		l := List{Path: path}
		if !l.read(cold.Body) {
			continue
		}
		if warm, ok := get(path); ok {
			l.Source, l.Words = sourceIn(cold, warm)
		}
		if l.findOne(get, paths.Items); l.One == "" {
			alone = append(alone, l)
			continue
		}
		if f.Lists = append(f.Lists, l); len(f.Lists) == 2 {
			break
		}
	}
	if f.Lists = append(f.Lists, alone...); len(f.Lists) > 2 {
		f.Lists = f.Lists[:2]
	}
	return f
}

// findOne finds the call for one thing of the listing.
func (l *List) findOne(get func(string) (Answer, bool), candidates []string) {
	route, _, _ := strings.Cut(l.Path, "?")
	tries := []string{route + "/{id}"}
	if single, ok := strings.CutSuffix(route, "s"); ok {
		tries = append(tries, single+"/{id}")
	}
	for _, path := range candidates {
		if strings.HasPrefix(path, route+"/") {
			tries = append([]string{path}, tries...)
		}
	}
	if len(l.IDs) == 0 {
		return
	}
	// The last: somebody may have asked for the first before.
	id := l.IDs[len(l.IDs)-1]
	for _, path := range tries {
		at := strings.Replace(path, "{id}", url.PathEscape(id), 1)
		cold, ok := get(at)
		if !ok {
			continue
		}
		item, own, version, found := oneIn(cold.Body, id)
		if !found {
			continue
		}
		l.One, l.Item, l.OneID, l.OneVersion = path, item, own, version
		if warm, ok := get(at); ok {
			l.OneSource, l.OneWords = sourceIn(cold, warm)
		}
		return
	}
}

func object(value json.RawMessage) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	_ = json.Unmarshal(value, &out) // what is no object has no members
	return out
}

func array(value json.RawMessage) []json.RawMessage {
	var out []json.RawMessage
	_ = json.Unmarshal(value, &out) // what is no array has no elements
	return out
}
