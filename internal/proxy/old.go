package proxy

// of is the plan that is in effect on c while pl is the proxy's.
func (pl *plan) of(c *conn) *plan {
	if pl.others != nil && !c.opened.Before(pl.began) {
		return pl.others
	}
	return pl
}

// after is what is in effect on c when pl takes the place of before. What was done to it for good stays, unless pl ends it.
func (pl *plan) after(before *plan, c *conn) *plan {
	now := pl.of(c)
	if before.fault.ForGood() && now.does.ends == nil {
		return before
	}
	return now
}

// meets counts the connection, once, among those that a fault of old connections was done to.
func (l *link) meets() {
	c := l.conn
	if l.plan.fault.OldOnly() && c.asked.Load() > 0 && !c.own.Load() && c.met.Swap(l.plan) != l.plan {
		l.proxy.count.stood.Add(1)
	}
}

// buries reports that the client has closed a connection on which a direction is dead: only then does it end.
func (l *link) buries() bool {
	return l.dead && !l.given && (l.dir == up && l.ended || l.dir == down && l.otherEnded)
}
