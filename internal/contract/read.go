package contract

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
	"github.com/trektribe/bench/internal/traffic"
)

// The keys of a contract, and of its calls. Every call has those of common.
var (
	topKeys   = []string{"name", "about", "headers", "cookies", "login", "limited", "refused", "source", "sources", "ids", "calls", "env"}
	common    = []string{"call", "headers", "cookies"}
	asked     = []string{"body", "status", "limited", "refused", "source", "sources", "text", "least"}
	loginKeys = []string{"call", "headers", "cookies", "body", "status"}
	ofOne     = slices.Concat(common, asked, []string{"ids", "item", "id", "version"})
	furtherOf = map[string][]string{
		"trips":           slices.Concat(asked, []string{"items", "empty", "id", "version"}),
		"trip":            ofOne,
		"change":          ofOne,
		"profile":         ofOne,
		"recommendations": slices.Concat(asked, []string{"ids", "items", "empty", "owner"}),
		"booking":         slices.Concat(asked, []string{"ids"}),
		"leaderboard":     slices.Concat(asked, []string{"items", "empty", "most", "id", "score"}),
		"sessions":        slices.Concat(asked, []string{"ids", "items", "empty", "id"}),
		"notification":    slices.Concat(asked, []string{"ids"}),
		Socket:            {"ids", "first", "type", "words", "session", "message"},
		Health:            {"redis", "up", "down", "unconfigured"},
		Ready:             {"status"},
		Metrics:           {"names"},
	}
)

// methods are the methods that a service's own call may have.
var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}

