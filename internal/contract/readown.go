package contract

import (
	"regexp"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
	"github.com/trektribe/bench/internal/traffic"
)

// States are what a service can say of its Redis.
var States = []string{"up", "down", "unconfigured"}

// readSocket reads what is sent first on a socket, and what its messages are.
func readSocket(t strictyaml.Table, c *Call) {
	if v, ok := t.Get("first"); ok {
		if text, ok := v.Scalar(); ok {
			c.First = text
			if err := traffic.CheckTemplate(text, true); err != nil {
				v.Wrong("first: %v", err)
			}
		} else {
			v.WrongType(`first is a text, such as '{"subscribe":"{user}"}'`)
		}
	}
	c.Type = readPlace(t, "type", false)
	c.Session, c.Message = readPlace(t, "session", false), readPlace(t, "message", false)
	if v, ok := t.Get("words"); ok {
		c.Words = readWords(v, []string{IsSession, IsNotification})
	}
	if (c.Type == "") != (c.Words == nil) {
		t.Wrong("socket: type and words belong together, such as type: event and words: {note: message}")
	}
	if c.First != "" && c.Session == "" {
		// Until it is answered nobody listens, and what comes before is not lost.
		t.At("first").WrongKey("first needs session: where the answer to it has an id; from then on the socket listens")
	}
}

// readHealth reads the words of /health for the state of Redis.
func readHealth(t strictyaml.Table, c *Call) {
	c.Redis = readPlace(t, "redis", true)
	for _, state := range States {
		v, ok := t.Get(state)
		if !ok {
			continue
		}
		if c.Redis == "" {
			v.WrongKey("%s needs redis: where the answer says the state of Redis", state)
		}
		list := []strictyaml.Value{v}
		if v.IsList() {
			list = v.List()
		}
		for _, e := range list {
			word, ok := e.Text()
			word = strings.ToLower(word)
			if c.Words == nil {
				c.Words = map[string]string{}
			}
			switch {
			case !ok:
			case c.Words[word] != "":
				e.Wrong("%s: %s already means %s", state, near.Quote(word), c.Words[word])
			default:
				c.Words[word] = state
			}
		}
	}
}

var metricName = regexp.MustCompile(`^[A-Za-z_:][A-Za-z0-9_:]*$`)

// readMetrics reads the service's names of metrics.
func readMetrics(t strictyaml.Table) map[string]string {
	v, ok := t.Get("names")
	if !ok {
		return nil
	}
	out := map[string]string{}
	taken := map[string]string{}
	entries, _ := v.Entries("names")
	for _, e := range entries {
		own, ok := e.Text()
		switch {
		case taken[own] != "":
			e.Wrong("names: %s is the name of %s already", near.Quote(own), taken[own])
		case !metricName.MatchString(e.Key):
			e.WrongKey("names: %s is not the name of a metric", near.Quote(e.Key))
		case ok && !metricName.MatchString(own):
			e.Wrong("names: %s is not the name of a metric; labels do not belong here", near.Quote(own))
		default:
			out[e.Key], taken[own] = own, e.Key
		}
	}
	return out
}

// Variables are those of the reference contract, which a template of the environment may
// have. REDIS_HOST, REDIS_PORT and REDIS_PASSWORD are parts of REDIS_URL.
var Variables = []string{"PORT", "INSTANCE", "REDIS_URL", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "SQLITE_PATH", "CACHE_POLICY",
	"TTL_TRIPS", "TTL_PROFILES", "TTL_AI", "RATE_LIMIT", "RATE_WINDOW", "INSTANCES", "TRUSTED_PROXIES", "SESSION_LEASE",
	"PING_INTERVAL", "PING_TIMEOUT", "DB_DELAY", "AI_DELAY", "LOG_LEVEL"}

// set are the variables that the harness sets by itself: nothing else may.
var set = []string{"PORT", "INSTANCE", "REDIS_URL", "SQLITE_PATH", "CACHE_POLICY"}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// variable is a place of a template: {TTL_TRIPS}, {TTL_TRIPS:s}.
var variable = regexp.MustCompile(`\{([A-Za-z_][A-Za-z0-9_]*)(?::([a-z]*))?\}`)

// ownAddress reports whether the service has the address of Redis in REDIS_URL in a form of its own.
func ownAddress(name, text string) bool {
	return name == "REDIS_URL" && strings.Contains(text, "{REDIS_HOST}") && strings.Contains(text, "{REDIS_PORT}")
}

// readEnv reads the service's own variables.
func readEnv(t strictyaml.Table) map[string]string {
	v, ok := t.Get("env")
	if !ok {
		return nil
	}
	out := map[string]string{}
	entries, _ := v.Entries("env")
	for _, e := range entries {
		text, ok := e.Scalar()
		switch {
		case !envName.MatchString(e.Key):
			e.WrongKey("env name %s: want NAME: value, with letters, digits and _", near.Quote(e.Key))
		case slices.Contains(set, e.Key) && !ownAddress(e.Key, text):
			e.WrongKey("%s is set by bench; name the variable that the service reads instead, such as HTTP_PORT: '{PORT}'", e.Key)
		case !ok:
			e.WrongType(e.Key + " is a text, as in " + e.Key + ": '{TTL_TRIPS}'")
		default:
			out[e.Key] = text
			for _, m := range variable.FindAllStringSubmatch(text, -1) {
				switch {
				case !slices.Contains(Variables, m[1]):
					e.Wrong("%s: {%s} cannot be filled%s", e.Key, m[1], near.Hint(m[1], Variables))
				case m[2] != "" && m[2] != "s" && m[2] != "ms":
					e.Wrong("%s: {%s:%s}: want {%s}, {%s:s} in seconds or {%s:ms} in milliseconds", e.Key, m[1], m[2], m[1], m[1], m[1])
				}
			}
		}
	}
	return out
}
