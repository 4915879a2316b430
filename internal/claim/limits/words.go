package limits

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/limit"
	"github.com/trektribe/bench/internal/limit/crosscheck"
)

// sentences say what each code means. {limit} is the limit that is promised.
var sentences = map[limit.Code]string{
	limit.LeaksUnderConcurrency:  "requests at the same time are counted as one",
	limit.RenewedByEachRequest:   "every request renews the window: it never ends for a client that goes on asking",
	limit.RenewedByEachAdmission: "every admission renews the window: it ends a window's length after a client last got in",
	limit.NoExpiry:               "the window never ends",
	limit.OffByOne:               "the limit is {found}, not {limit}",
	limit.AnotherLimit:           "the limit is {found}, not {limit}",
	limit.AnotherWindow:          "the window lasts about {window}, not {promised}",
	limit.AnotherReading:         "the limit is of another kind: read as {kind}, nothing is wrong",
	limit.NoLimit:                "these clients are never refused",
	limit.PerInstance:            "each instance counts for itself",
	limit.SharePerInstance:       "each instance grants its share of the limit, however requests are spread",
	limit.FailsOpen:              "while Redis is away there is no limit",
	limit.FailsClosed:            "while Redis is away everybody is refused",
	limit.StaysOpen:              "since Redis was away there is no limit",
	limit.StaysClosed:            "since Redis was away everybody is refused",
	limit.RestartsOnFallback:     "counts begin at zero when Redis goes, and when it is back",
	limit.StaysOnFallback:        "since Redis was away each instance counts for itself",
	limit.ScriptLost:             "since Redis lost its scripts each instance counts for itself",
	limit.SharedBetweenClients:   "all clients share one limit: the service does not tell them apart",
	limit.SharedBehindProxy:      "all clients behind a proxy share one limit",
	limit.IdentityChosenByClient: "a client has one more limit for each identity that it makes up",
	limit.CountsRefusedToo:       "refused requests take room in the window too",
	limit.DoubleCount:            "some requests are counted twice",
	limit.Unexplained:            "none of the usual causes explains the wrong decisions",
}

// lies say what a kind of lying header is.
var lies = map[limit.Lying]string{
	limit.WrongLimit:       "headers name another limit",
	limit.RemainingTooMany: "headers tell that more requests remain than do",
	limit.RemainingTooFew:  "headers tell that fewer requests remain than do",
	limit.RemainingPassed:  "more requests got in than headers had said remain",
	limit.RemainingBroken:  "a request was refused though headers had said that one remains",
	limit.RetryTooEarly:    "a request was refused after Retry-After was over",
	limit.RetryTooLate:     "a request got in long before Retry-After was over",
	limit.ResetMoves:       "headers tell that a window ends, and then that it ends later",
	limit.ResetTooFar:      "headers tell an end that is farther away than a window lasts",
}

// says is what a diagnosis means, and by how much.
func (j *Judged) says(d limit.Diagnosis) string {
	rep := &j.Report
	fill := strings.NewReplacer("{limit}", fmt.Sprint(j.limit), "{found}", fmt.Sprint(d.Limit), "{kind}", d.Kind.String(),
		"{window}", rounded(d.Window), "{promised}", rep.Reading.Window.String())
	var all []string
	for _, c := range d.Codes {
		all = append(all, fill.Replace(sentences[c]))
	}
	text := all[0]
	if len(all) > 1 {
		text = "one of these, which the requests do not tell apart: " + strings.Join(all, "; or ")
	}
	if most := j.mostOver(); d.Kept && most > 0 {
		text += fmt.Sprintf(". A window of %s let in %d, where %d are allowed", rep.Reading.Window, most, rep.Reading.Limit)
	}
	if s := rep.Stretch; d.Granted && s.Refused > 0 && s.To-s.From > rep.Reading.Window {
		text += fmt.Sprintf(". A client asked for %s without a pause, got in %s and was refused %s", rounded(s.To-s.From),
			figure.Count(s.Admitted, "times"), figure.Count(s.Refused, "times"))
	}
	return text
}

// mostOver is the most that a window with errors let in.
func (j *Judged) mostOver() (most int) {
	for _, w := range j.Report.Windows {
		if w.Over > 0 {
			most = max(most, w.Admitted)
		}
	}
	return most
}

