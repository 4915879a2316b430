package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
)

// A parameterReader reads the value of a fault's parameter.
type parameterReader struct {
	// text puts the value into f. The parameters before it in the catalogue are set already; a wrong one is zero.
	text func(text string, f *fault.Fault) error
	// list reads a value that may be a list; nil: a list is a mistake.
	list func(v strictyaml.Value, f *fault.Fault)
}

// parameterReaders has one for each parameter of the catalogue.
var parameterReaders = map[string]parameterReader{
	"delay":       {text: readDelay},
	"jitter":      {text: readJitter},
	"shape":       {text: readShape},
	"to":          {text: readTo},
	"share":       {text: readShare},
	"after":       {text: readAfter},
	"rate":        {text: readByteRate},
	"size":        {text: readSize},
	"direction":   {text: readDirection},
	"commands":    {list: readCommands},
	"prefix":      {text: readPrefix},
	"answer":      {text: readAnswer},
	"connections": {text: readConnections},
	"ends":        {text: readEnds},
	"fsync":       {text: readFsync},
}

func parameterKeys() []string {
	var out []string
	for _, p := range fault.Parameters() {
		out = append(out, p.Name)
	}
	return out
}

// readParameters reads what f's kind takes.
func readParameters(t strictyaml.Table, f *fault.Fault) {
	k, ok := fault.Find(f.Kind)
	if !ok {
		if f.Kind != "" {
			t.At("kind").Wrong("unknown kind of fault %s%s", near.Quote(f.Kind), near.Hint(f.Kind, fault.Names()))
		}
		return
	}
	if shape, _ := t.At("shape").Scalar(); slices.Contains(k.Takes, "shape") && slices.Contains(fault.Shapes, shape) {
		f.Shape = shape // the check of the jitter needs it
	}
	for _, p := range fault.Parameters() {
		v, given := t.Get(p.Name)
		needed := slices.Contains(k.Needs, p.Name)
		switch read := parameterReaders[p.Name]; {
		case !given && needed:
			t.Missing(p.Name, p.About)
		case !given && p.Name == "jitter" && f.Shape != "":
			t.Missing(p.Name, "the standard deviation of a normal delay, such as 10ms")
		case !given:
		case !needed && !slices.Contains(k.Takes, p.Name):
			v.WrongKey("%s takes no %s", f.Kind, p.Name)
		case read.list != nil:
			read.list(v, f)
		default:
			text, ok := v.Scalar()
			if !ok {
				v.WrongType(p.Name + " is " + p.Form)
			} else if err := read.text(text, f); err != nil {
				v.Wrong("%s: %v", p.Name, err)
			}
		}
	}
	if k.Chooses() {
		checkChoice(t, *f)
	}
	if f.ForGood() && !t.Has("connections") {
		t.At("ends").Wrong("ends: never needs connections: old; otherwise no connection would work again")
	}
}

func readDelay(text string, f *fault.Fault) error {
	d, err := parseDuration(text)
	if err == nil && d < fault.LeastDelay {
		err = fmt.Errorf("%v is below %v, the least that a proxy adds faithfully", d, fault.LeastDelay)
	}
	if err == nil {
		f.Delay = d
	}
	return err
}

func readShape(text string, f *fault.Fault) error {
	if !slices.Contains(fault.Shapes, text) {
		return fmt.Errorf("unknown shape %s%s; leave it out for uniform", near.Quote(text), near.Hint(text, fault.Shapes))
	}
	f.Shape = text
	return nil
}

func readJitter(text string, f *fault.Fault) error {
	d, err := parseDuration(text)
	switch {
	case err != nil:
		return err
	case f.Shape != "" && d <= 0:
		return fmt.Errorf("%v makes the delay constant; leave the shape out", d)
	case f.Shape != "" && f.Delay > 0 && d > f.Delay:
		return fmt.Errorf("%v is above the delay of %v: such a wide distribution is mostly cut at 0", d, f.Delay)
	case f.Shape == "" && f.Delay > 0 && f.Delay-d < fault.LeastDelay:
		return fmt.Errorf("%v leaves less than %v of the delay of %v: a canary could not tell the shortest delay from a clean path", d, fault.LeastDelay, f.Delay)
	}
	f.Jitter = d
	return nil
}

func readTo(text string, f *fault.Fault) error {
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

func readShare(text string, f *fault.Fault) error {
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

func readAfter(text string, f *fault.Fault) (err error) {
	f.After, err = parseBytes(text)
	return err
}

func readSize(text string, f *fault.Fault) (err error) {
	f.Size, err = parseBytes(text)
	return err
}

func readByteRate(text string, f *fault.Fault) (err error) {
	amount, ok := strings.CutSuffix(text, "/s")
	if !ok {
		return fmt.Errorf("%s: want a number of bytes per second, such as 20KB/s", near.Quote(text))
	}
	f.Rate, err = parseBytes(amount)
	return err
}

func readDirection(text string, f *fault.Fault) error {
	if !slices.Contains(fault.Directions, text) {
		return fmt.Errorf("unknown direction %s%s", near.Quote(text), near.Hint(text, fault.Directions))
	}
	f.Direction = text
	return nil
}

func readFsync(text string, f *fault.Fault) error {
	if !slices.Contains(fault.Fsyncs, text) {
		return fmt.Errorf("unknown setting %s%s", near.Quote(text), near.Hint(text, fault.Fsyncs))
	}
	f.Fsync = text
	return nil
}

func readConnections(text string, f *fault.Fault) error {
	if text != "old" {
		return fmt.Errorf("unknown word %s%s; leave it out for all", near.Quote(text), near.Hint(text, []string{"old"}))
	}
	f.Connections = text
	return nil
}

func readEnds(text string, f *fault.Fault) error {
	if text != "never" {
		return fmt.Errorf("unknown word %s%s; leave it out for the end of the fault", near.Quote(text), near.Hint(text, []string{"never"}))
	}
	f.Ends = text
	return nil
}

// parameterText is what f's parameters say after its kind, for people.
func parameterText(f fault.Fault) string {
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
	if f.OldOnly() {
		s += " of old connections"
	}
	if f.ForGood() {
		s += " for good"
	}
	return s
}
