package cache

import (
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// The schemes of a Redis that is more than one server, beside those of one. They are those of
// Python's limits and redis-sentinel-url.
const (
	sentinelScheme = "redis+sentinel"
	clusterScheme  = "redis+cluster"
)

// errAddress hides the parser's error: it quotes the URL, password and all.
var errAddress = errors.New("not a Redis URL; want redis://[user:password@]host:port[/db], " +
	sentinelScheme + "://[user:password@]host:port,host:port/name[/db] of sentinels, or " + clusterScheme + "://[user:password@]host:port,host:port of a cluster")

// An Address is where Redis is. The zero Address is none.
type Address struct {
	opts    *redis.Options // of each server; of one, with its address
	addrs   []string       // of sentinels, or of a cluster's first nodes; nil: it is one server
	primary string         // the name by which sentinels know the primary; empty: they are no sentinels
}

// ParseAddress reads a URL. Its error holds no secret.
func ParseAddress(text string) (Address, error) {
	scheme, rest, _ := strings.Cut(text, "://")
	if scheme != sentinelScheme && scheme != clusterScheme {
		opts, err := redis.ParseURL(text)
		if err != nil {
			return Address{}, errAddress
		}
		return Address{opts: opts}, nil
	}
	// Several hosts are no URL: the library reads what is left of one with the first.
	rest, query, asked := strings.Cut(rest, "?")
	user, hosts := "", rest
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		user, hosts = rest[:i+1], rest[i+1:]
	}
	hosts, path, _ := strings.Cut(hosts, "/")
	a := Address{addrs: strings.Split(hosts, ",")}
	if slices.ContainsFunc(a.addrs, func(addr string) bool { _, port, err := net.SplitHostPort(addr); return err != nil || port == "" }) {
		return Address{}, errAddress
	}
	if scheme == sentinelScheme {
		var err error
		a.primary, path, _ = strings.Cut(path, "/")
		if a.primary, err = url.PathUnescape(a.primary); err != nil || a.primary == "" {
			return Address{}, errAddress
		}
	} else if path != "" && path != "0" { // a cluster has one database
		return Address{}, errAddress
	}
	one := "redis://" + user + a.addrs[0] + "/" + path
	if asked {
		one += "?" + query
	}
	var err error
	if a.opts, err = redis.ParseURL(one); err != nil {
		return Address{}, errAddress
	}
	return a, nil
}

// String is fit for logs.
func (a Address) String() string {
	switch {
	case a.opts == nil:
		return ""
	case a.addrs == nil:
		return a.opts.Addr
	case a.primary != "":
		return a.primary + " of " + strings.Join(a.addrs, ",")
	}
	return "cluster of " + strings.Join(a.addrs, ",")
}

// client is a new client of the Redis that is there.
func (a Address) client() redis.UniversalClient {
	o := *a.opts
	if a.addrs == nil {
		return redis.NewClient(&o)
	}
	all := &redis.UniversalOptions{
		Addrs: a.addrs, MasterName: a.primary, DB: o.DB,
		Username: o.Username, Password: o.Password, SentinelUsername: o.Username, SentinelPassword: o.Password,
		Protocol: o.Protocol, MaxRetries: o.MaxRetries, MinRetryBackoff: o.MinRetryBackoff, MaxRetryBackoff: o.MaxRetryBackoff,
		DialTimeout: o.DialTimeout, DialerRetries: o.DialerRetries, DialerRetryTimeout: o.DialerRetryTimeout,
		ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout, ContextTimeoutEnabled: o.ContextTimeoutEnabled,
		PoolSize: o.PoolSize, PoolTimeout: o.PoolTimeout, MinIdleConns: o.MinIdleConns, MaxIdleConns: o.MaxIdleConns, MaxActiveConns: o.MaxActiveConns,
		ConnMaxIdleTime: o.ConnMaxIdleTime, ConnMaxLifetime: o.ConnMaxLifetime, PoolFIFO: o.PoolFIFO,
		DisableIdentity: o.DisableIdentity, MaintNotificationsConfig: o.MaintNotificationsConfig,
	}
	if a.primary != "" {
		return redis.NewFailoverClient(all.Failover())
	}
	return redis.NewClusterClient(all.Cluster())
}
