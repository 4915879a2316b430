package scenarios

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/command"
	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
)

// accesses stand for many commands.
var accesses = []string{"reads", "writes"}

// readCommands reads what a fault is done to: reads, writes, or a list of names.
func readCommands(r *reader, v strictyaml.Value, f *Fault) {
	if text, ok := v.Scalar(); ok {
		switch word := strings.ToLower(text); {
		case word == "reads" || word == "writes":
			f.Commands = []string{word}
		case knownCommand(text):
			v.Wrong("commands: want a list of names, or reads or writes (did you mean [%s]?)", strings.ToUpper(text))
		default:
			v.Wrong("commands: unknown word %s%s; or a list of names, such as [GET, MGET]", near.Quote(text), near.Hint(text, accesses))
		}
		return
	}
	if !v.IsList() {
		v.WrongType("commands is a list of names, such as [GET, MGET], or reads or writes")
		return
	}
	seen := map[string]bool{}
	for _, e := range v.List() {
		text, ok := e.Scalar()
		name := strings.ToUpper(text)
		switch {
		case !ok:
			e.WrongType("an entry of commands is the name of a command, such as GET")
		case name == "READS" || name == "WRITES":
			e.Wrong("commands: %s stands alone, without a list: commands: %s", strings.ToLower(name), strings.ToLower(name))
		case !knownCommand(text):
			e.Wrong("commands: unknown command %s%s", near.Quote(text), commandHint(text))
		case seen[name]:
			e.Wrong("commands: %s is given twice", name)
		case f.Kind != "error" && !repliesOnce(name):
			e.Wrong("commands: what %s is answered with is no single reply; only error can be done to it", name)
		default:
			f.Commands = append(f.Commands, name)
		}
		seen[name] = true
	}
}

// longestCommand is as long as a name can be that a proxy tells from others.
const longestCommand = 24

// knownCommand: a name with a dot is of a module, which Redis's own list does not have.
func knownCommand(text string) bool {
	_, known := command.Find(text)
	return known || strings.Contains(strings.Trim(text, "."), ".") && len(text) <= longestCommand &&
		!strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' || c == ',' })
}

// commandHint is hint without the whole list, which is long.
func commandHint(text string) string {
	if h := near.Hint(text, command.Names()); strings.Contains(h, "did you mean") {
		return h
	}
	return "; a command of a module has a dot in its name"
}

// repliesOnce reports that a command has one reply, and then no more.
func repliesOnce(name string) bool {
	c, _ := command.Find(name)
	return c.Follow != command.Subscribes && c.Follow != command.Floods
}

func readPrefix(text string, f *Fault) error {
	if text == "" {
		return fmt.Errorf("an empty one is every key's; leave it out")
	}
	f.Prefix = text
	return nil
}

// longestAnswer keeps an answer one line that a person can read.
const longestAnswer = 200

func readAnswer(text string, f *Fault) error {
	word, _, _ := strings.Cut(text, " ")
	switch {
	case strings.HasPrefix(text, "-"):
		return fmt.Errorf("%s: leave the - out, it is put before it", near.Quote(text))
	case strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f }), len(text) > longestAnswer:
		return fmt.Errorf("%s: want one line of %d bytes at most", near.Quote(text), longestAnswer)
	case word == "" || strings.ContainsFunc(word, func(c rune) bool { return c < 'A' || c > 'Z' }):
		return fmt.Errorf("%s: want a word in capitals first, such as ERR or LOADING, by which clients tell errors apart", near.Quote(text))
	}
	f.Answer = text
	return nil
}

// choice checks what commands and prefix say together.
func (r *reader) choice(t strictyaml.Table, f Fault) {
	if !t.Has("commands") && !t.Has("prefix") {
		t.Wrong("%s has neither commands nor prefix: say what it is done to, such as commands: [GET, MGET], commands: reads, or prefix: \"cache:\"", f.Kind)
		return
	}
	if f.Prefix == "" {
		return
	}
	for _, name := range f.Commands {
		if c, known := command.Find(name); known && c.Keys == (command.Keys{}) {
			t.At("prefix").Wrong("prefix: %s has no key that it could stand before", name)
		}
	}
}

// choiceText is which commands f is done to, for people.
func choiceText(f Fault) string {
	s := ""
	switch {
	case len(f.Commands) > 0:
		s = " for " + strings.Join(f.Commands, ", ")
	case f.Prefix != "":
		s = " for commands"
	}
	if f.Prefix != "" {
		s += " of keys " + f.Prefix + "…"
	}
	if f.Answer != "" {
		s = " " + strconv.Quote(f.Answer) + s
	}
	return s
}
