package discover_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/discover"
	"github.com/trektribe/bench/internal/traffic"
)

// A page is what a service says at its first and its later questions: "header: value|body".
type page struct{ cold, warm string }

// service answers by pages, by path; every other path is 404.
func service(pages map[string]page) discover.Ask {
	asked := map[string]bool{}
	return func(path string) (discover.Answer, error) {
		p, ok := pages[path]
		if !ok {
			return discover.Answer{Status: 404, Body: []byte("no such page")}, nil
		}
		text := p.cold
		if asked[path] && p.warm != "" {
			text = p.warm
		}
		asked[path] = true
		if text == "hangs" {
			return discover.Answer{}, errors.New("timeout")
		}
		a := discover.Answer{Status: 200, Header: http.Header{}}
		head, body, found := strings.Cut(text, "|")
		if !found {
			body = head
		} else if name, value, ok := strings.Cut(head, ": "); ok {
			a.Header.Set(name, value)
		}
		a.Body = []byte(body)
		return a, nil
	}
}

func TestAFirstContractSaysWhatWasFound(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pages map[string]page
		want  []string // lines of the contract, or parts of them
		not   []string
	}{
		{"bare arrays and a header", map[string]page{
			"/books":           {"X-Cache: MISS|[{\"isbn\":\"a\",\"title\":1},{\"isbn\":\"b\",\"title\":2}]", "X-Cache: HIT|[{\"isbn\":\"a\"},{\"isbn\":\"b\"}]"},
			"/books/b":         {cold: `{"isbn":"b","rev":3}`},
			"/actuator/health": {cold: `{"status":"UP","components":{"redis":{"status":"UP"}}}`},
			"/readyz":          {cold: `ok`},
			"/metrics":         {cold: "# TYPE a counter\na 1\n"},
		}, []string{
			"trips: {call: 'GET /books', items: '.', id: isbn, source: 'header X-Cache', sources: {MISS: database, HIT: cache}}",
			"trip: {call: 'GET /books/{id}', item: '.', id: isbn, version: rev, ids: [a, b]}",
			"health: {call: 'GET /actuator/health', redis: components.redis.status, up: [UP], down: [down]}",
			"ready: 'GET /readyz'", "metrics: {call: 'GET /metrics'}",
		}, []string{"where an answer says that it came"}},
		{"numbers, and a body that says its source", map[string]page{
			"/api/v1/users":   {`{"meta":{"rows":2},"data":{"users":[{"id":1},{"id":2}]},"cached":false}`, `{"data":{"users":[{"id":1},{"id":2}]},"cached":true}`},
			"/api/v1/users/2": {`{"user":{"id":2},"source":"database"}`, `{"user":{"id":2},"source":"redis"}`},
			"/metrics":        {cold: `<html>`},
			"/health":         {cold: "hangs"},
		}, []string{
			"trips: {call: 'GET /api/v1/users', items: data.users, id: id, source: cached, sources: {false: database, true: cache}}",
			"trip: {call: 'GET /api/v1/users/{id}', item: user, id: id, source: source}",
		}, []string{"ids:", "metrics:", "health:"}},
		{"a listing alone", map[string]page{"/notes": {cold: `[{"text":"a"}]`}, "/tasks": {cold: `[]`}},
			[]string{"trips: {call: 'GET /notes', items: '.'}", "where an answer says that it came"}, []string{"trip:"}},
		{"two things", map[string]page{
			"/api/products": {cold: `[{"id":1}]`}, "/api/products/1": {cold: `{"id":1}`}, "/api/users": {cold: `[{"id":"x y"}]`}, "/api/users/x%20y": {cold: `{"id":"x y"}`}},
			[]string{"trip: {call: 'GET /api/products/{id}'", "profile: {call: 'GET /api/users/{id}', item: '.', id: id, ids: ['x y']}"}, nil},
		{"ids without end", map[string]page{"/api/items": {cold: `[{"id":"` + strings.Repeat("x", 3000) + `"}]`}}, []string{"trips: {call: 'GET /api/items'"}, []string{"ids:"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := discover.Find(service(tt.pages), discover.Usual())
			text := found.Contract("shop")
			for _, w := range tt.want {
				if !strings.Contains(text, w) {
					t.Errorf("it does not say %s:\n%s", w, text)
				}
			}
			for _, w := range tt.not {
				if strings.Contains(text, w) {
					t.Errorf("it says %s:\n%s", w, text)
				}
			}
			c, err := contract.Read("shop.yaml", []byte(text))
			if err != nil {
				t.Fatalf("it is no contract: %v\n%s", err, text)
			}
			// What it says is right of the answers that it was made from.
			for path, key := range map[string]string{"/api/trips": "", "/api/trips/{id}": "KEY", "/api/users/{id}": "KEY"} {
				spoken, err := c.Speak(traffic.Call{Method: "GET", Path: path})
				if err != nil {
					continue
				}
				at := spoken.Path
				for p := range tt.pages {
					if start, _, keyed := strings.Cut(at, "{id}"); keyed && strings.HasPrefix(p, start) {
						at, key = p, strings.ReplaceAll(strings.TrimPrefix(p, start), "%20", " ")
					}
				}
				a, _ := service(tt.pages)(at)
				if why := contract.NewJudge(spoken, nil, false).Explain(contract.Response{Status: a.Status, Header: a.Header}, a.Body, key); why != "" {
					t.Errorf("%s: %s", at, why)
				}
			}
		})
	}
}

func TestPathsOfAnOpenAPIFile(t *testing.T) {
	const yaml = `
openapi: 3.0.0
servers: [{url: 'https://api.example.com/v2/'}]
paths:
  /hikes: {get: {summary: all}, post: {}}
  /hikes/{hikeId}: {get: {}, put: {}}
  /hikes/{hikeId}/photos/{photoId}: {get: {}}
  /login: {post: {}}
  /admin/ready: {get: {}}
  /admin/health: {get: {}}
  /admin/metrics: {get: {}}
`
	const json = `{"swagger":"2.0","basePath":"/v2","paths":{"/hikes":{"get":{}},"/hikes/{hikeId}":{"get":{}},"/admin/ready":{"get":{}},"/admin/health":{"get":{}},"/admin/metrics":{"get":{}}}}`
	for _, text := range []string{yaml, json} {
		p, err := discover.OpenAPI("api", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(p.Lists, " ") + ", " + strings.Join(p.Items, " ") + ", " + p.Ready[0] + ", " + p.Health[0] + ", " + p.Metrics[0]
		if want := "/v2/hikes, /v2/hikes/{id}, /v2/admin/ready, /v2/admin/health, /v2/admin/metrics"; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		found := discover.Find(service(map[string]page{"/v2/hikes": {cold: `[{"id":7}]`}, "/v2/hikes/7": {cold: `{"id":7}`}}), p)
		if text := found.Contract("x"); !strings.Contains(text, "trip: {call: 'GET /v2/hikes/{id}', item: '.', id: id, ids: ['7']}") {
			t.Errorf("it does not find hikes:\n%s", text)
		}
	}
	for text, want := range map[string]string{"openapi: 3": "it has no paths", "a: [": "not YAML", "": "it has no paths", strings.Repeat("[", 3000): "longer than 2000 bytes"} {
		if _, err := discover.OpenAPI("api", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want …%s…", text, err, want)
		}
	}
}
