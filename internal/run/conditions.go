package run

import (
	"fmt"
	"net/url"
	"sort"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/reports"
)

// conditions are the lines under "measured under": what a reader must know to compare two runs.
func conditions(s *Saved, load *loadSeen) []reports.Condition {
	out := []reports.Condition{
		{Name: "machine", Value: s.Machine.String()},
		{Name: "target", Value: s.Target},
		{Name: "redis", Value: strings.TrimSpace(s.Redis.Kind + " " + s.Redis.Version)},
		{Name: "seed", Value: strconv.FormatUint(s.Seed, 10)},
	}
	for _, sc := range s.Scenarios {
		var env []string
		for k, v := range sc.Target.Env {
			env = append(env, k+"="+v)
		}
		sort.Strings(env)
		out = append(out, reports.Condition{Name: sc.Name, Value: strings.TrimSpace(fmt.Sprintf("%d instances %s", sc.Target.Instances, strings.Join(env, " ")))})
	}
	if load.requests > 0 {
		out = append(out, reports.Condition{Name: "generator", Value: load.String()})
	}
	return out
}

// targetText says what was tested, without passwords.
func targetText(l lab.Spec) string {
	switch {
	case len(l.URLs) > 0:
		var urls []string
		for _, u := range l.URLs {
			urls = append(urls, redactURL(u))
		}
		return strings.Join(urls, " ")
	case len(l.Command) > 0:
		words := make([]string, len(l.Command))
		for i, w := range l.Command {
			words[i] = redactURL(w)
		}
		return strings.Join(words, " ")
	}
	return "bench serve"
}

// redactURL takes the password out of a word that is a URL.
func redactURL(word string) string {
	u, err := url.Parse(word)
	if err != nil || u.User == nil {
		return word
	}
	return u.Redacted()
}
