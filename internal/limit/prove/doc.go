// Package prove finds the least that a rate limiter must have done wrong to one
// client.
//
// In go the requests that one counter should have decided, by what became of
// them, and a Reading; out comes a Finding: the fewest over-admissions and false
// rejections that explain what clients saw, or fewer, and examples. It knows no
// clients, no instances, no headers and no faults.
//
// # What is provable
//
// The limiter decided each answered request at one instant, a whole nanosecond,
// from its sending to its answer; an unanswered one at any instant since its
// sending, or never. An explanation picks all these instants. In an explanation
// the reading is walked through, in order of time:
//
//   - An over-admission is a request allowed when the reading had no room. It
//     takes none: later ones are judged as if it had been refused.
//   - A false rejection is a request refused when the reading had room for one
//     more, with everything counted that was admitted, over the limit or not, and
//     any unanswered request that the explanation has decided. It takes no room.
//
// What a Finding gives is at most the fewest over-admissions that any explanation
// leaves, and at most the fewest false rejections that any does. Each side has
// its own most favourable explanation, and they may differ. So the true numbers
// are never below the reported ones. Windows are half open: the instant a window's
// length after its first belongs to the next.
//
// Slack widens every request by what clocks may be off. What holds for the wider
// requests holds for the narrower ones.
//
// # FixedFromFirst, FixedClock
//
// Windows chain: the next begins with the first counted request after the end of
// the last, so that one instant moves all that follow. The chain type looks for
// the best chain by dynamic programming over windows. Its state is where a window
// begins, y, and how many allowed requests the windows before it have counted, P.
// That suffices while no request outlasts a window:
//
//   - A window that begins at y ends at e = y+W. It must count what was done
//     before the next window begins at z, and may count whatever was sent before
//     e. Those that it may or may not count are under way at z. They all reach
//     from before e to z or later and end before z+W: for the windows from z on
//     one is as good as another, so their number is all that matters.
//   - z may be no later than the first end among those sent at e or later, and
//     some request that is not counted yet must be under way at z, or an
//     unanswered one sent by then.
//   - Kept: counting one more in a window with room is free; over the limit it
//     costs one, and leaving it to the next window costs one at most. So a window
//     is filled, but for one request where that must open the next.
//   - Granted: a window is full from the L-th sending among those it counts, or
//     from y; a request is wrongly refused if it was sent after the end of the
//     last full window and done before the next is full.
//   - Moving y to an earlier instant gains as long as the same requests are sent
//     before y+W. So y need be tried only where one request more comes into reach,
//     and at the first instant that something can open the window.
//
// Where a request outlasts a window, or unanswered ones count, some of this is
// only necessary for an explanation, not sufficient: the bound may be lower than
// the fewest. In long histories states are taken together, each figure at its
// best for the service, which lowers the bound too, by little.
//
// # SlidingLog, GCRA, SlidingCounter
//
// Kept: pairing the n-th sending with the n-th end, instead of each with its own,
// admits whatever could be admitted: of two requests one inside the other,
// [a,d] around [b,c], the pair [a,c], [b,d] can take the same instants (one
// before or at c goes to the first, a later one to the second; of two, the
// earlier to the first). Then both rise, an earlier admission is never worse, and
// first come, first served admits the most (by induction, its n-th is no later
// than anybody's). So the bound is exact unless requests lie inside others.
// SlidingCounter leaves out requests that may belong to two windows of its
// clock: no limiter admits fewer for their absence. It takes an estimate between
// L-1 and L for room and for none, as services round it either way.
//
// Granted: for each refused request by itself, all that may have been admitted by
// then at its latest. That is exact unless one request's instant must serve two
// refusals. An unanswered request may serve every refusal after it.
//
// # Exact
//
// Both sides are exact for known instants (a test, by walking), for one window or
// bursts apart, and with FixedFromFirst and FixedClock for all answered requests
// shorter than a window (20,000 random histories against exhaustive search).
//
// # Cost
//
// Sorting, and Track.Steps for each request: the more there are, the closer is the
// bound in long histories.
package prove
