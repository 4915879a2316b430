//go:build !linux

package run

// groupUsages needs /proc.
func groupUsages(map[int]bool) map[int]usage { return nil }
