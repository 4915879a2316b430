package guard

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/figure"
)

// A Doubt is why a claim about a fault does not hold though the round is as it promises. What is refuted stays so.
type Doubt struct {
	Complaint
	Findings []figure.Finding
}

// Doubts are why what holds under the rules shows nothing: an instance does not use the Redis that was hurt, or says
// that it has from there what it cannot have; values did not expire that should have, or what instances seem to share is not in Redis.
func (g *Guard) Doubts(r Rules) (out []Doubt) {
	out = append(g.assumed.doubts(&r), g.shared.doubts(&r)...)
	u := &g.uses
	for _, name := range slices.Sorted(maps.Keys(u.of)) {
		in := u.of[name]
		if !u.touched(in, r.matters) {
			continue
		}
		var d Doubt
		if in.lies > 0 {
			says := fmt.Sprintf("%s of instance %s say \"redis\" while nothing comes from Redis", figure.Count(in.lies, "answers"), name)
			d.Findings = []figure.Finding{{Code: "says-redis-falsely", Count: in.lies, Witnesses: in.witnesses,
				Says: "answers say that they come from Redis while nothing does: the service reaches a Redis on another way, or says it of something else"}}
			d.Complaint = Complaint{Code: code.Contradiction, About: name, Text: says, Remedy: "a service that uses the Redis of REDIS_URL only, and says \"redis\" of nothing else"}
		}
		if u.watched[name] && !u.dropped && in.answered >= fewAnswers && in.keyed < in.needed() {
			c := in.unused("the path of instance " + name + " to Redis")
			if d.Text != "" {
				c.Text += "; " + d.Text
			}
			c.Code, c.About = code.Unused, name
			d.Complaint = c
		}
		if d.Code != "" {
			out = append(out, d)
		}
	}
	return out
}

// unused says how the path is not used.
func (in *use) unused(path string) Complaint {
	const own = "a service whose cache uses the Redis of REDIS_URL, at the address that is given there"
	if in.unclear != "" {
		c := Complaint{Text: "what the service says on " + path + " cannot be followed: " + in.unclear, Remedy: "a service that speaks plain RESP to Redis"}
		if in.unclear == "TLS" {
			c.Remedy = "a service that speaks no TLS to Redis: REDIS_URL begins with redis://"
		}
		return c
	}
	if in.keyed > 0 {
		return Complaint{Remedy: own, Text: fmt.Sprintf("its cache hardly uses %s: %s for %s before the fault, where a cache needs %d or more",
			path, figure.Count(in.keyed, "keyed commands"), figure.Count(in.answered, "answers"), in.needed())}
	}
	if len(in.failed) > 0 {
		c := Complaint{Remedy: "a service whose commands Redis answers", Text: "no command of its own succeeded on " + path + " before the fault: " + times(in.failed)}
		if in.failed["NOAUTH"] > 0 {
			c.Remedy = "a service that sends the password of REDIS_URL on each connection"
		}
		return c
	}
	other := maps.Clone(in.sent)
	maps.DeleteFunc(other, func(name string, _ int) bool { return slices.Contains(handshakes, name) })
	if len(other) > 0 {
		return Complaint{Remedy: own, Text: "its cache does not use " + path + ": before the fault it sent " + times(other) + " and no command with a key"}
	}
	sent := "nothing"
	if len(in.sent) > 0 {
		sent = times(in.sent) + " and nothing else"
	}
	return Complaint{Remedy: own, Text: "no command of its own succeeded on " + path + ": before the fault it sent " + sent}
}

// times lists counts, the largest first: "30 × PING, 2 × INFO".
func times(counts map[string]int) string {
	var parts []string
	for _, k := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) }) {
		parts = append(parts, fmt.Sprintf("%d × %s", counts[k], k))
	}
	return strings.Join(parts, ", ")
}
