package witness

import (
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/source"
)

// A path is what is known of the requests for one.
type path struct {
	text   string
	keyed  bool
	loaded string          // the source of what is loaded
	form   form            // of the key that is read for it; zero: none could be tied to it
	why    string          // why not
	once   bool            // a request was never seen to read its key twice
	loads  []time.Duration // the shortest first
}

// path is that of a stream.
func (w *Witness) path(text string) *path {
	if w.paths[text] == nil {
		p := &path{text: text, keyed: strings.Contains(text, "{"), loaded: source.Database}
		if strings.HasPrefix(text, "/api/recommendations") {
			p.loaded = source.AI
		}
		w.paths[text] = p
	}
	return w.paths[text]
}

// A form is that of a key: parts between which the id of the request stands.
type form string

// place stands for the id; no key that can be seen has it.
const place = "\x00"

// formOf is the form of a key in which an id stands by itself.
func formOf(key, id string) (f form, has bool) {
	var b strings.Builder
	for at := 0; at < len(key); {
		i := strings.Index(key[at:], id)
		if i < 0 {
			b.WriteString(key[at:])
			break
		}
		i += at
		b.WriteString(key[at:i])
		at = i + len(id)
		if i > 0 && wordy(key[i-1]) || at < len(key) && wordy(key[at]) {
			b.WriteString(id)
			continue
		}
		b.WriteString(place)
		has = true
	}
	return form(b.String()), has
}

func wordy(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// key is that of an id.
func (f form) key(id string) string { return strings.ReplaceAll(string(f), place, id) }

// has reports whether a key has the form.
func (f form) has(key string) bool {
	first, rest, more := strings.Cut(string(f), place)
	after, ok := strings.CutPrefix(key, first)
	switch {
	case !ok || !more:
		return ok && after == ""
	case !strings.Contains(rest, place):
		return len(after) > len(rest) && strings.HasSuffix(after, rest)
	}
	end, _, _ := strings.Cut(rest, place)
	i := strings.Index(after, end)
	return i > 0 && f.key(after[:i]) == key
}

const (
	// fewAlone requests that were alone on their instance tie a key to a path.
	fewAlone = 3
	// fewIDs are different ids among them, where the key has the id in it.
	fewIDs = 2
)

// support is what speaks for a form.
type support struct {
	n   int
	ids []string
}

// learn ties keys to paths: the key that was read while a request was alone on its instance was read for it. It has the
// id of the request in it, or is the same for all requests of the path, and no other path's requests read it.
func (w *Witness) learn() {
	forms := map[*path]map[form]*support{}
	alone, scripts := map[*path]int{}, map[*path]int{}
	by := map[string]*path{} // the path whose requests read a key; nil: several do
	written := map[string]bool{}
	for _, in := range w.instances {
		for _, s := range in.said {
			written[s.key] = written[s.key] || s.writes
		}
		if in.blind != "" {
			continue
		}
		w.alone(in, func(c *call) {
			if c.of == nil || !c.right {
				return
			}
			alone[c.of]++
			var got []form
			scripted := false
			for _, s := range in.within(c.sent, c.done) {
				scripted = scripted || s.script
				if !s.reads {
					continue
				}
				f, has := form(s.key), true
				if c.of.keyed {
					f, has = formOf(s.key, c.key)
				}
				has = has || s.hash // one hash of all ids
				if p, seen := by[s.key]; !seen {
					by[s.key] = c.of
				} else if p != c.of {
					by[s.key] = nil
				}
				if has && !slices.Contains(got, f) {
					got = append(got, f)
				}
			}
			if scripted {
				scripts[c.of]++
			}
			if forms[c.of] == nil {
				forms[c.of] = map[form]*support{}
			}
			for _, f := range got {
				if forms[c.of][f] == nil {
					forms[c.of][f] = &support{}
				}
				forms[c.of][f].add(c.key)
			}
		})
	}
	for _, p := range w.paths {
		p.choose(forms[p], by, written)
		switch {
		case p.form != "" || p.why != "":
		case scripts[p] > 0:
			p.why = "it uses scripts, and what these read is not on the wire"
		case alone[p] < fewAlone:
			p.why = "hardly a request was alone, so that its commands could be known"
		default:
			p.why = "no key that it reads and writes could be tied to its requests"
		}
	}
}

func (s *support) add(id string) {
	if s.n++; len(s.ids) < fewIDs && !slices.Contains(s.ids, id) {
		s.ids = append(s.ids, id)
	}
}

// alone calls f for each request during which no other was under way on the instance.
func (w *Witness) alone(in *instance, f func(c *call)) {
	var busy time.Duration // until then others are under way
	for i, at := range in.calls {
		c := &w.calls[at]
		if c.sent > busy && (i+1 == len(in.calls) || w.calls[in.calls[i+1]].sent > c.done) {
			f(c)
		}
		busy = max(busy, c.done)
	}
}

// choose takes the one form that speaks for itself.
func (p *path) choose(forms map[form]*support, by map[string]*path, written map[string]bool) {
	for f, s := range forms {
		fixed := !strings.Contains(string(f), place)
		if s.n < fewAlone || !fixed && len(s.ids) < fewIDs {
			continue
		}
		own, wrote := true, false
		for key, of := range by {
			if f.has(key) {
				own = own && of == p
			}
		}
		for key, is := range written {
			wrote = wrote || is && f.has(key)
		}
		if !own || !wrote {
			continue
		}
		if p.form != "" {
			p.form, p.why = "", "its requests read several keys that the service also writes"
			return
		}
		p.form, p.once = f, true
	}
}
