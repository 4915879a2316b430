package fault

import (
	"fmt"
	"slices"
	"strings"
)

// Explain says what a kind of fault does, to what, which parameters it has, what
// a client meets and what it needs; false: there is no such kind.
func Explain(name string) (text string, ok bool) {
	k, ok := Find(name)
	if !ok {
		return "", false
	}
	lines := []string{k.Name + ": " + k.About}
	add := func(label, text string) {
		if text != "" {
			lines = append(lines, fmt.Sprintf("  %-9s %s", label, text))
		}
	}
	to := strings.Join(k.On, " or ")
	if k.Acts == Path {
		to = "the path to " + to
	}
	add("done to", to)
	for _, p := range parameters {
		if slices.Contains(k.Needs, p.Name) {
			add("needs", p.explain())
		}
	}
	for _, p := range parameters {
		if slices.Contains(k.Takes, p.Name) {
			add("takes", p.explain())
		}
	}
	add("client", k.met())
	add("lasts", k.shortest())
	add("redis", k.which())
	return strings.Join(lines, "\n"), true
}

// explain is the parameter in one line: "delay, a duration, such as 50ms; 2ms or more".
func (p Parameter) explain() string {
	text := p.Name + ", " + p.Form
	if p.Bounds != "" {
		text += "; " + p.Bounds
	}
	if p.Default != "" {
		text += "; default: " + p.Default
	}
	return text
}

// met is what becomes of a call of a client of Redis.
func (k Kind) met() string {
	text := ""
	switch old, fresh := k.Old.Call, k.New.Call; {
	case old == "":
		return ""
	case old == fresh:
		text = fateText[old]
	default:
		text = fateText[old] + " on old connections, " + fateText[fresh] + " on new ones"
	}
	if k.Spares != "" {
		text += "; " + k.Spares
	}
	return text
}

var fateText = map[Fate]string{
	Answered: "an answer at once",
	Delayed:  "a late answer",
	Silence:  "no answer until it ends",
	Ended:    "a closed connection",
	Refused:  "a refused connection",
	Retried:  "an error, after which it tries again on the same connection",
	Evicted:  "an error, after which it tries again on another connection",
}

// shortest says how long it must last to be proved.
func (k Kind) shortest() string {
	text := fmt.Sprintf("%v or more, for its canaries to prove it", Fault{Kind: k.Name}.Least())
	if k.takes("delay") {
		text += fmt.Sprintf("; or its longest delay and %v, where that is more", spare)
	}
	return text
}

// which says which Redis it can be done to, where that is not any.
func (k Kind) which() string {
	switch {
	case k.Acts == Path && !k.Toxiproxy:
		return "any; not through somebody else's toxiproxy"
	case k.Acts == Path && len(k.OwnProxy) > 0:
		return "any; through somebody else's toxiproxy without " + strings.Join(k.OwnProxy, " and ")
	case k.Acts == Path:
		return "any; also through somebody else's toxiproxy"
	case len(k.Redis) > 0:
		return k.Remedy()
	}
	return ""
}

// Remedy is the flags that give a run a Redis that it can be done to.
func (k Kind) Remedy() string {
	if slices.Equal(k.Redis, composed) {
		return "--stack compose, or --compose with a file of yours"
	}
	return "--redis " + strings.Join(k.Redis, " or ")
}
