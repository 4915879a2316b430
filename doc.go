// Package bench is the root of a benchmark and resilience test harness. It
// holds no code, only the test of the rules that its packages keep among
// themselves; the command is in cmd/bench.
package bench
