package compose

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// What compose shows of a file, in either version: a mapping may be a list of "key=value", and a list of names a mapping.

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func (s *Stack) services() object {
	o, _ := s.root["services"].(object)
	return o
}

func (s *Stack) service(name string) object {
	o, _ := s.services()[name].(object)
	return o
}

// pairs reads a mapping, or a list of "key=value".
func pairs(v any) map[string]string {
	out := map[string]string{}
	if o, ok := v.(object); ok {
		for k, v := range o {
			out[k] = text(v)
		}
	}
	for _, item := range list(v) {
		k, v, _ := strings.Cut(text(item), "=")
		out[k] = v
	}
	return out
}

func variables(service object) map[string]string { return pairs(service["environment"]) }
func labels(service object) map[string]string    { return pairs(service["labels"]) }

// names are those of a list, or the keys of a mapping, in order.
func names(v any) iter.Seq[string] {
	if o, ok := v.(object); ok {
		return slices.Values(slices.Sorted(maps.Keys(o)))
	}
	return func(yield func(string) bool) {
		for _, item := range list(v) {
			if !yield(text(item)) {
				return
			}
		}
	}
}
