package strictyaml_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/strictyaml"
)

var form = strictyaml.Form{What: "recipe", Keys: []string{"name", "about", "steps", "notes"}, Renamed: map[string]string{"title": "name"}}

func TestWhatIsNoMappingIsRefusedWithItsPlace(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		line, col  int
		want       string
	}{
		{"empty", "", 1, 1, "the file is empty; a recipe has: name, about"},
		{"only a comment", "# nothing\n", 1, 1, "the file is empty"},
		{"only a document mark", "---\n", 1, 1, "the file is empty"},
		{"text", "\nhello world\n", 2, 1, `a recipe is a mapping, such as {key: value}; here is "hello world"`},
		{"list", "- name: x\n", 1, 1, "here is a list"},
		{"no YAML", "name: x\nsteps: [{a: 1\n", 2, 9, "not YAML: "},
		{"tab that indents", "name: x\nabout:\n\tsteps: 2\n", 3, 1, "a tab cannot indent"},
		{"binary", "name: a\x00b\n", 1, 8, "not text: byte 0x00"},
		{"not UTF-8", "name: aé\xff\n", 1, 9, "not text: byte 0xff"},
		{"too large", strings.Repeat("# x\n", 1<<18+1), 1, 1, "larger than 1 MiB: not a recipe"},
		{"too long a line", "name: x\nabout: " + strings.Repeat("- ", 3000) + "\n", 2, 1, "longer than 2000 bytes"},
		{"too many lines", strings.Repeat("#\n", 4999) + "#\n#\n", 5000, 1, "more than 5000 lines"},
		{"too many words", strings.Repeat("- ["+strings.Repeat("a,", 48)+"a]\n", 200) + "- a\n", 201, 1, "more than 20000 words"},
		{"too deep", strings.Repeat("[", 33), 1, 33, "nested more than 32 deep"},
		{"two documents", "name: x\n---\nname: y\n", 3, 1, "a second document: a file holds one recipe"},
		{"a key that is a list", "[a]: 1\n", 1, 4, "not YAML: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, _, ok := strictyaml.Read("x.yaml", []byte(tt.text), form)
			var got strictyaml.Mistakes
			if ok || !errors.As(f.Err(), &got) || len(got) != 1 {
				t.Fatalf("ok %v, error %v; want one mistake", ok, f.Err())
			}
			if m := got[0]; m.File != "x.yaml" || m.Line != tt.line || m.Col != tt.col || !strings.Contains(m.Msg, tt.want) {
				t.Errorf("%v\nwant x.yaml:%d:%d: …%s…", m, tt.line, tt.col, tt.want)
			}
		})
	}
}

func TestKeysAreKnownAndGivenOnce(t *testing.T) {
	f, root, ok := strictyaml.Read("x.yaml", []byte("name: x\nabuot: y\nname: z\ntitle: t\nsteps: &a b\nnotes:\n  <<: 1\n"), form)
	if !ok {
		t.Fatal(f.Err())
	}
	for _, key := range []string{"steps", "notes"} {
		v, _ := root.Get(key)
		if key == "steps" {
			v.List()
		} else {
			v.Entries(key)
		}
	}
	want := `x.yaml:2:1: unknown key "abuot" of a recipe (did you mean about?)
x.yaml:3:1: "name" is given twice, first in line 1
x.yaml:4:1: unknown key "title" of a recipe (it is called name now)
x.yaml:5:8: steps: anchors, aliases and tags are not part of the language; write the value out
x.yaml:7:3: a key of notes must be a plain word`
	if err := f.Err(); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if name := root.Text("name", ""); name != "x" {
		t.Errorf("name %q, want the first", name)
	}
}

func TestReadingAgainKeepsWhatIsNew(t *testing.T) {
	f, root, _ := strictyaml.Read("x.yaml", []byte("steps: []\nnotes: [a]\n"), form)
	root.List("steps", "")
	f.Again("later: ", func() {
		root.List("steps", "")
		root.Text("notes", "")
	})
	want := "x.yaml:1:8: steps is an empty list; leave it out or fill it\nx.yaml:2:8: later: notes is a text; here is a list"
	if err := f.Err(); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}
