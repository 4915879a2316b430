package lanes

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/reports"
	"github.com/trektribe/bench/scenarios"
)

// A scenario that measures response times has the machine to itself; a long one that does not has neighbours of its kind.
func TestScenariosArePlayedSideBySide(t *testing.T) {
	parse := func(name, rate, length, holds string) *scenarios.Scenario {
		s, err := scenarios.Parse(name+".yaml", fmt.Appendf(nil,
			"name: %s\nphases: [{name: a, for: %s}]\ntraffic: [{name: t, call: GET /a, rate: %s}]\nclaims: [{id: c, holds: %s}]\n", name, length, rate, holds))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	const exact, timed = "oldest(t) <= 1s", "p50(t) <= 1s"
	all := []*scenarios.Scenario{
		parse("short", "10/s", "4s", exact), parse("long", "10/s", "5m", exact), parse("timed", "10/s", "4s", timed),
		parse("heavy", "338/s", "4s", exact), parse("longer", "10/s", "6m", exact), parse("longtimed", "10/s", "2m", timed), parse("flood", "340/s", "3m", exact),
	}
	two := []lab.ArmSpec{{Name: "a"}, {Name: "b"}}
	for _, row := range []struct {
		name string
		all  []*scenarios.Scenario
		spec lab.Spec
		want Order
	}{
		{"the short beside the long, as far as the generator keeps up", all, lab.Spec{Arms: two},
			Order{First: []int{2, 3, 5, 6}, Lanes: [][]int{{0}, {1}, {4}}}},
		{"one arm leaves room", all, lab.Spec{Arms: two[:1]},
			Order{First: []int{2, 5}, Lanes: [][]int{{0, 3}, {1}, {4}, {6}}}},
		{"nothing is long", all[:1], lab.Spec{Arms: two}, Order{First: []int{0}}},
		{"one Redis for all", all[:2], lab.Spec{Arms: two[:1], Redis: "redis://127.0.0.1:6379/9"}, Order{First: []int{0, 1}}},
		{"one service for all", all[:2], lab.Spec{Arms: two[:1], URLs: []string{"http://127.0.0.1:1"}}, Order{First: []int{0, 1}}},
	} {
		if got := Of(row.all, row.spec); !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: %+v, want %+v", row.name, got, row.want)
		}
	}
	o := Order{First: []int{2}, Lanes: [][]int{{0}, {1}, {4}}}
	least, most := o.Takes(all)
	if wl, wm := 3*(4*time.Second+restart)+3*(6*time.Minute+restart), 8*(4*time.Second+restart)+8*(6*time.Minute+restart); least != wl || most != wm {
		t.Errorf("takes %v to %v, want %v to %v", least, most, wl, wm)
	}
}

// The library under each profile keeps to its budget, with both policies.
func TestProfilesKeepToTheirBudgets(t *testing.T) {
	for _, p := range scenarios.Profiles() {
		var all []*scenarios.Scenario
		for _, name := range scenarios.Library() {
			loaded, err := scenarios.LoadProfile(name, p.Name)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, loaded...)
		}
		o := Of(all, lab.Spec{Arms: []lab.ArmSpec{{Name: "documented"}, {Name: "hardened"}}})
		if _, most := o.Takes(all); most > p.Budget {
			t.Errorf("%s may take %v, and its budget is %v", p.Name, most, p.Budget)
		}
		if p.Name == "nightly" && len(o.Lanes) != 3 {
			t.Errorf("nightly is played in %+v: want its two long scenarios beside others", o)
		}
	}
}

func TestTheFirstLaneIsShownUntilItEnds(t *testing.T) {
	var got shown
	c := NewChorus(&got, 3, 0)
	c.Lane(2).Show(reports.State{Scenario: "c1"})
	c.Lane(0).Show(reports.State{Scenario: "a1"})
	c.Lane(1).Show(reports.State{Scenario: "b1"})
	c.Lane(0).Show(reports.State{Scenario: "a2"})
	c.End(1)
	c.End(0)
	c.Lane(1).Show(reports.State{Scenario: "b2"})
	c.Lane(2).Show(reports.State{Scenario: "c2"})
	c.End(2)
	if want := []string{"a1", "a2", "c1", "c2"}; !reflect.DeepEqual(got.names, want) {
		t.Errorf("shown: %v, want %v", got.names, want)
	}
}

type shown struct{ names []string }

func (s *shown) Show(st reports.State) { s.names = append(s.names, st.Scenario) }
func (s *shown) Say(string)            {}
