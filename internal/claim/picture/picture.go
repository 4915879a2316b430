// Package picture makes the data of pictures: what one arm answered in the rounds of a
// scenario, laid over one another.
//
// In go the histories of rounds, one at a time; out comes one Picture, of the same size
// however long the rounds were. It needs no verdict and decides nothing.
package picture

// A Picture is what the rounds of one scenario looked like to one arm: an element of
// pictures.json. All times are in seconds; places count from the begin of the round, and
// each phase is as long as it was planned. Its numbers are always finite.
type Picture struct {
	Scenario  string    `json:"scenario"`
	Arm       string    `json:"arm"`
	Rounds    int       `json:"rounds"`   // that are laid over one another
	Requests  int       `json:"requests"` // of these rounds that were sent or should have been
	Phases    []Phase   `json:"phases"`
	Faults    []Fault   `json:"faults,omitempty"`
	Step      float64   `json:"step"` // width of a column
	Columns   []Column  `json:"columns"`
	Failures  []Failure `json:"failures,omitempty"`
	Slowest   []Slow    `json:"slowest"`   // the slowest first
	Quantiles []Series  `json:"quantiles"` // of hits, misses and answers that fell back
	Rasters   []Raster  `json:"rasters,omitempty"`
	Why       string    `json:"why,omitempty"` // why there is nothing to see
}

// A Phase is where a phase stands in the picture.
type Phase struct {
	Name string  `json:"name"`
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// A Fault is the mean place of one fault over the rounds.
type Fault struct {
	Kind     string  `json:"kind"`
	On       string  `json:"on"`
	Instance string  `json:"instance,omitempty"` // empty: all
	From     float64 `json:"from"`
	To       float64 `json:"to"`
	Detail   string  `json:"detail,omitempty"`
}

// A Column is all requests that were due within Step of At × Step.
type Column struct {
	At      int            `json:"at"`
	Min     float64        `json:"min"` // response time, counted from when it was due
	Median  float64        `json:"median"`
	Max     float64        `json:"max"`
	Sources map[string]int `json:"sources,omitempty"` // correct answers, by where they say to come from; and those that a limit refused
	Failed  int            `json:"failed,omitempty"`  // without either
}

// Sources that are none.
const (
	Unsaid  = "not said" // answers that do not say their source
	Limited = "limited"  // answers that say that their client is over a limit
)

// A Failure is all requests of one column that failed alike.
type Failure struct {
	At       float64 `json:"at"` // of the first
	Kind     string  `json:"kind"`
	N        int     `json:"n"`
	Took     float64 `json:"took"` // the longest
	Phase    string  `json:"phase"`
	Stream   string  `json:"stream"`   // of the first
	Instance string  `json:"instance"` // of the first
	Round    int     `json:"round"`    // of the first
}

// A Slow is one of the slowest requests.
type Slow struct {
	At       float64 `json:"at"`
	Took     float64 `json:"took"`
	Phase    string  `json:"phase"`
	Stream   string  `json:"stream"`
	Instance string  `json:"instance"`
	Round    int     `json:"round"`
	Source   string  `json:"source,omitempty"`
	Failure  string  `json:"failure,omitempty"`
}

// A Series is how long correct answers of one class took.
type Series struct {
	Name   string     `json:"name"` // Hits, Misses or Fallback
	N      int        `json:"n"`
	Points []Quantile `json:"points"`
}

// The classes of answers: from a cache; loaded; and, while a fault was on, from elsewhere than Redis.
const (
	Hits     = "hits"
	Misses   = "misses"
	Fallback = "fallback"
)

// A Quantile says that the share Q of the answers took no longer than X.
type Quantile struct {
	Q float64 `json:"q"`
	X float64 `json:"x"`
}

// A Raster is the decisions of a rate limiter in the round that proves most errors.
type Raster struct {
	Claims  []string `json:"claims"` // that ask for this limit
	Reading string   `json:"reading"`
	Limit   int      `json:"limit"`
	Window  float64  `json:"window"`
	Round   int      `json:"round"`
	Clients int      `json:"clients"` // of which Rows shows the worst
	Errors  int      `json:"errors"`  // that are provable, of all clients
	Cut     bool     `json:"cut,omitempty"`
	Rows    []Row    `json:"rows"`
}

// A Row is one client.
type Row struct {
	Client  string    `json:"client"`
	Over    int       `json:"over,omitempty"`    // allowed over the limit, at least
	Falsely int       `json:"falsely,omitempty"` // refused below it, at least
	Windows []float64 `json:"windows,omitempty"` // where windows began, by this reading
	Marks   []Mark    `json:"marks"`
}

// A Mark is all decisions of one client that look alike at one place.
type Mark struct {
	At     float64 `json:"at"`
	Answer string  `json:"as"` // "allowed", "refused" or "unanswered"
	N      int     `json:"n"`
	Wrong  bool    `json:"wrong,omitempty"` // provably
}
