package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fromEnv is a place of a value that the caller's environment fills: {env:SHOP_TOKEN}. What
// stands there is secret, and is not saved.
var fromEnv = regexp.MustCompile(`\{env:([A-Za-z_][A-Za-z0-9_]*)\}`)

// Filled is c with the caller's environment in its places. The error names what is not set.
func (c *Contract) Filled(lookup func(name string) (string, bool)) (*Contract, error) {
	if c == nil {
		return nil, nil
	}
	var missing []string
	fill := func(text string) string {
		return fromEnv.ReplaceAllStringFunc(text, func(place string) string {
			name := fromEnv.FindStringSubmatch(place)[1]
			value, ok := lookup(name)
			if !ok && !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
			return value
		})
	}
	out := c.each(func(call Call) Call {
		call.Path, call.Body, call.First = fill(call.Path), fill(call.Body), fill(call.First)
		call.Headers, call.Cookies = mapped(call.Headers, fill), mapped(call.Cookies, fill)
		return call
	})
	if len(missing) > 0 {
		slices.Sort(missing)
		return nil, fmt.Errorf("%s: %s is not set in your environment, and a value of the contract is made of it", c.File, strings.Join(missing, ", "))
	}
	return out, nil
}

// each is a copy of c with every call, login too, put through f.
func (c *Contract) each(f func(Call) Call) *Contract {
	out := *c
	out.Calls = map[string]Call{}
	for name, call := range c.Calls {
		out.Calls[name] = f(call)
	}
	if c.Login != nil {
		login := f(*c.Login)
		out.Login = &login
	}
	return &out
}

func mapped(in map[string]string, f func(string) string) map[string]string {
	if in == nil {
		return nil
	}
	out := map[string]string{}
	for k, v := range in {
		out[k] = f(v)
	}
	return out
}

// Header is what a question of the harness's own carries: for health, readiness and metrics.
func (c Call) Header() http.Header {
	out := http.Header{}
	for name, value := range c.headers() {
		out.Set(name, value)
	}
	return out
}

// Environ is what the service reads beside the variables of the reference, made of these. A
// variable of which a part is not set is empty. An error is a duration that its
// unit cannot say.
func (c *Contract) Environ(set map[string]string) (map[string]string, error) {
	out := map[string]string{}
	if c == nil {
		return out, nil
	}
	values := maps.Clone(set)
	if u, err := url.Parse(set["REDIS_URL"]); err == nil && u.Host != "" {
		password, _ := u.User.Password()
		values["REDIS_HOST"], values["REDIS_PORT"], values["REDIS_PASSWORD"] = u.Hostname(), u.Port(), password
	}
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		whole := true
		var wrong error
		text := variable.ReplaceAllStringFunc(c.Env[name], func(place string) string {
			m := variable.FindStringSubmatch(place)
			value, ok := values[m[1]]
			if whole = whole && ok; !ok || m[2] == "" {
				return value
			}
			n, err := inUnit(value, m[2])
			if err != nil {
				wrong = fmt.Errorf("%s: env %s: %s is %s: %w", c.File, name, m[1], value, err)
			}
			return n
		})
		if wrong != nil {
			return nil, wrong
		}
		if !whole {
			text = ""
		}
		out[name] = text
	}
	return out, nil
}

// inUnit is a duration as a whole number of seconds (s) or milliseconds (ms).
func inUnit(value, unit string) (string, error) {
	d, err := time.ParseDuration(value)
	if err != nil {
		return "", fmt.Errorf("no duration, so not a number of %s; write the place without :%s", unit, unit)
	}
	in := map[string]time.Duration{"s": time.Second, "ms": time.Millisecond}[unit]
	if d%in != 0 {
		return "", fmt.Errorf("not a whole number of %s; use :ms, or a copy of the scenario with another value", unit)
	}
	return strconv.FormatInt(int64(d/in), 10), nil
}

// Reads reports whether the service reads a variable of the reference. One whose contract
// says nothing of its environment reads all.
func (c *Contract) Reads(name string) bool {
	if c == nil || c.Env == nil {
		return true
	}
	for _, text := range c.Env {
		for _, m := range variable.FindAllStringSubmatch(text, -1) {
			if m[1] == name || name == "REDIS_URL" && strings.HasPrefix(m[1], "REDIS_") {
				return true
			}
		}
	}
	return false
}

// Metric is the reference's name of a metric of the service.
func (c *Contract) Metric(own string) string {
	metrics, _ := c.Has(Metrics)
	for name, theirs := range metrics.Names {
		if theirs == own {
			return name
		}
	}
	return own
}

// State is what an answer of health says of Redis: one of States, or "unsaid". Where it says
// nothing, a status of 500 and more means down.
func (c *Contract) State(status int, header http.Header, body []byte) string {
	health, _ := c.Has(Health)
	said := strings.ToLower(health.Redis.words(body, header))
	var top struct{ Status string }
	_ = json.Unmarshal(body, &top) // an answer that is no JSON says nothing
	degraded := c == nil && top.Status == "degraded"
	switch {
	case health.Words[said] != "":
		return health.Words[said]
	case health.Words == nil && slices.Contains(States, said) && !(degraded && said == "up"):
		return said
	case degraded, status >= http.StatusInternalServerError:
		return "down"
	}
	return "unsaid"
}
