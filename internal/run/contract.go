package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/redact"
	"github.com/trektribe/bench/internal/run/ask"
	"github.com/trektribe/bench/scenarios"
)

// speak gives the lab what the service's own contract changes, and refuses scenarios that
// it cannot be tested with.
func (o *Options) speak() error {
	if o.Contract == nil {
		return nil
	}
	filled, err := o.Contract.Filled(os.LookupEnv)
	if err != nil {
		return err
	}
	var errs []error
	some := false
	for _, s := range o.Scenarios {
		some = some || slices.ContainsFunc(s.Traffic, func(st scenarios.Stream) bool { return o.Contract.Speaks(st.Stream) == nil })
		for _, env := range append([]map[string]string{nil}, phaseEnvs(s)...) {
			set := map[string]string{"RATE_LIMIT": "0"}
			maps.Copy(set, o.Lab.Env)
			maps.Copy(set, s.Target.Env)
			maps.Copy(set, env)
			if _, err := filled.Environ(set); err != nil {
				errs = append(errs, fmt.Errorf("scenario %s: %w", s.Name, err))
				break
			}
		}
	}
	if !some {
		errs = append(errs, fmt.Errorf("the contract %s speaks nothing of what these scenarios ask: map one of their calls (bench plan --contract %s)", o.Contract.Name, o.Contract.File))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	o.Lab.Hidden = filled.Secrets()
	o.Lab.Ready = ready(filled)
	o.Lab.Also = func(set map[string]string) map[string]string {
		env, _ := filled.Environ(set) // checked
		return env
	}
	o.filled = filled
	return nil
}

func phaseEnvs(s *scenarios.Scenario) (out []map[string]string) {
	for _, p := range s.Phases {
		if p.Env != nil {
			out = append(out, p.Env)
		}
	}
	return out
}

// ready is what says that an instance can serve: its readiness, else its health, else any answer at all.
func ready(c *contract.Contract) lab.Question {
	for _, name := range []string{contract.Ready, contract.Health} {
		if call, ok := c.Has(name); ok {
			status := call.Status
			if len(status) == 0 {
				status = []int{200, 204}
			}
			return lab.Question{Path: call.Path, Header: call.Header(), Status: status}
		}
	}
	return lab.Question{Path: "/", Any: true}
}

// LeftOut says what of the scenario is not played with a contract, and why.
func LeftOut(c *contract.Contract, s *scenarios.Scenario) ([]string, error) {
	j, err := newJudge(s, []lab.ArmSpec{{}}, c, nil)
	if err != nil {
		return nil, err
	}
	return j.notes(), nil
}

// unread says which phases set variables that the service does not read: what they are about did not happen.
func unread(c *contract.Contract, phases []scenarios.Phase) (out []history.Event) {
	for _, p := range phases {
		for _, name := range slices.Sorted(maps.Keys(p.Env)) {
			if !c.Reads(name) {
				out = append(out, history.Event{Kind: history.Problem, Phase: p.Name,
					Detail: fmt.Sprintf("phase %s sets %s, and the contract %s names no variable for it", p.Name, name, c.Name)})
			}
		}
	}
	return out
}

// login makes the contract's login at every instance, and notes where it fails: nothing that
// is asked there then has a session.
func (p *player) login(ctx context.Context, arms []lab.Arm, record func(history.Event)) error {
	if p.contract == nil || p.contract.Login == nil {
		return nil
	}
	call := *p.contract.Login
	p.jars = map[[2]string]http.CookieJar{}
	for _, a := range arms {
		for _, i := range a.Instances {
			within, cancel := context.WithTimeout(ctx, ask.LoginWithin)
			jar, err := load.Login(within, call, i.URL)
			cancel()
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				record(history.Event{Kind: history.Problem, At: p.clock.Now(),
					Detail: fmt.Sprintf("the login of the contract %s failed at instance %s: %v", p.contract.Name, i.Name, redact.Text(err.Error()))})
				continue
			}
			p.jars[[2]string{a.Name, i.Name}] = jar
		}
	}
	return nil
}

var variable = regexp.MustCompile(`\$([A-Za-z_][A-Za-z0-9_]*)`)

// judgeUnread leaves a claim undecided that uses a variable which the service does not read.
func (j *judge) judgeUnread(c *claim.Claim, r *claim.Result) {
	for _, m := range variable.FindAllStringSubmatch(c.Text.Holds+" "+c.Text.Requires, -1) {
		if !j.contract.Reads(m[1]) {
			r.Verdict, r.Code, r.More, r.Findings = claim.Inconclusive, code.Unspoken, false, nil
			r.Because = fmt.Sprintf("the contract %s names no variable for %s, so the service does not have it", j.contract.Name, m[1])
			r.Remedy = "the variable that the service reads, such as env: {OWN_NAME: '{" + m[1] + "}'}"
			return
		}
	}
}
