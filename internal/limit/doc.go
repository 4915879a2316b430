// Package limit is a rate-limit oracle: it proves from outside what a rate
// limiter did wrong, and names what is probably the cause.
//
// In go decisions as clients saw them, who asked when, was answered when, allowed
// or refused, with what the headers reported, in any order, and the Reading of
// the promise. Out comes a Report: over-admissions and false rejections, each a
// lower bound, in all, by client and by the worst windows; whether each side of
// the promise was tested at all; which headers lie; what other readings would
// have said; and a diagnosis with the shortest witness that was found. It reads
// nothing, and knows no clock and no chance.
//
// It never accuses a limiter of what concurrency, lost answers or, within the
// slack, clocks explain: package prove says what is provable, and how.
//
// The diagnosis is no proof. For each cause there is a supposition: other
// counters, another limit, decisions that a fault excuses. A cause is named if it
// leaves no errors, on a sample of the clients with errors and of clients
// without; of several the one that supposes most of the limiter, and all of these
// where the decisions do not separate them.
//
// A million decisions take some two seconds, and up to 250 MB.
package limit