func rounded(d time.Duration) string {
	if d > time.Second {
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Millisecond).String()
}

// findings are the diagnoses of one side: what broke kept, or granted.
func (j *Judged) findings(kept bool) (out []figure.Finding) {
	for _, d := range j.Report.Diagnosis {
		if kept && d.Kept || !kept && d.Granted {
			f := figure.Finding{Code: joined(d.Codes), Says: j.says(d), Count: d.Errors, Witnesses: j.witnesses(d.Witness.Requests)}
			if n := len(f.Witnesses); n > 0 && d.Witness.Takes > n {
				f.Witnesses[n-1].Text += fmt.Sprintf("; %d more requests between these belong to the proof", d.Witness.Takes-n)
			}
			out = append(out, f)
		}
	}
	return out
}

// joined are codes that are not told apart.
func joined(codes []limit.Code) string {
	var out []string
	for _, c := range codes {
		out = append(out, string(c))
	}
	return strings.Join(out, " or ")
}

// lying are the findings about headers.
func (j *Judged) lying() (out []figure.Finding) {
	for _, l := range j.Report.Headers {
		out = append(out, figure.Finding{Code: string(limit.HeaderLies) + "/" + string(l.What), Says: lies[l.What], Count: l.Count,
			Witnesses: j.witnesses(l.Examples[:min(2, len(l.Examples))])})
	}
	return out
}

// patience is how long the second opinion may take. A counter that headers report takes it milliseconds.
const patience = 10 * time.Second

// second is another method's opinion on the counter that headers report: whether one counter, each step of it
// atomic, can have said this. It shows a window where that is not so.
func (j *Judged) second(v *figure.Value) error {
	c := crosscheck.Counters(j.ds, j.Report.Reading, patience)
	if c.Windows == 0 {
		return nil
	}
	note := fmt.Sprintf("Porcupine, a second opinion on the remaining counts: of %s %d can be those of one counter, and %d cannot",
		figure.Count(c.Windows, "windows"), c.Legal, c.Refuted)
	if c.Undecided > 0 {
		note += fmt.Sprintf("; %d it leaves undecided", c.Undecided)
	}
	v.Notes = append(v.Notes, note)
	if c.Refuted == 0 || len(v.Findings) == 0 {
		return nil
	}
	var page bytes.Buffer
	_, err := c.Picture(&page)
	v.Findings[0].Picture = page.Bytes()
	return err
}

func (j *Judged) witnesses(ids []int) []figure.Witness {
	var ws []figure.Witness
	for _, id := range ids {
		d := &j.ds[id]
		w := figure.Witness{At: d.Sent, Until: d.Done, Text: d.Client}
		if d.Instance != "" {
			w.Text += " asks instance " + d.Instance
		}
		w.Text += ": " + [...]string{"no answer", "allowed", "refused"}[d.Answer] + told(d.Header)
		ws = append(ws, w)
	}
	return figure.Shorten(ws)
}

// told is what a header says, to follow a witness.
func told(h limit.Header) string {
	var parts []string
	add := func(has limit.Fields, format string, args ...any) {
		if h.Has&has != 0 {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(limit.HasLimit, "limit %d", h.Limit)
	add(limit.HasRemaining, "%d remain", h.Remaining)
	add(limit.HasRetryAfter, "try again in %s", h.RetryAfter)
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// notes are what a reader should know beside the verdict: what was seen, what it was read as,
// and what other readings would have said.
func (j *Judged) notes() []string {
	rep := &j.Report
	seen := fmt.Sprintf("read as %s: %s, %d allowed, %d refused", rep.Reading, figure.Count(rep.Requests, "requests"), rep.Allowed, rep.Refused)
	if rep.Unanswered > 0 {
		seen += fmt.Sprintf(", and %d without such an answer, which may have counted", rep.Unanswered)
	}
	var others []string
	for _, o := range rep.Others {
		others = append(others, fmt.Sprintf("%s %d and %d", name(o.Reading), o.Over, o.Falsely))
	}
	return []string{seen, "allowed over the limit and refused below it by other readings: " + strings.Join(others, ", ")}
}

// name is a reading's kind.
func name(r limit.Reading) string {
	if r.Kind == limit.GCRA {
		return fmt.Sprintf("%s(%d)", r.Kind, r.Burst)
	}
	return r.Kind.String()
}
