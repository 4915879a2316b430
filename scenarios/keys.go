package scenarios

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
	"github.com/trektribe/bench/internal/traffic"
)

// readKeys reads what the call's {id} or {user} becomes. A call with neither has no keys.
func readKeys(t strictyaml.Table, st *traffic.Stream) {
	v, given := t.Get("keys")
	switch has := st.Keyed(); {
	case has && !given:
		what := st.Path
		if traffic.Hole(what) == "" {
			what = "{id} or {user} in what it sends"
		}
		t.At(st.Type).Wrong("%s: %s needs keys, such as zipf(500, 1.1) or uniform(500)", st.Type, what)
		return
	case !has && given:
		v.WrongKey("keys: the call has no {id} or {user} to fill")
		return
	case !given:
		return
	}
	text, ok := v.Text()
	if !ok {
		return
	}
	var err error
	if st.Keys, err = parseKeys(text); err != nil {
		v.Wrong("keys: %v", err)
	}
}

var drawForm = regexp.MustCompile(`^([A-Za-z]+) ?\( ?([^(), ]+) ?(?:, ?([^(), ]+) ?)?\)$`)

// parseKeys reads "zipf(500, 1.1)" and "uniform(500)".
func parseKeys(s string) (k traffic.Keys, err error) {
	k.Dist, k.N, k.S, err = parseDraw(s, "keys", traffic.MostKeys, "zipf(500, 1.1) or uniform(500)")
	return k, err
}

// parseDraw reads how something is drawn from a number of what, and how many there are.
func parseDraw(s, what string, most int, want string) (dist string, n int, exponent float64, err error) {
	fail := func(why string) (string, int, float64, error) {
		return "", 0, 0, fmt.Errorf("%s: %s", near.Quote(s), why)
	}
	m := drawForm.FindStringSubmatch(s)
	if m == nil {
		return fail("want " + want)
	}
	if n, err = strconv.Atoi(m[2]); err != nil || n < 1 || n > most {
		return fail(fmt.Sprintf("the number of %s is a whole number from 1 to %d", what, most))
	}
	switch dist = m[1]; dist {
	case "uniform":
		if m[3] != "" {
			return fail("uniform takes the number of " + what + " alone")
		}
	case "zipf":
		if m[3] == "" {
			return fail("zipf takes the number of " + what + " and an exponent, such as zipf(500, 1.1)")
		}
		exponent, err = strconv.ParseFloat(m[3], 64)
		if !number.MatchString(m[3]) || err != nil || exponent <= 0 || exponent > 10 {
			return fail("the exponent is above 0 and at most 10")
		}
	default:
		return fail("unknown distribution" + near.Hint(dist, []string{"zipf", "uniform"}))
	}
	return dist, n, exponent, nil
}

// keysText is k as a scenario says it.
func keysText(k traffic.Keys) string {
	switch k.Dist {
	case "uniform":
		return fmt.Sprintf("uniform(%d)", k.N)
	case "zipf":
		return fmt.Sprintf("zipf(%d, %v)", k.N, k.S)
	}
	return "–"
}
