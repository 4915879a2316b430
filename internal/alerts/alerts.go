// Package alerts reads which alerts a Prometheus has, pending and firing, while a round is played.
//
// In goes its URL; out come the states of its rules, and events of those that change. It asks for nothing but the rules,
// judges nothing, and whoever calls it decides whether that host may be asked.
package alerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/history"
)

const (
	// Step is how often Follow asks, and so how exactly it knows when an alert fired.
	Step = time.Second
	// askWithin bounds one question.
	askWithin = time.Second
	// mostBytes is more than the rules of a large installation.
	mostBytes = 16 << 20
)

// A Rule is one alert, as Prometheus evaluated it last. An alert of several series is one: it fires when one of them does.
type Rule struct {
	Name  string
	State string    // history.AlertInactive, AlertPending or AlertFiring; empty: not known
	Since time.Time // since when its condition is true without a pause, by the clock of Prometheus; zero where inactive
	Why   string    // not known: why
}

// A Prometheus is one that is asked for its alerts. Safe for concurrent use.
type Prometheus struct {
	rules  string // the URL that is asked
	shown  string // as it was named, without its password
	client *http.Client
}

// At is the Prometheus of a URL, http://host:port with or without a path. The error says what is wrong with the URL.
func At(text string) (*Prometheus, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("it is no URL of a Prometheus: write http://host:port")
	}
	shown := u.Redacted()
	u = u.JoinPath("api/v1/rules")
	u.RawQuery = "type=alert"
	return &Prometheus{rules: u.String(), shown: shown, client: &http.Client{
		Timeout: askWithin, Transport: &http.Transport{MaxIdleConnsPerHost: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// String is its URL without a password; of nil, which is none, empty.
func (p *Prometheus) String() string {
	if p == nil {
		return ""
	}
	return p.shown
}

// answer is what GET /api/v1/rules says (https://prometheus.io/docs/prometheus/latest/querying/api/#rules). That API has
// what /api/v1/alerts has, and the rules that are quiet, too: silence says something of those alone.
type answer struct {
	Data struct {
		Groups []struct {
			Rules []struct {
				Type, Name, State, Health, LastError string
				Alerts                               []struct {
					State    string
					ActiveAt time.Time
				}
			}
		}
	}
}

// Rules are its alerts, by name. The error says why they are not known; it shows no URL, which may have a password.
func (p *Prometheus) Rules(ctx context.Context) ([]Rule, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.rules, nil)
	if err != nil {
		return nil, err
	}
	res, err := p.client.Do(req)
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return nil, u.Err
	}
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET /api/v1/rules: status %d", res.StatusCode)
	}
	var a answer
	if err := json.NewDecoder(io.LimitReader(res.Body, mostBytes)).Decode(&a); err != nil {
		return nil, fmt.Errorf("GET /api/v1/rules is not as Prometheus answers it: %w", err)
	}
	all := map[string]Rule{}
	for _, g := range a.Data.Groups {
		for _, r := range g.Rules {
			if r.Type != "alerting" {
				continue
			}
			one := Rule{Name: r.Name, State: r.State}
			if r.Health != "ok" {
				one.State, one.Why = "", strings.TrimSuffix("its rule is not evaluated: "+r.LastError, ": ")
			}
			for _, active := range r.Alerts {
				if active.State == r.State && (one.Since.IsZero() || active.ActiveAt.Before(one.Since)) {
					one.Since = active.ActiveAt
				}
			}
			if was, twice := all[r.Name]; !twice || rank(one) > rank(was) {
				all[r.Name] = one
			}
		}
	}
	return slices.SortedFunc(maps.Values(all), func(a, b Rule) int { return strings.Compare(a.Name, b.Name) }), nil
}

// rank orders the states of rules that have one name: one that fires decides, and of what is not known no silence follows.
func rank(r Rule) int {
	return slices.Index([]string{history.AlertInactive, history.AlertPending, "", history.AlertFiring}, r.State)
}

// Follow asks each Step until ctx ends, and records of each alert the first state, each that differs from the one before,
// and the last, as history.Alert of an arm; empty: of the whole machine. Where Prometheus does not answer, or a rule is not
// evaluated, the state says why it is not known. record is called by one goroutine.
func (p *Prometheus) Follow(ctx context.Context, clock *history.Clock, arm string, record func(history.Event)) {
	defer p.client.CloseIdleConnections()
	tick := time.NewTicker(Step)
	defer tick.Stop()
	last := map[string]history.Event{} // by alert; of the empty name: there was none
	before := clock.Now()              // when it was asked last
	for {
		at := clock.Now()
		rules, err := p.Rules(ctx)
		until := clock.Now()
		if ctx.Err() != nil {
			break
		}
		for name, now := range states(rules, err, last) {
			e := history.Event{Kind: history.Alert, Arm: arm, Name: name, Detail: now.State, At: before, Until: until}
			if !now.Since.IsZero() {
				e.Planned = now.Since.Sub(clock.Epoch())
			}
			if now.Why != "" {
				e.Detail = now.Why
			}
			if was, known := last[name]; !known || was.Detail != e.Detail {
				record(e)
			}
			last[name] = e
		}
		before = at
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	for _, name := range slices.Sorted(maps.Keys(last)) {
		e := last[name]
		if name == "" && len(last) > 1 {
			continue
		}
		e.At = e.Until
		record(e)
	}
}

// states is what is known of each alert that was ever seen, by name, after an answer or an error.
func states(rules []Rule, err error, seen map[string]history.Event) map[string]Rule {
	now := map[string]Rule{}
	for name := range seen {
		if name == "" {
			continue
		}
		now[name] = Rule{Why: "Prometheus has no such rule any more"}
	}
	for _, r := range rules {
		now[r.Name] = r
	}
	switch {
	case err != nil:
		why := "Prometheus did not answer: " + err.Error()
		for name := range now {
			now[name] = Rule{Why: why}
		}
		if len(now) == 0 {
			now[""] = Rule{Why: why}
		}
	case len(now) == 0:
		now[""] = Rule{Why: "Prometheus has no alert"}
	}
	return now
}
