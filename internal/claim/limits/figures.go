package limits

import (
	"fmt"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/limit"
)

// Over is how many requests were surely allowed over the limit.
func (j *Judged) Over() figure.Value {
	side := j.Report.Kept
	if j.unseen && side.Errors > 0 {
		return figure.NoData("a service that takes its limit from RATE_LIMIT and RATE_WINDOW",
			"nobody at all was refused with a status of 429, so nothing shows that this service has a limit")
	}
	if side.Verdict == limit.Untested && !(side.Why == limit.NeverReached && j.demanded()) {
		return figure.Value{None: j.untested()}
	}
	return j.errors(side, true)
}

// demanded reports whether a client asked for more than the limit within a window's length: what was
// refused of that might have been let in, also by a service that stays below the limit.
func (j *Judged) demanded() bool {
	asked := map[string][]time.Duration{}
	for i := range j.ds {
		asked[j.ds[i].Client] = append(asked[j.ds[i].Client], j.ds[i].Sent)
	}
	r := j.Report.Reading
	for _, at := range asked {
		slices.Sort(at)
		for i := r.Limit; i < len(at); i++ {
			if at[i]-at[i-r.Limit] < r.Window {
				return true
			}
		}
	}
	return false
}

// Falsely is how many requests were surely refused below the limit.
func (j *Judged) Falsely() figure.Value { return j.errors(j.Report.Granted, false) }

func (j *Judged) errors(side limit.Side, kept bool) figure.Value {
	rep := &j.Report
	if side.Errors == 0 && 2*rep.Unanswered >= rep.Requests {
		return figure.NoData("answers with a status of 2xx or 429", "%d of %s of %s got no answer with a status of 2xx or 429",
			rep.Unanswered, figure.Count(rep.Requests, "requests"), j.sel)
	}
	if j.own > 0 && side.Errors > 0 {
		return figure.NoData("a service that takes its limit from RATE_LIMIT and RATE_WINDOW",
			"the service lets in %d, where it was told %d, and then nobody any more: it has a limit of its own", j.own, j.limit)
	}
	v := figure.Value{X: float64(side.Errors), Samples: rep.Requests, Grain: 1, Notes: j.notes()}
	if side.Errors > 0 {
		v.Findings = j.findings(kept)
	}
	return v
}

// untested is why nothing is known of the limit.
func (j *Judged) untested() *figure.Absence {
	r := j.Report.Reading
	remedy := fmt.Sprintf("a client that asks for more than %d in %s", r.Limit, r.Window)
	if j.Report.Kept.Why == limit.NobodyRefused {
		return figure.Absent(fmt.Sprintf("nobody was refused, and no client of %s reached %d in %s: this proves nothing about the limit", j.sel, r.Limit, r.Window), remedy)
	}
	return figure.Absent(fmt.Sprintf("no client of %s that was refused had asked for more than %d in %s: this proves nothing about the limit", j.sel, r.Limit, r.Window), remedy)
}

// Lying is how many answers reported of the limit what others contradict.
func (j *Judged) Lying() figure.Value {
	if !j.reported {
		return figure.NoData("X-RateLimit-Limit, -Remaining and -Reset, RateLimit-* or Retry-After on answers, and keep: in the scenario",
			"no answer of %s had a header about the limit", j.sel)
	}
	v := figure.Value{Samples: j.Report.Requests, Grain: 1, Findings: j.lying()}
	v.X = float64(figure.Errors(v.Findings))
	if err := j.second(&v); err != nil {
		v.Notes = append(v.Notes, "Porcupine's picture could not be drawn: "+err.Error())
	}
	return v
}
