package limit

import (
	"context"
	"errors"
	"fmt"

	"github.com/trektribe/bench/target/cache"
)

// take is the counter of one client, in one step.
//
// The key is a hash: a field "ends", when the window ends in Unix milliseconds by
// Redis's clock, and one field for each admission, named by its id, with its time. An id counts once,
// however often it is sent: that makes a repeated request, a lost reply and a count that is carried
// over harmless. The window begins with its first admission and is never prolonged. Refusals are not counted.
// Where the first admission does not count after all, the window begins with the next one.
// The key itself lives for a second more, so that one that is gone early was lost, and did not end.
//
// ARGV: limit, window in ms; then what the caller knows of the client's window: when it ends, how
// many of the caller's admissions Redis has confirmed; then the id of this request ("" is none: only carry over),
// how many admissions follow that Redis may not know, these, their times in Unix ms (0: when the window began), and ids
// that do not count after all.
//
// It answers {verdict, count, ends, same}. Verdict: 1 let through, 0 refused, 2 nothing was decided, because
// Redis holds fewer admissions than it had confirmed: it was emptied, and must be told of all of them.
// Same: the window that the caller knew of is still open by Redis's clock, and what it told was counted.
var take = cache.NewScript(`
local key, limit, window = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local theirs, known, id, owed = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function open(ends)
  redis.call('HSET', key, 'ends', string.format('%.0f', ends))
  redis.call('PEXPIREAT', key, string.format('%.0f', ends + 1000))
  return ends
end
local ends = tonumber(redis.call('HGET', key, 'ends') or '0')
if ends <= now then
  redis.call('DEL', key)
  ends = 0
end
local same = 0
if theirs > now then
  same = 1
  local changed = 0
  for i = 7, 6 + owed do
    local at = tonumber(ARGV[i + owed])
    if at == 0 then at = theirs - window end
    changed = changed + redis.call('HSETNX', key, ARGV[i], string.format('%.0f', math.min(at, now)))
  end
  for i = 7 + 2 * owed, #ARGV do changed = changed + redis.call('HDEL', key, ARGV[i]) end
  if changed > 0 then
    local first = math.huge
    local all = redis.call('HGETALL', key)
    for i = 1, #all, 2 do
      if all[i] ~= 'ends' then first = math.min(first, tonumber(all[i + 1])) end
    end
    if first == math.huge or first + window <= now then
      redis.call('DEL', key)
      ends = 0
      if first < math.huge then known, owed, same = 0, 0, 0 end -- over, and not lost
    elseif first + window ~= ends then
      ends = open(first + window)
    end
  end
  if math.max(0, redis.call('HLEN', key) - 1) < known + owed then return {2, 0, ends, same} end
end
local count = math.max(0, redis.call('HLEN', key) - 1)
local verdict = 1
if id ~= '' and redis.call('HEXISTS', key, id) == 0 then
  if count >= limit then
    verdict = 0
  else
    if ends == 0 then ends = open(now + window) end
    redis.call('HSET', key, id, string.format('%.0f', now))
    count = count + 1
  end
end
return {verdict, count, ends, same}
`)

// The verdicts of the script.
const (
	refused = 0
	allowed = 1
	emptied = 2
)

// A reply is what the script answers.
type reply struct {
	verdict int
	count   int   // admissions in the window, this one included
	ends    int64 // Unix ms; 0: no window is open
	same    bool  // what the caller knew, and told, is of a window that was still open
}

// run runs the script once for what is known of a client.
func run(ctx context.Context, r cache.Scripts, rule Rule, client, id string, k known) (reply, error) {
	args := make([]any, 0, 6+2*len(k.owed)+len(k.void))
	args = append(args, rule.Limit, rule.Window.Milliseconds(), k.ends, k.held, id, len(k.owed))
	for _, list := range [][]int64{k.owed, k.at, k.void} {
		for _, n := range list {
			args = append(args, n)
		}
	}
	v, err := take.Run(ctx, r, []string{"limit:{" + client + "}"}, args...)
	if err != nil {
		return reply{}, err
	}
	got, err := numbers(v)
	if err != nil {
		return reply{}, err
	}
	return reply{verdict: int(got[0]), count: int(got[1]), ends: got[2], same: got[3] == 1}, nil
}

var errReply = errors.New("the limiter's script answered something else than four numbers")

func numbers(v any) (n [4]int64, err error) {
	list, ok := v.([]any)
	if !ok || len(list) != len(n) {
		return n, fmt.Errorf("%w: %v", errReply, v)
	}
	for i, e := range list {
		if n[i], ok = e.(int64); !ok {
			return n, fmt.Errorf("%w: %v", errReply, v)
		}
	}
	return n, nil
}
