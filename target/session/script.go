package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/trektribe/bench/target/cache"
)

// Each instance has a hash: a field for each of its users, with a list of that user's sessions there
// as JSON, and the field "", the number of the last announcement that was taken. The hash lives as
// long as the instance's lease, and goes with it. A sorted set names the instances, by the end of their
// leases in Unix milliseconds by Redis's clock. All keys are in one slot of a cluster.
const (
	instancesKey = "{sessions}:instances"
	hashPrefix   = "{sessions}:of:"
)

// announce renews an instance's lease, and takes the lists of users that have changed. It changes nothing where a
// later announcement came first, and where something was lost: a reply that says so may be lost itself.
//
// ARGV: name, number of the announcement, lease in ms, whether the hash begins anew ("1"), the number that Redis
// has confirmed, then fields and lists in turn; "" is none. It answers the number that was there.
var announce = cache.NewScript(`
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local had = tonumber(redis.call('HGET', KEYS[2], '') or '0')
if had > tonumber(ARGV[2]) or (had < tonumber(ARGV[5]) and ARGV[4] ~= '1') then return had end
if ARGV[4] == '1' then redis.call('DEL', KEYS[2]) end
for i = 6, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[2], ARGV[i]) else redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
end
redis.call('HSET', KEYS[2], '', ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[1])
return had
`)

// find answers the lists of a user at all instances but one. ARGV: field, prefix of the hashes' keys, that one's name.
var find = cache.NewScript(`
local found = {}
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if name ~= ARGV[3] then
    local list = redis.call('HGET', ARGV[2] .. name, ARGV[1])
    if list then found[#found + 1] = list end
  end
end
return found
`)

// leave ends an instance's lease.
var leave = cache.NewScript(`
redis.call('ZREM', KEYS[1], ARGV[1])
return redis.call('DEL', KEYS[2])
`)

var errReply = errors.New("a script of the sessions answered something else than was asked for")

// field is a user's: none is that of the number.
func field(user string) string { return "u" + user }

// change is a user's list of sessions, as Redis is to have it.
type change struct {
	user string
	list []Session
}

func runAnnounce(ctx context.Context, r cache.Scripts, name string, number, confirmed int64, lease time.Duration, anew bool, changes []change) (had int64, err error) {
	flag := ""
	if anew {
		flag = "1"
	}
	args := make([]any, 0, 5+2*len(changes))
	args = append(args, name, number, lease.Milliseconds(), flag, confirmed)
	for _, c := range changes {
		text := ""
		if len(c.list) > 0 {
			b, err := json.Marshal(c.list)
			if err != nil {
				return 0, err
			}
			text = string(b)
		}
		args = append(args, field(c.user), text)
	}
	v, err := announce.Run(ctx, r, []string{instancesKey, hashPrefix + name}, args...)
	if err != nil {
		return 0, err
	}
	had, ok := v.(int64)
	if !ok {
		return 0, fmt.Errorf("%w: %v", errReply, v)
	}
	return had, nil
}

func runFind(ctx context.Context, r cache.Scripts, user, but string) (found []Session, err error) {
	v, err := find.Run(ctx, r, []string{instancesKey}, field(user), hashPrefix, but)
	if err != nil {
		return nil, err
	}
	lists, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("%w: %v", errReply, v)
	}
	for _, l := range lists {
		var part []Session
		text, _ := l.(string)
		if err := json.Unmarshal([]byte(text), &part); err != nil {
			return nil, fmt.Errorf("%w: %w", errReply, err)
		}
		found = append(found, part...)
	}
	return found, nil
}
