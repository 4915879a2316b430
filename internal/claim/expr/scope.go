package expr

// A Scope is what an expression may name.
type Scope struct {
	Streams, Phases, Faults []string
	Paths                   map[string]string   // of streams; a stream without one asks for something of its own
	Forged                  map[string]string   // of streams whose clients claim to be others: the template of what they claim
	NoRedis                 []string            // phases in which the target is told of no Redis
	Uncached                map[string][]string // by phase: the streams whose cache the phase switches off
	OwnDelays               []string            // phases in which loads are asked to take another time than by Env
	Env                     map[string]string   // of the target: $NAME in an expression is the duration that it holds
}

// An Error is a mistake in an expression.
type Error struct {
	Field string // what the scenario calls the expression: "holds", "requires"
	Col   int    // 1-based, in runes, within that field's text
	Msg   string // one line, with the nearest right word where there is one
}

func (e *Error) Error() string { return e.Msg }
