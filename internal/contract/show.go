package contract

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/redact"
	"github.com/trektribe/bench/internal/traffic"
)

// plainHeaders are those whose values are no secret, in small letters. All others may be.
var plainHeaders = []string{"accept", "accept-language", "content-type", "user-agent"}

// Secrets are the values of headers and cookies that nothing may show.
func (c *Contract) Secrets() (out []string) {
	if c == nil {
		return nil
	}
	c.each(func(call Call) Call {
		for name, value := range call.Headers {
			if !slices.Contains(plainHeaders, strings.ToLower(name)) {
				out = append(out, value)
			}
		}
		for _, value := range call.Cookies {
			out = append(out, value)
		}
		return call
	})
	slices.Sort(out)
	return slices.Compact(out)
}

const covered = "xxxxx"

// Shown is c as it may be saved and shown: without the values of its headers and cookies,
// and without what bodies and queries hold under the name of a secret.
func (c *Contract) Shown() *Contract {
	if c == nil {
		return nil
	}
	out := c.each(func(call Call) Call {
		headers := map[string]string{}
		for name, value := range call.Headers {
			if headers[name] = covered; slices.Contains(plainHeaders, strings.ToLower(name)) {
				headers[name] = value
			}
		}
		if call.Headers != nil {
			call.Headers = headers
		}
		call.Cookies = mapped(call.Cookies, func(string) string { return covered })
		call.Path = redact.Text(coveredIn(query, call.Path))
		call.Body, call.First = redact.Text(coveredIn(field, call.Body)), redact.Text(coveredIn(field, call.First))
		return call
	})
	if out.Login != nil && out.Login.Body != "" {
		out.Login.Body = covered
	}
	out.Env = map[string]string{}
	for name, text := range c.Env {
		out.Env[name] = redact.Variable(name, text)
	}
	return out
}

var (
	query = regexp.MustCompile(`([?&])([^=&]+)=([^&]*)`)
	field = regexp.MustCompile(`(")([^"]+)"\s*:\s*"([^"]*)"`)
)

// coveredIn covers the values in text that stand under the name of a secret.
func coveredIn(pairs *regexp.Regexp, text string) string {
	return pairs.ReplaceAllStringFunc(text, func(pair string) string {
		m := pairs.FindStringSubmatch(pair)
		if blank := slices.Contains(traffic.Blanks, m[3]); !redact.Secret(m[2]) || m[3] == "" || blank {
			return pair
		}
		at := strings.LastIndex(pair, m[3])
		return pair[:at] + covered + pair[at+len(m[3]):]
	})
}

// Line says in one line what is mapped.
func (c *Contract) Line() string {
	var missing []string
	for _, name := range Names() {
		if _, ok := c.Calls[name]; !ok {
			missing = append(missing, name)
		}
	}
	text := fmt.Sprintf("%s (%s)", c.Name, c.File)
	if len(missing) > 0 {
		text += ", without " + strings.Join(missing, ", ")
	}
	return text
}

// Lines say how every call is spoken, and what is right: rows of the harness's call, the
// service's and its answer. Secrets are not in them.
func (c *Contract) Lines() (out [][3]string) {
	shown := c.Shown()
	if login := shown.Login; login != nil {
		out = append(out, [3]string{"login", login.sent(), "its cookies are kept"})
	}
	for _, r := range rows {
		call, ok := shown.Calls[r.name]
		if !ok {
			out = append(out, [3]string{r.text(), "not spoken", ""})
			continue
		}
		out = append(out, [3]string{r.text(), call.sent(), call.right()})
	}
	for _, name := range slices.Sorted(maps.Keys(shown.Env)) {
		out = append(out, [3]string{"env", name + "=" + shown.Env[name], ""})
	}
	return out
}

func (r row) text() string { return r.name + ": " + r.method + " " + r.path }

// sent is what a request is, in one line.
func (c Call) sent() string {
	text := c.Method + " " + c.Path
	if c.Body != "" {
		text += " " + strconv.Quote(c.Body)
	}
	for _, kind := range []struct {
		name string
		of   map[string]string
	}{{"headers", c.Headers}, {"cookies", c.Cookies}} {
		if len(kind.of) > 0 {
			text += ", " + kind.name + " " + strings.Join(slices.Sorted(maps.Keys(kind.of)), ", ")
		}
	}
	return text
}

// right is what a right answer is, in one line.
func (c Call) right() string {
	var out []string
	say := func(what, is string) {
		if is != "" {
			out = append(out, what+" "+is)
		}
	}
	say("status", numbers(c.Status))
	say("limited", numbers(c.Limited))
	for _, place := range slices.Sorted(maps.Keys(c.Refused)) {
		say("refused where "+string(place)+" is", strings.Join(c.Refused[place], " or "))
	}
	if c.Text {
		out = append(out, "any text")
	}
	if c.Least > 0 {
		out = append(out, fmt.Sprintf("at least %d bytes", c.Least))
	}
	for _, p := range []struct {
		what  string
		place Place
	}{{"items", c.Items}, {"item", c.Item}, {"id", c.ID}, {"version", c.Version}, {"score", c.Score}, {"owner", c.Owner},
		{"redis", c.Redis}, {"type", c.Type}, {"session", c.Session}, {"message", c.Message}} {
		say(p.what, string(p.place))
	}
	for _, p := range c.Source {
		say("source", string(p))
	}
	for _, words := range []map[string]string{c.Sources, c.Words, c.Names} {
		for _, word := range slices.Sorted(maps.Keys(words)) {
			out = append(out, word+" = "+words[word])
		}
	}
	return strings.Join(out, ", ")
}

func numbers(all []int) string {
	var out []string
	for _, n := range all {
		out = append(out, strconv.Itoa(n))
	}
	return strings.Join(out, ", ")
}
