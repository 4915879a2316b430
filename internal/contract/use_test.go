package contract

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestTheEnvironmentIsMadeOfTheHarnesss(t *testing.T) {
	c := &Contract{File: "x.yaml", Env: map[string]string{
		"HTTP_ADDR": ":{PORT}", "CACHE": "{REDIS_HOST}:{REDIS_PORT}", "CACHE_PASS": "{REDIS_PASSWORD}",
		"S": "{TTL_TRIPS:s}", "MS": "{TTL_AI:ms}", "RAW": "{TTL_AI}", "MODE": "test", "USERS": "{TTL_PROFILES}",
	}}
	got, err := c.Environ(map[string]string{"PORT": "80", "REDIS_URL": "redis://:pw@127.0.0.1:6379", "TTL_TRIPS": "2s", "TTL_AI": "1500ms"})
	want := map[string]string{"HTTP_ADDR": ":80", "CACHE": "127.0.0.1:6379", "CACHE_PASS": "pw", "S": "2", "MS": "1500", "RAW": "1500ms", "MODE": "test", "USERS": ""}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if got, err := c.Environ(map[string]string{"PORT": "80"}); err != nil || got["CACHE"] != "" || got["CACHE_PASS"] != "" {
		t.Errorf("without Redis: %v, %v; want no CACHE", got, err)
	}
	for value, want := range map[string]string{"1500ms": "not a whole number of s; use :ms", "many": "no duration"} {
		if _, err := c.Environ(map[string]string{"TTL_TRIPS": value}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("TTL_TRIPS=%s: %v, want …%s…", value, err, want)
		}
	}
	for name, want := range map[string]bool{"TTL_TRIPS": true, "RATE_LIMIT": false, "REDIS_URL": true} {
		if c.Reads(name) != want {
			t.Errorf("it reads %s: %v, want %v", name, !want, want)
		}
	}
	if !(&Contract{}).Reads("RATE_LIMIT") {
		t.Error("a contract that says nothing of the environment has that of the reference")
	}
}

func TestHealthInOtherWords(t *testing.T) {
	c, err := Read("x.yaml", []byte("name: x\ncalls: {health: {call: GET /h, redis: checks.0.state, up: [OK, true], down: [failed], unconfigured: [off]}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		`{"checks":[{"state":"ok"}]}`: "up", `{"checks":[{"state":true}]}`: "up", `{"checks":[{"state":"Failed"}]}`: "down",
		`{"checks":[{"state":"off"}]}`: "unconfigured", `{"checks":[{"state":"up"}]}`: "unsaid", `{"checks":[]}`: "unsaid", `fine`: "unsaid",
		`{"status":"degraded"}`: "unsaid",
	} {
		if got := c.State(200, nil, []byte(body)); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	if got := c.State(503, nil, []byte("no")); got != "down" {
		t.Errorf("503: %s, want down", got)
	}
}

// What is secret is in no form in which a contract is saved or shown.
func TestSecretsOfAContractAreNotShown(t *testing.T) {
	c, err := Read("x.yaml", []byte(`
name: x
headers: {Authorization: Bearer SECRET, X-Tenant: SECRET, Accept: text/plain, X-Env: '{env:TOKEN}'}
cookies: {sid: SECRET}
login: {call: POST /login?apikey=SECRET, body: '{"user":"u","pin":"SECRET"}'}
calls:
  trips: GET /list?page=1&api_key=SECRET
  trip: {call: POST /json, body: '{"key":"{id}","password":"SECRET","a":"b"}', headers: {X-Key: SECRET}}
  metrics: {call: GET /m, headers: {X-Admin: SECRET}}
env: {DB_PASSWORD: SECRET, MODE: test, CACHE: 'redis://u:SECRET@host/{PORT}'}
`))
	if err != nil {
		t.Fatal(err)
	}
	filled, err := c.Filled(func(name string) (string, bool) { return "SECRET", name == "TOKEN" })
	if err != nil || filled.Calls["trips"].Headers["X-Env"] != "SECRET" || c.Calls["trips"].Headers["X-Env"] != "{env:TOKEN}" {
		t.Fatalf("%v, %+v", err, filled)
	}
	for _, one := range []*Contract{c, filled} {
		saved, _ := json.Marshal(one.Shown())
		shown := one.Line()
		for _, l := range one.Lines() {
			shown += strings.Join(l[:], " ") + "\n"
		}
		for _, text := range []string{string(saved), shown} {
			if strings.Contains(text, "SECRET") {
				t.Errorf("it shows a secret: %s", text)
			}
			if !strings.Contains(text, "/list?page=1") || !strings.Contains(text, "{id}") {
				t.Errorf("it does not show what is no secret: %s", text)
			}
		}
		if !strings.Contains(strings.ReplaceAll(string(saved), `\"`, `"`), `"a":"b"`) {
			t.Errorf("it hides what is no secret: %s", saved)
		}
	}
	if got := filled.Secrets(); !reflect.DeepEqual(got, []string{"Bearer SECRET", "SECRET"}) {
		t.Errorf("secrets %q", got)
	}
	_, err = c.Filled(func(string) (string, bool) { return "", false })
	if err == nil || !strings.Contains(err.Error(), "TOKEN is not set in your environment") {
		t.Errorf("%v, want that TOKEN is not set", err)
	}
}
