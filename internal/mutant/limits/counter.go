package limits

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
)

// The hardened limiter runs one script for each request, with one key and with the arguments limit, window in ms, what it
// knows of the window, and at 5 the request's id, which is empty where nothing is to be
// counted; the script answers {let through, count, end of the window in Unix ms, 0}. These are others in its place.

// A counter is what a mutant runs in place of the limiter's script.
type counter func(ctx context.Context, r cache.Scripts, key string, args []any) (any, error)

type counted struct {
	cache.Scripts
	count counter
}

func (c counted) EvalSha(ctx context.Context, _ string, keys []string, args ...any) (any, error) {
	if fmt.Sprint(args[4]) == "" { // a probe, or what is carried over: these count by other keys
		_, err := nothing.Run(ctx, c.Scripts, keys)
		return []any{int64(1), int64(0), int64(0), int64(0)}, err
	}
	return c.count(ctx, c.Scripts, keys[0], args)
}

var nothing = cache.NewScript(`return redis.call('EXISTS', KEYS[1])`)

// counting puts a counter in the place of the limiter's.
func counting(c counter) func(*target.Options) {
	return func(o *target.Options) {
		o.Limit.Scripts = func(r cache.Scripts) cache.Scripts { return counted{r, c} }
	}
}

// Counts puts one script there.
func Counts(body string) func(*target.Options) {
	s := cache.NewScript(prelude + body)
	return counting(func(ctx context.Context, r cache.Scripts, key string, args []any) (any, error) {
		return s.Run(ctx, r, []string{key}, args...)
	})
}

const prelude = `
local key, limit, window = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function ends()
  local left = redis.call('PTTL', key)
  if left < 0 then left = window end
  return now + left
end
local n = tonumber(redis.call('GET', key) or '0')
`

// Renewed renews the expiry with each request.
const Renewed = `
if n < limit then redis.call('INCR', key) end
redis.call('PEXPIRE', key, window)
if n < limit then return {1, n + 1, ends(), 0} end
return {0, n, ends(), 0}`

// NoExpiry sets none.
const NoExpiry = `
if n >= limit then return {0, n, ends(), 0} end
redis.call('INCR', key)
return {1, n + 1, ends(), 0}`

// OffByOne lets one more in.
const OffByOne = `
if n > limit then return {0, n, ends(), 0} end
if redis.call('INCR', key) == 1 then redis.call('PEXPIRE', key, window) end
return {1, n + 1, ends(), 0}`

// right is not broken by itself.
const right = `
if n >= limit then return {0, n, ends(), 0} end
if redis.call('INCR', key) == 1 then redis.call('PEXPIRE', key, window) end
return {1, n + 1, ends(), 0}`

// CountsRefused keeps a log of the window's requests, all of them.
const CountsRefused = `
key = key .. 'log'
redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
n = redis.call('ZCARD', key)
redis.call('ZADD', key, now, ARGV[5])
redis.call('PEXPIRE', key, window)
if n < limit then return {1, n + 1, ends(), 0} end
return {0, n, ends(), 0}`

// ExpiryLost increments, and sets the expiry when it has read that this was the first.
func ExpiryLost(o *target.Options) {
	increment := cache.NewScript(prelude + `
if n >= limit then return {0, n, ends(), 0} end
return {1, redis.call('INCR', key), now + window, 0}`)
	expire := cache.NewScript(`return redis.call('PEXPIRE', KEYS[1], ARGV[2])`)
	counting(func(ctx context.Context, r cache.Scripts, key string, args []any) (any, error) {
		got, err := increment.Run(ctx, r, []string{key}, args...)
		if err == nil && got.([]any)[1] == int64(1) {
			_, err = expire.Run(ctx, r, []string{key}, args...)
		}
		return got, err
	})(o)
}

// GetThenSet reads in one step and writes in another; the window begins with the first.
func GetThenSet(o *target.Options) {
	get := cache.NewScript(prelude + `
if n >= limit then return {0, n, ends(), 0} end
return {1, n + 1, ends(), 0}`)
	set := cache.NewScript(`
if ARGV[1] == '1' then return redis.call('SET', KEYS[1], '1', 'PX', ARGV[2]) end
return redis.call('SET', KEYS[1], ARGV[1], 'KEEPTTL')`)
	counting(func(ctx context.Context, r cache.Scripts, key string, args []any) (any, error) {
		got, err := get.Run(ctx, r, []string{key}, args...)
		if err != nil || got.([]any)[0] == int64(0) {
			return got, err
		}
		_, err = set.Run(ctx, r, []string{key}, got.([]any)[1], args[1])
		return got, err
	})(o)
}

// OwnCounters gives an instance keys of its own.
func OwnCounters(o *target.Options) {
	own, s := rand.Text(), cache.NewScript(prelude+right)
	counting(func(ctx context.Context, r cache.Scripts, key string, args []any) (any, error) {
		return s.Run(ctx, r, []string{key + own}, args...)
	})(o)
}

// Repeats names each increment anew: one that is sent again because its reply was lost counts again.
func Repeats(o *target.Options) {
	o.Limit.Scripts = func(r cache.Scripts) cache.Scripts { return renamed{r} }
}

type renamed struct{ cache.Scripts }

func (r renamed) EvalSha(ctx context.Context, sha string, keys []string, args ...any) (any, error) {
	return r.Scripts.EvalSha(ctx, sha, keys, anew(args)...)
}

func (r renamed) Eval(ctx context.Context, source string, keys []string, args ...any) (any, error) {
	return r.Scripts.Eval(ctx, source, keys, anew(args)...)
}

// anew gives a request another id, where it has one.
func anew(args []any) []any {
	if fmt.Sprint(args[4]) == "" {
		return args
	}
	args = slices.Clone(args)
	args[4] = rand.Text()
	return args
}
