package probe

import (
	"slices"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// A Selection is the part of the book that one measure selects. A probe embeds it.
type Selection struct {
	Tally
	Book  *Book
	picks []int32 // places in the book's visits
}

// Event does nothing: the book keeps the events.
func (s *Selection) Event(*history.Event) {}

// Request selects r where the selector does.
func (s *Selection) Request(r *history.Request) {
	if s.See(r) && r.Sent != 0 {
		s.picks = append(s.picks, int32(len(s.Book.Visits)-1)) // the book has just entered it
	}
}

// Each calls f for every selected visit with one of the outcomes.
func (s *Selection) Each(outcomes []Outcome, f func(v *Visit)) {
	for _, i := range s.picks {
		if v := &s.Book.Visits[i]; slices.Contains(outcomes, v.Outcome) {
			f(v)
		}
	}
}

// Missing is why nothing can be said about the selection; nil: something can.
func (s *Selection) Missing() *figure.Absence { return s.missing(s.Answered) }

// MissingVersions is the same where an answer that is only too old tells as much as a correct one.
func (s *Selection) MissingVersions() *figure.Absence {
	told := s.Answered
	s.Each([]Outcome{Failed}, func(v *Visit) {
		if v.Older {
			told++
		}
	})
	return s.missing(told)
}

// missing is Missing where so many of the requests tell something.
func (s *Selection) missing(told int) *figure.Absence {
	if a := s.Tally.Missing(); a != nil {
		return a
	}
	// To have seen nothing wrong proves something only where most was seen.
	if s.Asked >= 2*told {
		return figure.Absent("half of the requests of "+s.Sel.Text+", or more, got no correct answer"+s.Failures(), "correct answers of "+s.Sel.Text)
	}
	for _, i := range s.picks {
		if s.Book.Visits[i].Outcome == keyless {
			return figure.Absent("requests of "+s.Sel.Text+" have no recorded key", "the key of every request")
		}
	}
	return nil
}

// Silent is why nothing can be said about caches; nil: something can.
func (s *Selection) Silent() *figure.Absence {
	if a := s.Missing(); a != nil {
		return a
	}
	said := 0
	s.Each([]Outcome{Cached, Loaded}, func(*Visit) { said++ })
	if said == 0 {
		return figure.Absent(NoSource, source.Wanted)
	}
	return nil
}

// Instances is how many instances were asked.
func (s *Selection) Instances() int {
	asked := map[int32]bool{}
	for _, i := range s.picks {
		asked[s.Book.Visits[i].Instance] = true
	}
	return len(asked)
}

// FewestLoads is the fewest loads that explain the selected answers which say that
// they were loaded, and how many answers these are. A load can give an answer only
// while that is under way: of one group, they are the fewest instants such that every
// answer's time, from sent to done, contains one.
func (s *Selection) FewestLoads() (n, answers int) {
	byGroup := map[int32][]*Visit{}
	s.Each([]Outcome{Loaded}, func(v *Visit) {
		byGroup[v.Group] = append(byGroup[v.Group], v)
		answers++
	})
	for _, vs := range byGroup {
		n += len(Bursts(vs, (*Visit).Times))
	}
	return n, answers
}

// EverLoaded reports whether an answer of a selected group ever said that it was
// loaded, in whichever phase.
func (s *Selection) EverLoaded() bool {
	groups := map[int32]bool{}
	for _, i := range s.picks {
		groups[s.Book.Visits[i].Group] = true
	}
	for i := range s.Book.Visits {
		if v := &s.Book.Visits[i]; v.Outcome == Loaded && groups[v.Group] {
			return true
		}
	}
	return false
}
