package cache

import "time"

// Limits bound what the hardened policy spends on Redis and on memory.
type Limits struct {
	// Wait is how long one request waits for Redis, all its commands together.
	// A healthy Redis answers in 0.1 ms on the spot and in 5 ms across a data
	// centre; a miss costs 180 ms. At 50 ms an answer from Redis is still worth
	// its wait, and a Redis that hangs costs a user nothing that is noticed.
	Wait time.Duration
	// Command is how long a command that nobody waits for any more may go on: long
	// enough for a slow Redis to take a new connection, which costs several round
	// trips and would never come about within Wait.
	Command time.Duration
	// Inflight caps the commands under way; a request beyond it does without Redis at once.
	Inflight int
	// Failures is how many commands in a row must fail, or be late, before
	// requests stop asking Redis.
	Failures int
	// Probe is how often Redis is tried while requests do not ask it. Dial, two
	// commands and the invalidations that it missed fit well into it.
	Probe time.Duration
	// Load bounds a load, one query of the database that requests share, and before
	// that how long they wait for another instance's load.
	Load time.Duration
	// Answer is how long a request waits for a load that is not slow, its own or another's. Then it fails, and the
	// load goes on for those who ask later: a database that answers nothing is to hold up nobody for longer.
	Answer time.Duration
	// Lease is how long an instance that has begun to load keeps others from it without
	// a sign of life, and SlowLease so for a slow load. It gives one every third of it. An instance
	// that dies, or is cut off from Redis, while it loads has the others wait for that long; one that
	// a busy processor holds up for longer costs a needless query; and a sign is a command. So about
	// as long as a load.
	Lease, SlowLease time.Duration
	// Entries and Bytes bound the local tier.
	Entries int
	Bytes   int
	// Pending bounds the invalidations remembered during an outage, in keys.
	// Beyond it Redis is not used again before everything in it has expired.
	Pending int
}

// DefaultLimits are the limits of the service.
func DefaultLimits() Limits {
	return Limits{
		Wait:      50 * time.Millisecond,
		Command:   500 * time.Millisecond,
		Inflight:  256,
		Failures:  3,
		Probe:     100 * time.Millisecond,
		Load:      10 * time.Second,
		Answer:    2 * time.Second,
		Lease:     300 * time.Millisecond,
		SlowLease: time.Second,
		Entries:   10_000,
		Bytes:     64 << 20,
		Pending:   100_000,
	}
}
