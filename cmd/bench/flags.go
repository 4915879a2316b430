package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// errHelped says that --help has printed the help.
var errHelped = errors.New("help was printed")

// parse reads flags between, before and after other arguments, and returns these.
func parse(fs *flag.FlagSet, help string, args []string, out io.Writer) (rest []string, err error) {
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	for {
		err := fs.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(out, help)
			return nil, errHelped
		}
		if err != nil {
			return nil, fmt.Errorf("%w; see bench %s --help", err, fs.Name())
		}
		args = fs.Args()
		if len(args) == 0 {
			return rest, nil
		}
		rest, args = append(rest, args[0]), args[1:]
	}
}

// list is a flag that may be repeated.
type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

// commas splits what was given in one flag.
func commas(all list) (out []string) {
	for _, l := range all {
		for s := range strings.SplitSeq(l, ",") {
			out = append(out, strings.TrimSpace(s))
		}
	}
	return out
}

// given reports whether the user set a flag.
func given(fs *flag.FlagSet, name string) bool {
	found := false
	fs.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}
