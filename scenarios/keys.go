package scenarios

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
	"github.com/trektribe/bench/internal/traffic"
)

// readKeys reads what the path's {id} or {user} becomes. A path with neither has no keys.
func readKeys(t strictyaml.Table, st *traffic.Stream) {
	v, given := t.Get("keys")
	switch has := st.Keyed(); {
	case has && !given:
		at := t.At(st.Type)
		at.Wrong("%s: %s needs keys, such as zipf(500, 1.1) or uniform(500)", st.Type, st.Path)
		return
	case !has && given:
		v.WrongKey("keys: the path %s has no {id} or {user} to fill", st.Path)
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

var keysForm = regexp.MustCompile(`^([A-Za-z]+) ?\( ?([^(), ]+) ?(?:, ?([^(), ]+) ?)?\)$`)

// parseKeys reads "zipf(500, 1.1)" and "uniform(500)".
func parseKeys(s string) (k traffic.Keys, err error) {
	fail := func(why string) (traffic.Keys, error) {
		return traffic.Keys{}, fmt.Errorf("%s: %s", near.Quote(s), why)
	}
	m := keysForm.FindStringSubmatch(s)
	if m == nil {
		return fail("want zipf(500, 1.1) or uniform(500)")
	}
	k.Dist = m[1]
	if k.N, err = strconv.Atoi(m[2]); err != nil || k.N < 1 || k.N > traffic.MostKeys {
		return fail(fmt.Sprintf("the number of keys is a whole number from 1 to %d", traffic.MostKeys))
	}
	switch k.Dist {
	case "uniform":
		if m[3] != "" {
			return fail("uniform takes the number of keys alone")
		}
	case "zipf":
		if m[3] == "" {
			return fail("zipf takes the number of keys and an exponent, such as zipf(500, 1.1)")
		}
		k.S, err = strconv.ParseFloat(m[3], 64)
		if !number.MatchString(m[3]) || err != nil || k.S <= 0 || k.S > 10 {
			return fail("the exponent is above 0 and at most 10")
		}
	default:
		return fail("unknown distribution" + near.Hint(k.Dist, []string{"zipf", "uniform"}))
	}
	return k, nil
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
