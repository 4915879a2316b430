package notify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/trektribe/bench/target/cache"
)

// The stream is one for all instances, and what is appended is published too: who listens need not
// read the stream. Beside it stand the id of its last entry, and an epoch, a name that whoever
// comes first gives it: another name is another stream, and what was in the old one is lost.
const (
	streamKey = "{notifications}:stream"
	epochKey  = "{notifications}:epoch"
	lastKey   = "{notifications}:last"
	feed      = "{notifications}:feed" // a channel: of "epoch previous-id id notification"
	// kept is how many notifications the stream holds: an instance that was away for longer than they
	// took to come misses the older ones.
	kept = 10_000
)

// publish appends notifications, all or none: none where the stream has lost something.
//
// ARGV: the epoch that the caller knows, the last id that Redis confirmed to it, a name for a new epoch, how many
// entries are kept, then the notifications. It answers {lost (0, 1), epoch, last id}.
var publish = cache.NewScript(`
` + later + `
local epoch = redis.call('GET', KEYS[2])
if not epoch then
  epoch = ARGV[3]
  redis.call('SET', KEYS[2], epoch)
end
local last = redis.call('GET', KEYS[3]) or '0-0'
if ARGV[1] ~= '' and (epoch ~= ARGV[1] or later(ARGV[2], last)) then return {1, epoch, last} end
for i = 5, #ARGV do
  local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[4], '*', 'json', ARGV[i])
  redis.call('PUBLISH', '` + feed + `', epoch .. ' ' .. last .. ' ' .. id .. ' ' .. ARGV[i])
  last = id
end
if #ARGV > 4 then redis.call('SET', KEYS[3], last) end
return {0, epoch, last}
`)

// later is a function of two ids in Lua: whether one is after the other.
const later = `
local function later(a, b)
  local aMs, aN = string.match(a, '^(%d+)-(%d+)$')
  local bMs, bN = string.match(b, '^(%d+)-(%d+)$')
  return tonumber(aMs) > tonumber(bMs) or (aMs == bMs and tonumber(aN) > tonumber(bN))
end`

// catchUp reads on from a place in one step, so that no stream is taken for another. In a stream of another
// epoch, or one that is shorter than it was, it reads from the beginning; from whoever was nowhere yet, which has
// no epoch, it takes the id for the least.
//
// ARGV: epoch, id, how many entries at most. It answers {epoch, last id, ids and notifications in turn}.
var catchUp = cache.NewScript(later + `
local epoch = redis.call('GET', KEYS[2]) or ''
local last = redis.call('GET', KEYS[3]) or '0-0'
local from = ARGV[2]
if ARGV[1] ~= '-' and (epoch ~= ARGV[1] or later(from, last)) then from = '0-0' end
local found = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '(' .. from, '+', 'COUNT', ARGV[3])) do
  found[#found + 1] = entry[1]
  found[#found + 1] = entry[2][2]
end
return {epoch, last, found}
`)

// page is how many entries one command reads.
const page = 500

// nowhere is the epoch of whoever has read nothing yet.
const nowhere = "-"

// runCatchUp answers the place that was reached, the notifications on the way there, and whether there may be more.
func runCatchUp(ctx context.Context, r cache.Scripts, from place) (now place, texts []string, more bool, err error) {
	v, err := catchUp.Run(ctx, r, []string{streamKey, epochKey, lastKey}, from.epoch, from.id, page)
	if err != nil {
		return place{}, nil, false, err
	}
	list, _ := v.([]any)
	if len(list) != 3 {
		return place{}, nil, false, fmt.Errorf("%w: %v", errReply, v)
	}
	epoch, ok := list[0].(string)
	last, ok2 := list[1].(string)
	found, ok3 := list[2].([]any)
	if !ok || !ok2 || !ok3 || len(found)%2 != 0 {
		return place{}, nil, false, fmt.Errorf("%w: %v", errReply, v)
	}
	now = place{epoch, last}
	for i := 0; i < len(found); i += 2 {
		id, _ := found[i].(string)
		text, _ := found[i+1].(string)
		now.id, texts = id, append(texts, text)
	}
	return now, texts, now.id != last, nil
}

// A place is how far a stream was read or written.
type place struct{ epoch, id string }

var errReply = errors.New("a script of the notifications answered something else than a place")

func runPublish(ctx context.Context, r cache.Scripts, known place, texts [][]byte) (now place, lost bool, err error) {
	if known.id == "" {
		known.id = "0-0"
	}
	args := make([]any, 0, 4+len(texts))
	args = append(args, known.epoch, known.id, rand.Text(), kept)
	for _, t := range texts {
		args = append(args, t)
	}
	v, err := publish.Run(ctx, r, []string{streamKey, epochKey, lastKey}, args...)
	if err != nil {
		return place{}, false, err
	}
	list, _ := v.([]any)
	if len(list) != 3 {
		return place{}, false, fmt.Errorf("%w: %v", errReply, v)
	}
	flag, ok := list[0].(int64)
	epoch, ok2 := list[1].(string)
	id, ok3 := list[2].(string)
	if !ok || !ok2 || !ok3 {
		return place{}, false, fmt.Errorf("%w: %v", errReply, v)
	}
	return place{epoch, id}, flag == 1, nil
}
