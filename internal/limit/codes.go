package limit

import "time"

// A Code names what is wrong with a limiter.
type Code string

const (
	LeaksUnderConcurrency  Code = "leaks-under-concurrency"          // requests at the same time are counted as one
	RenewedByEachRequest   Code = "window-renewed-by-each-request"   // the window never ends for a client that keeps coming
	RenewedByEachAdmission Code = "window-renewed-by-each-admission" // it ends a window's length after the client last got in
	NoExpiry               Code = "no-expiry"                        // the window never ends at all
	OffByOne               Code = "off-by-one"                       // the limit is one higher, or lower
	AnotherLimit           Code = "another-limit"                    // Limit says which
	AnotherWindow          Code = "another-window"                   // Window says about which
	AnotherReading         Code = "another-reading"                  // Kind says which: nothing is wrong by that one
	NoLimit                Code = "no-limit"                         // nobody is ever refused
	PerInstance            Code = "per-instance"                     // each instance counts for itself
	SharePerInstance       Code = "share-per-instance"               // each instance grants its share, however requests are spread
	FailsOpen              Code = "fails-open"                       // no limit during a fault
	FailsClosed            Code = "fails-closed"                     // all are refused during a fault
	StaysOpen              Code = "stays-open"                       // no limit since a fault
	StaysClosed            Code = "stays-closed"                     // all are refused since a fault
	RestartsOnFallback     Code = "restarts-on-fallback"             // counts begin at zero when a fault begins and ends
	StaysOnFallback        Code = "stays-on-fallback"                // each instance counts for itself since a fault
	ScriptLost             Code = "script-lost"                      // the same, since the store forgot what it had been sent
	SharedBetweenClients   Code = "shared-between-clients"           // all clients have one limit
	SharedBehindProxy      Code = "shared-behind-proxy"              // all clients behind a proxy have one limit
	IdentityChosenByClient Code = "identity-chosen-by-client"        // each identity that a client makes up has a limit
	CountsRefusedToo       Code = "counts-refused-too"               // refused requests take room in the window too
	DoubleCount            Code = "double-count"                     // requests are counted twice
	HeaderLies             Code = "header-lies"                      // the decisions are right, and what is said of them is not
	Unexplained            Code = "unexplained"                      // errors, and none of these explains them
)

// A Diagnosis names what explains errors.
type Diagnosis struct {
	// Codes are what explains all errors of this kind; where several do and the
	// decisions do not separate them, it is one of these.
	Codes   []Code
	Kept    bool          // over-admissions are explained
	Granted bool          // false rejections are
	Errors  int           // of these kinds
	Limit   int           // of OffByOne and AnotherLimit
	Window  time.Duration // of AnotherWindow
	Kind    Kind          // of AnotherReading
	Witness Witness
}

// A Witness is the shortest proof of one error that was found.
type Witness struct {
	Client string
	// Requests are decisions, by the time they were sent: at most ten. The last
	// is the one over the limit, or refused below it.
	Requests []int
	Takes    int // how many decisions the proof takes; those left out lie between those shown
	From, To time.Duration
}
