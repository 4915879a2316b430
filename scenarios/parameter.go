package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
)

// A parameter is a key of a fault that some kinds take.
type parameter struct {
	key string
	is  string // the form of its value
	why string // what it is, where it is missing
	// read puts the value into f. What other parameters gave is there already
	// if they stand above this one in the table, and zero if they were wrong.
	read func(text string, f *Fault) error
	// list reads a value that may be a list instead; nil: it may not.
	list func(r *reader, v strictyaml.Value, f *Fault)
}

var parameters = []parameter{
	{"delay", "a duration, such as 50ms", "how much later a reply comes, such as 50ms", readDelay, nil},
	{"shape", "normal, or left out for uniform", "", readShape, nil},
	{"jitter", "a duration, such as 10ms", "the standard deviation of a normal delay, such as 10ms", readJitter, nil},
	{"to", "a duration, such as 500ms", "", readTo, nil},
	{"share", "a percentage, such as 5%", "how many of the replies come later, such as 5%", readShare, nil},
	{"after", "a number of bytes, such as 20KB", "how many bytes of replies a connection passes before it ends, such as 20KB", readAfter, nil},
	{"size", "a number of bytes, such as 100B", "how many bytes of a reply come at once, such as 100B", readSize, nil},
	{"rate", "a number of bytes per second, such as 20KB/s", "how fast replies come on each connection, such as 20KB/s", readByteRate, nil},
	{"direction", "requests or replies", "what is held, requests or replies", readDirection, nil},
	{"commands", "a list of commands, or reads or writes", "", nil, readCommands},
	{"prefix", "a text", "", readPrefix, nil},
	{"answer", "an error of Redis", "the error that is answered, such as LOADING Redis is loading the dataset in memory", readAnswer, nil},
}

func parameterKeys() []string {
	var out []string
	for _, p := range parameters {
		out = append(out, p.key)
	}
	return out
}

// parameters reads what f's kind takes.
func (r *reader) parameters(t strictyaml.Table, f *Fault) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == f.Kind })
	if i < 0 {
		if at := t.At("kind"); f.Kind != "" {
			at.Wrong("unknown kind of fault %s%s", near.Quote(f.Kind), near.Hint(f.Kind, Kinds()))
		}
		return
	}
	for _, p := range parameters {
		v, given := t.Get(p.key)
		needed := slices.Contains(kinds[i].needs, p.key) || p.key == "jitter" && f.Shape != ""
		switch {
		case !given && needed:
			t.Missing(p.key, p.why)
		case !given:
		case !needed && !slices.Contains(kinds[i].takes, p.key):
			v.WrongKey("%s takes no %s", f.Kind, p.key)
		case p.list != nil:
			p.list(r, v, f)
		default:
			text, ok := v.Scalar()
			if !ok {
				v.WrongType(p.key + " is " + p.is)
			} else if err := p.read(text, f); err != nil {
				v.Wrong("%s: %v", p.key, err)
			}
		}
	}
	if slices.Contains(kinds[i].takes, "commands") {
		r.choice(t, *f)
	}
}

// leastDelay: a proxy adds up to 0.8 ms of its own to any delay (measured), so
// that a smaller one would mostly be its noise.
const leastDelay = 2 * time.Millisecond

func readDelay(text string, f *Fault) error {
	d, err := parseDuration(text)
	if err == nil && d < leastDelay {
		err = fmt.Errorf("%v is below %v, the least that a proxy adds faithfully", d, leastDelay)
	}
	if err == nil {
		f.Delay = d
	}
	return err
}

func readShape(text string, f *Fault) error {
	if text != "normal" {
		return fmt.Errorf("unknown shape %s%s; leave it out for uniform", near.Quote(text), near.Hint(text, []string{"normal"}))
	}
	f.Shape = text
	return nil
}

func readJitter(text string, f *Fault) error {
	d, err := parseDuration(text)
	switch {
	case err != nil:
		return err
	case f.Shape != "" && d <= 0:
		return fmt.Errorf("%v leaves nothing to chance; leave the shape out", d)
	case f.Shape != "" && f.Delay > 0 && d > f.Delay:
		return fmt.Errorf("%v is above the delay of %v: so wide a normal delay is mostly cut at 0", d, f.Delay)
	case f.Shape == "" && f.Delay > 0 && f.Delay-d < leastDelay:
		return fmt.Errorf("%v leaves less than %v of the delay of %v, and a canary could not tell it from a clean path", d, leastDelay, f.Delay)
	}
	f.Jitter = d
	return nil
}

func readTo(text string, f *Fault) error {
	d, err := parseDuration(text)
	switch {
	case err != nil:
		return err
	case f.Delay > 0 && d <= f.Delay:
		return fmt.Errorf("%v is not above the delay of %v, from which it grows", d, f.Delay)
	}
	f.To = d
	return nil
}

func readShare(text string, f *Fault) error {
	const want = "want more than 0% and 100% at most, such as 5%"
	num, percent := strings.CutSuffix(text, "%")
	if number.MatchString(text) {
		return fmt.Errorf("%s has no unit: %s", near.Quote(text), want)
	}
	n, err := strconv.ParseFloat(num, 64)
	if !percent || !number.MatchString(num) || err != nil || n <= 0 || n > 100 {
		return fmt.Errorf("%s: %s", near.Quote(text), want)
	}
	f.Share = n / 100
	return nil
}

func readAfter(text string, f *Fault) (err error) {
	f.After, err = parseBytes(text)
	return err
}

func readSize(text string, f *Fault) (err error) {
	f.Size, err = parseBytes(text)
	return err
}

func readByteRate(text string, f *Fault) (err error) {
	amount, ok := strings.CutSuffix(text, "/s")
	if !ok {
		return fmt.Errorf("%s: want a number of bytes per second, such as 20KB/s", near.Quote(text))
	}
	f.Rate, err = parseBytes(amount)
	return err
}

func readDirection(text string, f *Fault) error {
	if right := []string{"requests", "replies"}; !slices.Contains(right, text) {
		return fmt.Errorf("unknown direction %s%s", near.Quote(text), near.Hint(text, right))
	}
	f.Direction = text
	return nil
}

// parameterText is what f's parameters say after its kind, for people.
func parameterText(f Fault) string {
	s := ""
	switch {
	case f.Size > 0:
		s += " of " + bytesText(f.Size) + ", " + f.Delay.String() + " apart"
	case f.Delay > 0:
		s += " of " + f.Delay.String()
	}
	if f.To > 0 {
		s += " growing to " + f.To.String()
	}
	if f.Jitter > 0 {
		s += " ± " + f.Jitter.String()
	}
	if f.Shape != "" {
		s += " (" + f.Shape + ")"
	}
	if f.Share > 0 {
		s += " in " + strconv.FormatFloat(f.Share*100, 'g', 6, 64) + "% of replies"
	}
	if f.After > 0 {
		s += " after " + bytesText(f.After) + " of replies"
	}
	s += choiceText(f)
	if f.Direction != "" {
		s += " that holds " + f.Direction
	}
	if f.Rate > 0 {
		s += " at " + bytesText(f.Rate) + "/s"
	}
	return s
}
