// Package command knows the commands of Redis: which of them read, which write,
// and where their keys stand. Names in, facts out; it speaks to nobody.
package command

import (
	"slices"
	"strings"
)

// A Command is what is known of one. The zero Command neither reads nor writes,
// and has no keys.
type Command struct {
	Name   string // in capitals
	Access string // "read", "write"; empty: neither, or both, such as EXEC
	Keys   Keys
	// Follow says what makes its replies special; empty: it has one, like most.
	Follow Follow
	// Expires says where it sets a time to live; see expires.go.
	Expires Expires
	// Parted: its first argument is a word of its name, as in CLIENT SETINFO.
	Parted bool
}

// Keys says which arguments are keys; the name itself is argument 0. The zero Keys: none.
type Keys struct {
	First, Last, Step int // Last below 0: counted from the end, -1 is the last argument
	Count             int // the argument that says how many keys follow it; 0: there is none
}

// Follow is how the replies of a command must be counted.
type Follow string

const (
	Subscribes Follow = "subscribes" // one message for each channel, or for none that is named
	Floods     Follow = "floods"     // one reply, and then what nobody asked for
	Begins     Follow = "begins"     // a transaction: what follows is queued
	Executes   Follow = "executes"   // the transaction: its reply holds theirs
	Discards   Follow = "discards"   // the transaction
	Client     Follow = "client"     // CLIENT REPLY switches replies off
)

// Find looks name up, in any spelling of its letters. The result is not to be
// written to. known: the table has it; commands of modules it has not.
func Find(name string) (c Command, known bool) {
	c, known = table[strings.ToUpper(name)]
	return c, known
}

// FindUpper is Find for a name in capitals, without copying it.
func FindUpper(name []byte) (c Command, known bool) {
	c, known = table[string(name)]
	return c, known
}

