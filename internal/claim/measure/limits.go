package measure

import (
	"strconv"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/limits"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/limit"
)

const readings = " The readings are fixed-from-first, fixed-clock, sliding-log, sliding-counter and gcra(burst). " +
	"All that the stream's clients ask below /api/ counts. Status 429 is refused, 2xx is allowed; with any other " +
	"answer, or none, a request may have counted or not."

// overAdmissionsRow is the row of over_admissions.
func overAdmissionsRow() Measure {
	return Measure{
		Signature: ofLimit("over_admissions", "over-admissions"),
		Unit:      "count",
		Doc: "Number of requests that were surely allowed over a limit of so many in a window, whenever the service " +
			"decided between sending and answer. No data where nobody at all was refused, or nobody asked for more than the limit in a window." + readings,
		start: startOfLimit((*limits.Judged).Over),
	}
}

// falseRejectionsRow is the row of false_rejections.
func falseRejectionsRow() Measure {
	return Measure{
		Signature: ofLimit("false_rejections", "false rejections"),
		Unit:      "count",
		Doc: "Number of requests that were surely refused below a limit of so many in a window, whenever the service " +
			"decided between sending and answer." + readings,
		start: startOfLimit((*limits.Judged).Falsely),
	}
}

// lyingHeadersRow is the row of lying_headers.
func lyingHeadersRow() Measure {
	return Measure{
		Signature: ofLimit("lying_headers", "lying headers"),
		Unit:      "count",
		Doc: "Number of answers whose X-RateLimit-*, RateLimit-* or Retry-After is contradicted by what the limit " +
			"allows, or by what other requests met. The stream must keep these headers." + readings,
		start: startOfLimit((*limits.Judged).Lying),
	}
}

// ofLimit is the signature of a measure that holds decisions against a limit.
func ofLimit(name, label string) expr.Signature {
	return expr.Signature{
		Name: name, Args: "(stream, 20, 2s, fixed-from-first)", Params: []expr.Param{expr.Selection, expr.Number, expr.Span, expr.Word},
		Form: expr.Counted, Label: label, Noun: "requests", Timeless: true,
		Check: func(args []expr.Arg) error {
			_, err := readingOf(args)
			return err
		},
	}
}

func readingOf(args []expr.Arg) (limit.Reading, error) {
	return limit.Parse(args[3].Name, args[1].Number, args[2].Span)
}

// A limiting asks the oracle about the clients of a stream. All measures of a history have one
// log, and the oracle decides once for each selection and reading.
type limiting struct {
	probe.Deaf
	probe.Blind
	log     *limits.Log
	watched *probe.Watched // of the log
	args    []expr.Arg
	value   func(*limits.Judged) figure.Value
}

func startOfLimit(value func(*limits.Judged) figure.Value) func(*probe.Walk, []expr.Arg) probe.Probe {
	return func(w *probe.Walk, args []expr.Arg) probe.Probe {
		l := &limiting{args: args, value: value}
		l.watched = w.Watch("the log of limits", func() probe.Probe { return logging{limits.NewLog(w.Paths, w.Forged, promised(w.Env))} })
		if kept, ok := l.watched.Probe().(logging); ok {
			l.log = kept.Log
		}
		return l
	}
}

// promised is the limit that the service was told to keep; 0: it was told none.
func promised(env map[string]string) int {
	n, _ := strconv.Atoi(env["RATE_LIMIT"])
	return n
}

func (l *limiting) Value() figure.Value {
	if none := l.watched.Broken(); none != nil {
		return figure.Value{None: none}
	}
	r, err := readingOf(l.args)
	if err != nil {
		return figure.NoData("a reading of the limit", "%v", err)
	}
	j, none := l.log.Judge(l.args[0].Selector, r)
	if none != nil {
		return figure.Value{None: none}
	}
	return l.value(j)
}

// A logging keeps the log as a probe, which has no value of its own.
type logging struct{ *limits.Log }

func (logging) Value() figure.Value { return figure.Value{} }