// Read reads a contract. name is the file's, for messages. The error is
// strictyaml.Mistakes: every mistake at once, with line and column.
func Read(name string, text []byte) (*Contract, error) {
	f, t, ok := strictyaml.Read(name, text, strictyaml.Form{What: "contract", Keys: topKeys})
	if !ok {
		return nil, f.Err()
	}
	c := &Contract{File: name, Calls: map[string]Call{}}
	if c.Name = t.Text("name", "reports call the service's contract by it"); strings.ContainsAny(c.Name, `/\ "`) {
		t.At("name").Wrong("name %s: want one word, such as shop", near.Quote(c.Name))
	}
	if t.Has("about") {
		c.About = t.Text("about", "")
	}
	every := readEvery(t)
	if v, ok := t.Get("login"); ok {
		c.Login = readLogin(v, every)
	}
	c.Env = readEnv(t)
	v, ok := t.Get("calls")
	if !ok {
		t.Missing("calls", "what is not mapped is not asked; one of "+strings.Join(Names(), ", "))
		return c, f.Err()
	}
	before := f.Count()
	calls, _ := v.Table("calls", Names())
	for _, r := range rows {
		if v, has := calls.Get(r.name); has {
			c.Calls[r.name] = readCall(v, r, every)
		}
	}
	if len(c.Calls) == 0 && f.Count() == before {
		v.Wrong("calls is empty: what is not mapped is not asked; one of %s", strings.Join(Names(), ", "))
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

// readEvery reads what holds for every call that does not say otherwise.
func readEvery(t strictyaml.Table) Call {
	var e Call
	e.Headers, e.Cookies = readValues(t, "headers"), readValues(t, "cookies")
	e.IDs = readIDs(t)
	readSource(t, &e)
	e.Limited = readStatuses(t, "limited", 400)
	e.Refused = readRefused(t)
	return e
}

// readLogin reads the call that is made once for each instance.
func readLogin(v strictyaml.Value, every Call) *Call {
	t, ok := v.Table("login", loginKeys)
	if !ok {
		return nil
	}
	c := &Call{Headers: every.Headers}
	readSent(t, row{name: "login"}, c)
	c.Status = readStatuses(t, "status", 200)
	return c
}

// readCall reads one call. A text alone is its method and path.
func readCall(v strictyaml.Value, r row, every Call) Call {
	c := Call{Headers: every.Headers, Cookies: every.Cookies}
	if text, ok := v.Scalar(); ok {
		readLine(v, text, r, &c)
		inherit(&c, r, every)
		return c
	}
	t, ok := v.Table(r.name, slices.Concat(common, furtherOf[r.name]))
	if !ok {
		return c
	}
	readSent(t, r, &c)
	readAnswer(t, r, &c)
	inherit(&c, r, every)
	switch r.name {
	case Socket:
		readSocket(t, &c)
	case Health:
		readHealth(t, &c)
	case Metrics:
		c.Names = readMetrics(t)
	}
	return c
}

// inherit gives c what every call has and c does not say.
func inherit(c *Call, r row, every Call) {
	takes := furtherOf[r.name]
	if slices.Contains(takes, "ids") && c.IDs == nil {
		c.IDs = every.IDs
	}
	if slices.Contains(takes, "source") {
		if c.Source == nil {
			c.Source, c.Sources = every.Source, every.Sources
		}
		if c.Limited == nil {
			c.Limited = every.Limited
		}
		if c.Refused == nil {
			c.Refused = every.Refused
		}
	}
}

// readSent reads what is sent: method, path, headers, cookies and body.
func readSent(t strictyaml.Table, r row, c *Call) {
	if own := readValues(t, "headers"); own != nil {
		c.Headers = merged(c.Headers, own)
	}
	if own := readValues(t, "cookies"); own != nil {
		c.Cookies = merged(c.Cookies, own)
	}
	if v, ok := t.Get("body"); ok {
		readBody(v, r, c)
	}
	v, ok := t.Get("call")
	if !ok {
		t.Missing("call", "its method and path, such as call: GET /items/{id}")
		return
	}
	if text, ok := v.Text(); ok {
		readLine(v, text, r, c)
	}
}

// readLine reads a method and a path, such as GET /items/{id}.
func readLine(v strictyaml.Value, text string, r row, c *Call) {
	var err error
	if c.Method, c.Path, err = traffic.ParseCall(text, methods); err != nil {
		v.Wrong("%s: %v", r.name, err)
		return
	}
	hole := traffic.Hole(c.Path)
	switch {
	case slices.Contains([]string{Socket, Health, Ready, Metrics}, r.name) && c.Method != "GET":
		v.Wrong("%s is asked by GET, not by %s", r.name, c.Method)
	case hole != "" && !r.keyed():
		v.Wrong("%s is asked without a key: %s cannot be filled", r.name, hole)
	case c.Body != "" && !TakesBody(c.Method):
		v.Wrong("%s cannot have a body; use POST, PUT or PATCH, or leave the body out", c.Method)
	case c.Body == "" && TakesBody(c.Method) && r.ref == "" && !(r.name == "change" && c.Method == "PUT"):
		v.Wrong("%s needs a body, such as body: '{\"id\":\"{id}\"}'", c.Method)
	}
}

func readBody(v strictyaml.Value, r row, c *Call) {
	text, ok := v.Scalar()
	if !ok || text == "" {
		v.WrongType("body is a text, such as '{\"id\":\"{id}\"}'")
		return
	}
	c.Body = text
	if err := traffic.CheckTemplate(text, true); err != nil {
		v.Wrong("body: %v", err)
	} else if hole := traffic.Hole(text); hole != "" && !r.keyed() {
		v.Wrong("%s is asked without a key: %s cannot be filled", r.name, hole)
	}
	typed := false
	for name := range c.Headers {
		typed = typed || strings.EqualFold(name, "Content-Type")
	}
	if !typed && !traffic.IsJSON(text) {
		v.Wrong("body is not JSON; if it is another type, give it, such as headers: {Content-Type: text/plain}")
	}
}

// readValues reads headers or cookies; nil: the field is missing.
func readValues(t strictyaml.Table, field string) map[string]string {
	v, ok := t.Get(field)
	if !ok {
		return nil
	}
	out := map[string]string{}
	entries, _ := v.Entries(field)
	for _, e := range entries {
		value, ok := e.Scalar()
		switch name, err := e.Key, traffic.CheckHeaderValue(value, true); {
		case field == "headers" && traffic.CheckHeader(name) != nil:
			e.WrongKey("headers: %v", traffic.CheckHeader(name))
		case field == "headers" && strings.EqualFold(name, "Cookie"):
			e.WrongKey("a cookie is given by cookies: {NAME: VALUE}")
		case field == "cookies" && !traffic.IsHeaderName(name):
			e.WrongKey("%s is not the name of a cookie", near.Quote(name))
		case !ok:
			e.WrongType(name + " is a text, as in " + name + ": value")
		case err != nil:
			e.Wrong("%s: it %v", name, hidden(err))
		case field == "cookies" && strings.ContainsAny(value, `;," `):
			e.Wrong("%s: a cookie's value has no space, comma, semicolon or quote", name)
		default:
			out[name] = value
		}
	}
	return out
}

// hidden is what is wrong with a value that may be secret, without the value.
func hidden(err error) error {
	if text := err.Error(); strings.HasPrefix(text, `"`) {
		return errors.New("is not a header value: want ASCII characters, with no space at either end")
	}
	return fmt.Errorf("is wrong: %w", err)
}

func merged(a, b map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, a)
	maps.Copy(out, b)
	return out
}
