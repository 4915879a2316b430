//go:build !linux

package watch

// groupUsages needs /proc.
func groupUsages(map[int]bool) map[int]usage { return nil }