// Names lists the commands that the table has, sorted, in capitals.
func Names() []string {
	names := make([]string, 0, len(table))
	for n := range table {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

var (
	one      = Keys{First: 1, Last: 1, Step: 1}
	two      = Keys{First: 1, Last: 2, Step: 1}
	all      = Keys{First: 1, Last: -1, Step: 1}
	pairs    = Keys{First: 1, Last: -1, Step: 2}
	second   = Keys{First: 2, Last: 2, Step: 1}
	butLast  = Keys{First: 1, Last: -2, Step: 1}
	counted1 = Keys{Count: 1}
	counted2 = Keys{Count: 2}
)

// groups is the table as it is written: Redis 7, COMMAND LIST. Scripts count as
// writes, since they may write; the keys of XREAD stand where no number says, so
// it has none here.
var groups = []struct {
	access string
	keys   Keys
	follow Follow
	names  string
}{
	{"read", one, "", `GET STRLEN GETRANGE SUBSTR GETBIT BITCOUNT BITPOS BITFIELD_RO TTL PTTL EXPIRETIME PEXPIRETIME TYPE DUMP
		HGET HMGET HGETALL HKEYS HVALS HLEN HEXISTS HSTRLEN HRANDFIELD HSCAN HTTL HPTTL HEXPIRETIME HPEXPIRETIME
		LRANGE LLEN LINDEX LPOS SMEMBERS SISMEMBER SMISMEMBER SCARD SRANDMEMBER SSCAN
		ZRANGE ZRANGEBYSCORE ZRANGEBYLEX ZREVRANGE ZREVRANGEBYSCORE ZREVRANGEBYLEX ZRANK ZREVRANK ZSCORE ZMSCORE ZCARD ZCOUNT
		ZLEXCOUNT ZRANDMEMBER ZSCAN XRANGE XREVRANGE XLEN XPENDING SORT_RO
		GEOPOS GEODIST GEOHASH GEOSEARCH GEORADIUS_RO GEORADIUSBYMEMBER_RO`},
	{"read", two, "", `LCS`},
	{"read", all, "", `MGET EXISTS TOUCH SINTER SUNION SDIFF PFCOUNT`},
	{"read", second, "", `OBJECT XINFO`},
	{"read", counted1, "", `ZUNION ZINTER ZDIFF SINTERCARD ZINTERCARD`},
	{"read", counted2, "", `EVAL_RO EVALSHA_RO FCALL_RO`},
	{"read", Keys{}, "", `KEYS SCAN DBSIZE RANDOMKEY XREAD`},

	{"write", one, "", `SET SETEX PSETEX SETNX GETSET GETDEL GETEX APPEND SETRANGE SETBIT BITFIELD INCR INCRBY INCRBYFLOAT DECR DECRBY
		EXPIRE PEXPIRE EXPIREAT PEXPIREAT PERSIST RESTORE MOVE SORT
		HSET HSETNX HMSET HDEL HINCRBY HINCRBYFLOAT HEXPIRE HPEXPIRE HEXPIREAT HPEXPIREAT HPERSIST HGETDEL HGETEX HSETEX
		LPUSH RPUSH LPUSHX RPUSHX LPOP RPOP LSET LINSERT LTRIM LREM SADD SREM SPOP
		ZADD ZINCRBY ZREM ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREMRANGEBYLEX ZPOPMIN ZPOPMAX
		XADD XDEL XTRIM XACK XCLAIM XAUTOCLAIM XSETID PFADD GEOADD GEORADIUS GEORADIUSBYMEMBER`},
	{"write", two, "", `RENAME RENAMENX COPY SMOVE RPOPLPUSH LMOVE BLMOVE BRPOPLPUSH ZRANGESTORE GEOSEARCHSTORE`},
	{"write", all, "", `DEL UNLINK SINTERSTORE SUNIONSTORE SDIFFSTORE PFMERGE`},
	{"write", pairs, "", `MSET MSETNX`},
	{"write", butLast, "", `BLPOP BRPOP BZPOPMIN BZPOPMAX`},
	{"write", second, "", `XGROUP`},
	{"write", Keys{First: 2, Last: -1, Step: 1}, "", `BITOP`},
	{"write", counted1, "", `LMPOP ZMPOP`},
	{"write", counted2, "", `EVAL EVALSHA FCALL BLMPOP BZMPOP`},
	{"write", Keys{First: 1, Last: 1, Step: 1, Count: 2}, "", `ZUNIONSTORE ZINTERSTORE ZDIFFSTORE`},
	{"write", Keys{}, "", `XREADGROUP FLUSHALL FLUSHDB SWAPDB`},

	{"", all, "", `WATCH`},
	{"", second, "", `MEMORY`},
	{"", Keys{}, "", `UNWATCH PUBLISH SPUBLISH PUBSUB HELLO AUTH SELECT PING ECHO QUIT TIME INFO CONFIG COMMAND CLUSTER READONLY READWRITE
		ASKING ACL DEBUG SCRIPT FUNCTION LATENCY SLOWLOG LOLWUT MODULE ROLE SAVE BGSAVE BGREWRITEAOF LASTSAVE SHUTDOWN REPLICAOF SLAVEOF
		FAILOVER WAIT WAITAOF MIGRATE REPLCONF RESTORE-ASKING PFDEBUG PFSELFTEST`},
	{"", Keys{}, Client, `CLIENT`},
	{"", Keys{}, Subscribes, `SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE`},
	{"", Keys{}, Floods, `MONITOR SYNC PSYNC`},
	{"", Keys{}, Begins, `MULTI`},
	{"", Keys{}, Executes, `EXEC`},
	{"", Keys{}, Discards, `DISCARD RESET`},
}

// parted are commands whose name has two words.
const parted = `CLIENT CONFIG CLUSTER COMMAND SCRIPT FUNCTION OBJECT XGROUP XINFO PUBSUB ACL MEMORY DEBUG LATENCY SLOWLOG MODULE`

var table = func() map[string]Command {
	t := map[string]Command{}
	for _, g := range groups {
		for name := range strings.FieldsSeq(g.names) {
			t[name] = Command{Name: name, Access: g.access, Keys: g.keys, Follow: g.follow, Expires: expires[name]}
		}
	}
	for name := range strings.FieldsSeq(parted) {
		c := t[name]
		c.Parted = true
		t[name] = c
	}
	return t
}()
