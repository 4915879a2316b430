package witness

import (
	"cmp"
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
	// fewAlone requests that were alone tie a key to a path.
	fewAlone = 3
	// mostChance is how probable it may be that a key was read by chance only when a path was asked for.
	mostChance = 1e-4
	// fewIDs are different ids among them, where the key has the id in it.
	fewIDs = 2
)

// support is what speaks for a form.
type support struct {
	n   int
	ids []string
}

// learn ties keys to paths. A key with the id of a request in it that was read while no other request for that id was under
// way was read for it. A key without is that of a path if it was only ever read while its requests were under way. No
// other path's requests read it.
func (w *Witness) learn() {
	forms := map[*path]map[form]*support{}
	for _, p := range w.paths {
		forms[p] = map[form]*support{}
	}
	scripts := false
	by := map[string]*path{} // the path whose requests read a key; nil: several do
	written := map[string]bool{}
	for _, in := range w.instances {
		for _, s := range in.said {
			written[s.key] = written[s.key] || s.writes
			scripts = scripts || s.script
		}
		if in.blind != "" {
			continue
		}
		w.alone(in, func(c *call) {
			for _, s := range in.within(c.sent, c.done) {
				f, has := formOf(s.key, c.key)
				if !s.reads || !has {
					continue
				}
				if p, seen := by[s.key]; !seen {
					by[s.key] = c.of
				} else if p != c.of {
					by[s.key] = nil
				}
				if forms[c.of][f] == nil {
					forms[c.of][f] = &support{}
				}
				forms[c.of][f].add(c.key)
			}
		})
	}
	for _, p := range w.paths {
		w.fixed(p, forms[p], by)
		p.choose(forms[p], by, written)
		switch {
		case p.form != "" || p.why != "":
		case scripts:
			p.why = "the service uses scripts, and what these read is not on the wire"
		default:
			p.why = "no key that the service reads and writes could be tied to its requests"
		}
	}
}

// fixed adds the keys without an id that were only read while requests for a path were under way, where that is no chance:
// the requests take up only a part of the time.
func (w *Witness) fixed(p *path, forms map[form]*support, by map[string]*path) {
	type tally struct {
		n      int
		chance float64
		hash   bool
	}
	seen := map[string]*tally{} // nil: it was read at another time too
	for _, in := range w.instances {
		var busy [][2]time.Duration // when requests for the path were under way
		var from, sum, until time.Duration
		for i, at := range in.calls {
			c := &w.calls[at]
			if i == 0 {
				from = c.sent
			}
			if until = max(until, c.done); c.of != p {
				continue
			}
			if n := len(busy); n > 0 && c.sent <= busy[n-1][1] {
				busy[n-1][1] = max(busy[n-1][1], c.done)
			} else {
				busy = append(busy, [2]time.Duration{c.sent, c.done})
			}
		}
		for _, b := range busy {
			sum += b[1] - b[0]
		}
		part := min(1, float64(sum)/float64(max(1, until-from)))
		for _, s := range in.said {
			if !s.reads {
				continue
			}
			i, exact := slices.BinarySearchFunc(busy, s.sent, func(b [2]time.Duration, t time.Duration) int { return cmp.Compare(b[0], t) })
			inside := exact || i > 0 && s.sent <= busy[i-1][1]
			t, known := seen[s.key]
			switch {
			case !inside:
				seen[s.key] = nil
			case !known:
				seen[s.key] = &tally{1, part, s.hash}
			case t != nil:
				t.n, t.chance = t.n+1, t.chance*part
			}
		}
	}
	for key, t := range seen {
		if t == nil || t.n < fewAlone || t.chance > mostChance || by[key] != nil || p.keyed && !t.hash {
			continue
		}
		forms[form(key)] = &support{n: t.n}
		by[key] = p
	}
}

func (s *support) add(id string) {
	if s.n++; len(s.ids) < fewIDs && !slices.Contains(s.ids, id) {
		s.ids = append(s.ids, id)
	}
}

// alone calls f for each right answer with an id, while no other request for that id was under way on the instance.
func (w *Witness) alone(in *instance, f func(c *call)) {
	of := map[string][]*call{}
	for _, at := range in.calls {
		if c := &w.calls[at]; c.key != "" {
			of[c.key] = append(of[c.key], c)
		}
	}
	for _, calls := range of {
		var busy time.Duration // until then others are under way
		for i, c := range calls {
			if c.of != nil && c.right && c.sent > busy && (i+1 == len(calls) || calls[i+1].sent > c.done) {
				f(c)
			}
			busy = max(busy, c.done)
		}
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
