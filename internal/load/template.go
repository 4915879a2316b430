package load

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/trektribe/bench/internal/traffic"
)

// A template is a text with blanks, parted into its texts and blanks.
type template []string

// blanks are what one request fills a template with.
type blanks struct {
	key, client string
	seq         uint64
	ids         uint64 // seed of identifiers
}

// fill is the text for one request.
func (t template) fill(b blanks) []byte {
	var out []byte
	for _, part := range t {
		switch part {
		case "{id}", "{user}":
			out = append(out, b.key...)
		case "{seq}":
			out = strconv.AppendUint(out, b.seq, 10)
		case traffic.Client:
			out = append(out, b.client...)
		case "{uuid}":
			out = b.appendUUID(out)
		default:
			out = append(out, part...)
		}
	}
	return out
}

// appendUUID appends an identifier in the form of RFC 9562, version 4. Its 122 bits are a function of
// seed and seq.
func (b blanks) appendUUID(to []byte) []byte {
	hi, lo := mix(b.ids^mix(b.seq)), mix(mix(b.ids)^mix(b.seq))
	return fmt.Appendf(to, "%08x-%04x-4%03x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xfff, lo>>48&0x3fff|0x8000, lo&(1<<48-1))
}

// varies reports whether something of the template is to be filled.
func (t template) varies() bool {
	return slices.ContainsFunc(t, func(part string) bool { return slices.Contains(traffic.Blanks, part) })
}
