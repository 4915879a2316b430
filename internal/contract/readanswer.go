package contract

import (
	"slices"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
)

// mostIDs bounds the names of ids.
const mostIDs = 10_000

// readAnswer reads where things stand in an answer, and which is right.
func readAnswer(t strictyaml.Table, r row, c *Call) {
	c.Status = readStatuses(t, "status", 200)
	c.Limited = readStatuses(t, "limited", 400)
	for _, s := range c.Limited {
		if slices.Contains(c.Status, s) {
			t.At("limited").Wrong("limited: %d is a status of a right answer too", s)
		}
	}
	c.Refused = readRefused(t)
	c.IDs = readIDs(t)
	readSource(t, c)
	c.Text = isTrue(t, "text")
	c.Least = t.Whole("least", 1, 1<<20, 0)
	c.Empty = isTrue(t, "empty")
	c.Most = t.Whole("most", 1, 10_000, 0)
	c.Items, c.Item = readPlace(t, "items", false), readPlace(t, "item", false)
	c.ID, c.Version = readPlace(t, "id", false), readPlace(t, "version", !t.Has("items"))
	c.Score, c.Owner = readPlace(t, "score", false), readPlace(t, "owner", false)
	for _, key := range []string{"id", "version", "score", "owner", "empty", "most"} {
		inside := !(key == "version" && c.Version.Header() != "")
		if t.Has(key) && !t.Has("items") && !t.Has("item") && inside {
			what := "items: where the list stands; . is the whole body"
			if slices.Contains(furtherOf[r.name], "item") {
				what = "item: where the object stands; . is the whole body"
			}
			t.At(key).WrongKey("%s needs %s", key, what)
		}
	}
	if c.Text && (c.Items != "" || c.Item != "") {
		t.At("text").Wrong("text: a body that is text has no items and no item; leave one of the two out")
	}
	if c.Version != "" && c.ID == "" && c.Items != "" {
		t.At("version").WrongKey("version needs id: versions of a list are those of its items")
	}
	if r.keeps && c.Items != "" {
		if c.ID == "" {
			t.Wrong("%s has no id: where it stands in each of the items", r.name)
		}
		if r.name == "leaderboard" && c.Score == "" {
			t.Wrong("leaderboard has no score: where it stands in each of the items")
		}
	}
}

func readPlace(t strictyaml.Table, key string, header bool) Place {
	v, ok := t.Get(key)
	if !ok {
		return ""
	}
	text, ok := v.Scalar()
	if !ok || strings.TrimSpace(text) == "" {
		v.WrongType(key + " is a place in the answer, such as data." + key)
		return ""
	}
	p, err := ParsePlace(strings.TrimSpace(text), header)
	if err != nil {
		v.Wrong("%s: %v", key, err)
	}
	return p
}

// readSource reads where an answer says where it came from, and its words for that.
func readSource(t strictyaml.Table, c *Call) {
	if v, ok := t.Get("source"); ok {
		list := []strictyaml.Value{v}
		if v.IsList() {
			list = v.List()
		}
		for _, e := range list {
			text, ok := e.Text()
			if !ok {
				continue
			}
			p, err := ParsePlace(text, true)
			if err != nil {
				e.Wrong("source: %v", err)
			}
			c.Source = append(c.Source, p)
		}
	}
	v, ok := t.Get("sources")
	if !ok {
		return
	}
	if c.Source == nil {
		v.WrongKey("sources needs source: where its words stand, such as source: header X-Cache")
	}
	c.Sources = readWords(v, Sources)
}

// readWords reads the service's words, and what each means: one of known.
func readWords(v strictyaml.Value, known []string) map[string]string {
	out := map[string]string{}
	entries, ok := v.Entries(v.Key)
	if ok && len(entries) == 0 {
		v.Wrong("%s is empty; leave it out or fill it, as in {HIT: %s}", v.Key, known[0])
	}
	for _, e := range entries {
		means, ok := e.Text()
		word := strings.ToLower(strings.TrimSpace(e.Key))
		switch {
		case !ok:
		case !slices.Contains(known, means):
			e.Wrong("%s: unknown %s%s", e.Key, near.Quote(means), near.Hint(means, known))
		case out[word] != "":
			e.WrongKey("%s is given twice: capitals make no difference", near.Quote(e.Key))
		default:
			out[word] = means
		}
	}
	return out
}

func readStatuses(t strictyaml.Table, key string, least int) (out []int) {
	v, ok := t.Get(key)
	if !ok {
		return nil
	}
	list := []strictyaml.Value{v}
	if v.IsList() {
		list = v.List()
	}
	for _, e := range list {
		text, _ := e.Scalar()
		status, err := strconv.Atoi(text)
		switch {
		case err != nil || status < least || status > 599:
			e.WrongType(key + " is a status from " + strconv.Itoa(least) + " to 599, or a list of them")
		case slices.Contains(out, status):
			e.Wrong("%s: %d is given twice", key, status)
		default:
			out = append(out, status)
		}
	}
	return out
}

// readRefused reads where an answer says that it is over the limit, and its words for that.
func readRefused(t strictyaml.Table) map[Place][]string {
	v, ok := t.Get("refused")
	if !ok {
		return nil
	}
	out := map[Place][]string{}
	entries, ok := v.Entries("refused")
	if ok && len(entries) == 0 {
		v.Wrong("refused is empty; leave it out or fill it, as in refused: {allowed: false}")
	}
	for _, e := range entries {
		p, err := ParsePlace(e.Key, true)
		if err != nil {
			e.WrongKey("refused: %v", err)
		}
		list := []strictyaml.Value{e}
		if e.IsList() {
			list = e.List()
		}
		for _, w := range list {
			if word, ok := w.Scalar(); ok && word != "" {
				out[p] = append(out[p], strings.ToLower(word))
			} else {
				w.WrongType("refused has a place and a word, as in refused: {allowed: false}")
			}
		}
	}
	return out
}

func readIDs(t strictyaml.Table) (out []string) {
	v, ok := t.Get("ids")
	if !ok {
		return nil
	}
	list := v.List()
	if len(list) > mostIDs {
		v.Wrong("ids: %d of them; the most is %d", len(list), mostIDs)
		return nil
	}
	for _, e := range list {
		text, ok := e.Scalar()
		switch text = strings.TrimSpace(text); {
		case !ok || text == "" || len(text) > 200:
			e.WrongType("an id is a text of at most 200 bytes")
		case slices.Contains(out, text):
			e.Wrong("ids: %s is given twice", near.Quote(text))
		default:
			out = append(out, text)
		}
	}
	return out
}

func isTrue(t strictyaml.Table, key string) bool {
	v, ok := t.Get(key)
	if !ok {
		return false
	}
	text, _ := v.Scalar()
	if text != "true" && text != "false" {
		v.WrongType(key + " is true or false")
	}
	return text == "true"
}
