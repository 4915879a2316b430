package probe

import "github.com/trektribe/bench/internal/claim/figure"

const onEvery = "a word on every answer of where it came from: X-Source, or what a contract names as source:"

// A Balance is what the counter says, and what the answers say.
type Balance struct {
	Queries  float64 // that the counter grew by
	Fewest   float64 // loads that explain the answers
	Answers  float64 // that say they were loaded
	Changed  float64 // changes, each of which may be a query
	Unknown  float64 // requests that failed, or say no source: each may be one load more
	Unsaid   float64 // of these, correct answers
	Underway float64 // requests that the counter may have counted on either side of a reading
}

// Excess are loads that nobody needed.
func (b Balance) Excess() (float64, *figure.Absence) {
	if short := b.Short(); short != nil {
		return 0, short
	}
	return b.beyond(b.Fewest)
}

// Lies are answers that do not come from where they say: loads that no answer
// admits, and answers that claim one where there was none.
func (b Balance) Lies() (float64, *figure.Absence) {
	claimed := max(0, b.Fewest-b.Queries-b.Underway)
	hidden, none := b.beyond(b.Answers)
	switch {
	case claimed+hidden > 0:
		return claimed + hidden, nil
	case b.Unsaid > 0:
		return 0, figure.Absent(figure.Count(int(b.Unsaid), "answers")+" did not say where they came from", onEvery)
	}
	return 0, none
}

// beyond are the queries beyond those that are explained.
func (b Balance) beyond(explained float64) (float64, *figure.Absence) {
	over := max(0, b.Queries-explained-b.Changed-b.Underway)
	if over > 0 && over <= b.Unknown {
		return 0, figure.Absent(figure.Count(int(over), "queries")+" more than the answers explain: requests that failed, or do not say where their answer came from, may have needed them",
			"rounds in which no request fails, and "+onEvery)
	}
	return max(0, over-b.Unknown), nil
}

// Short is why the counter cannot be trusted, where it misses loads that the answers
// prove; nil: it misses none.
func (b Balance) Short() *figure.Absence {
	if b.Queries+b.Underway >= b.Fewest {
		return nil
	}
	return figure.Absent("the counter grew by "+figure.Count(int(b.Queries), "queries")+", and the answers that say they were loaded need "+
		figure.Count(int(b.Fewest), "loads")+": it does not count all of them, or began again at 0",
		"a counter that counts every load, and never goes down while the service runs")
}
