// Package source names where an answer may come from, in the words of the
// service contract's X-Source header.
//
// In goes what an answer says; out comes whether that is what is asked for. It
// never guesses: an answer that says nothing comes from nowhere.
package source

// The sources. Cache is the answer of a service that does not say which tier of
// its cache it used; asked for, it is every tier.
const (
	Redis    = "redis"
	Memory   = "memory"
	Database = "database"
	AI       = "ai"
	Cache    = "cache"
)

// Wanted is what would tell where answers come from.
const Wanted = "X-Source on its answers, or a contract that says where they tell it (source:)"

// All lists the sources.
func All() []string { return []string{Redis, Memory, Database, AI, Cache} }

// Is reports whether said is the source that is wanted.
func Is(said, wanted string) bool {
	return said == wanted || wanted == Cache && (said == Redis || said == Memory)
}
