package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/command"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
)

// readCommands reads what a fault is done to: reads, writes, or a list of names.
func readCommands(v strictyaml.Value, f *fault.Fault) {
	if text, ok := v.Scalar(); ok {
		switch word := strings.ToLower(text); {
		case word == "all" && f.Kind != "error":
			v.Wrong("commands: only error can be done to all; choose reads or writes, or a kind that chooses none, such as latency")
		case slices.Contains(fault.Accesses, word):
			f.Commands = []string{word}
		case fault.KnownCommand(text):
			v.Wrong("commands: want a list of names, or reads or writes (did you mean [%s]?)", strings.ToUpper(text))
		default:
			v.Wrong("commands: unknown word %s%s; or a list of names, such as [GET, MGET]", near.Quote(text), near.Hint(text, fault.Accesses))
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
		case slices.Contains(fault.Accesses, strings.ToLower(name)):
			e.Wrong("commands: %s stands alone, without brackets: commands: %s", strings.ToLower(name), strings.ToLower(name))
		case !fault.KnownCommand(text):
			e.Wrong("commands: unknown command %s%s", near.Quote(text), commandHint(text))
		case seen[name]:
			e.Wrong("commands: %s is given twice", name)
		case !f.CanHit(name):
			e.Wrong("commands: %s has no single reply; only error can hit it", name)
		default:
			f.Commands = append(f.Commands, name)
		}
		seen[name] = true
	}
}

// commandHint is hint without the whole list, which is long.
func commandHint(text string) string {
	if h := near.Hint(text, command.Names()); strings.Contains(h, "did you mean") {
		return h
	}
	return "; a command of a module has a dot in its name"
}

func readPrefix(text string, f *fault.Fault) error {
	if text == "" {
		return fmt.Errorf("an empty prefix matches every key; leave it out")
	}
	f.Prefix = text
	return nil
}

func readAnswer(text string, f *fault.Fault) error {
	if why := fault.WrongAnswer(text); why != "" {
		return fmt.Errorf("%s: %s", near.Quote(text), why)
	}
	f.Answer = text
	return nil
}

// checkChoice checks what commands and prefix say together.
func checkChoice(t strictyaml.Table, f fault.Fault) {
	if !t.Has("commands") && !t.Has("prefix") {
		t.Wrong("%s needs commands or a prefix, such as commands: [GET, MGET], commands: reads, or prefix: \"cache:\"", f.Kind)
		return
	}
	if f.Prefix == "" {
		return
	}
	for _, name := range f.Commands {
		if fault.Keyless(name) {
			at := t.At("prefix")
			at.Wrong("prefix: %s has no key", name)
		}
	}
}

// choiceText is which commands f is done to, for people.
func choiceText(f fault.Fault) string {
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
