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
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/redact"
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
		some = some || len(spokenStreams(o.Contract, s)) > 0
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

// spokenStreams are the streams of a scenario of which the service speaks every call.
func spokenStreams(c *contract.Contract, s *scenarios.Scenario) (out []scenarios.Stream) {
	for _, st := range s.Traffic {
		if c.Speaks(st.Stream) == nil {
			out = append(out, st)
		}
	}
	return out
}

// unspoken says of every stream that the service does not speak why, by its name and those of its calls.
func unspoken(c *contract.Contract, s *scenarios.Scenario) map[string]string {
	out := map[string]string{}
	for _, st := range s.Traffic {
		err := c.Speaks(st.Stream)
		if err == nil {
			continue
		}
		out[st.Name] = err.Error()
		for _, step := range st.Steps {
			if step.Name != "" {
				out[step.Name] = err.Error()
			}
		}
	}
	return out
}

// LeftOut says which streams of the scenario are not played; empty: none.
func LeftOut(c *contract.Contract, s *scenarios.Scenario) string {
	why := unspoken(c, s)
	if len(why) == 0 {
		return ""
	}
	by := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(why)) {
		by[why[name]] = append(by[why[name]], name)
	}
	var out []string
	for _, reason := range slices.Sorted(maps.Keys(by)) {
		out = append(out, fmt.Sprintf("%s is not asked: %s", strings.Join(by[reason], ", "), reason))
	}
	what := "scenario " + s.Name
	if len(spokenStreams(c, s)) == 0 {
		what += ", which is not played"
	}
	return what + ": " + strings.Join(out, "; ")
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

// loginWithin bounds the login at one instance.
const loginWithin = 5 * time.Second

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
			within, cancel := context.WithTimeout(ctx, loginWithin)
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

// judgeUnspoken leaves a claim undecided that needs what the service does not speak.
func (j *judge) judgeUnspoken(c *claim.Claim, r *claim.Result) {
	if j.contract == nil {
		return
	}
	undecided := func(why, remedy string) {
		r.Verdict, r.Code, r.Because, r.Remedy, r.More = claim.Inconclusive, code.Unspoken, why, remedy, false
		r.Findings = nil
	}
	for name, why := range unspoken(j.contract, j.scenario) {
		if c.Names(name) || len(spokenStreams(j.contract, j.scenario)) == 0 {
			undecided(why, "the call in the contract's calls, if the service has such a one")
			return
		}
	}
	for _, m := range variable.FindAllStringSubmatch(c.Text.Holds+" "+c.Text.Requires, -1) {
		if !j.contract.Reads(m[1]) {
			undecided(fmt.Sprintf("the contract %s names no variable for %s, so the service does not have it", j.contract.Name, m[1]),
				"the variable that the service reads, such as env: {OWN_NAME: '{"+m[1]+"}'}")
			return
		}
	}
}
