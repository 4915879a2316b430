package fault

import "slices"

// kinds is the catalogue.
//
// What a client meets under the kinds that are done to redis is what the
// prediction of its stalls is made of; cmd/bench measures it with a real client.
// Under one that differs between an embedded Redis and a redis-server it is the worse of both.
var kinds = []Kind{
	// Faults on the path.
	{
		Name: "latency", About: "replies come delay ± jitter later. With shape: normal, delay and jitter are mean and standard deviation. With to, the delay grows to it",
		Acts: Path, On: redis, Needs: []string{"delay"}, Takes: []string{"jitter", "shape", "to"}, Draws: true,
		Toxiproxy: true, OwnProxy: []string{"shape", "to"},
		Old: meets(Delayed, "reply"), New: meets(Delayed, "reply"),
	},
	{
		Name: "spikes", About: "share of the replies comes delay later",
		Acts: Path, On: redis, Needs: []string{"delay", "share"}, Draws: true,
		Old: meets(Delayed, "reply"), New: meets(Delayed, "reply"),
	},
	{
		Name: "blackhole", About: "silence: connections stay open, and new ones are accepted. Held bytes are delivered at the end",
		Acts: Path, On: redis, Takes: forGood, Toxiproxy: true, OwnProxy: forGood,
		Old: meets(Silence, "silence"), New: meets(Silence, "silence"),
	},
	{
		Name: "hang", About: "new connections are accepted and never answered; old ones go on. Waiting connections are served at the end",
		Acts: Path, On: redis,
		Old: meets(Answered, "reply"), New: meets(Silence, "silence"), Spares: OnlyFresh,
	},
	{
		Name: "reset", About: "connections end with a RST: old ones at once, new ones once accepted. Held bytes are lost",
		Acts: Path, On: redis, Takes: ofOld, Toxiproxy: true, OwnProxy: ofOld,
		Old: meets(Ended, "reset"), New: meets(Ended, "reset"),
	},
	{
		Name: "close", About: "connections end with a FIN: old ones at once, new ones once accepted. Held bytes are lost",
		Acts: Path, On: redis, Takes: ofOld, Toxiproxy: true, OwnProxy: ofOld,
		Old: meets(Ended, "eof"), New: meets(Ended, "eof"),
	},
	{
		Name: "cutoff", About: "a connection ends after so many bytes of replies since the fault began",
		Acts: Path, On: redis, Needs: []string{"after"}, Toxiproxy: true,
		Old: meets(Ended, "eof"), New: meets(Ended, "eof"), Spares: OnlySize,
	},
	{
		Name: "slow", About: "replies come at rate on each connection",
		Acts: Path, On: redis, Needs: []string{"rate"}, Toxiproxy: true,
		Old: meets(Silence, "reply"), New: meets(Silence, "reply"), Spares: OnlySize,
	},
	{
		Name: "slices", About: "replies come in pieces of at most size, each delay after the one before",
		Acts: Path, On: redis, Needs: []string{"delay", "size"}, Toxiproxy: true,
		Old: meets(Silence, "reply"), New: meets(Silence, "reply"), Spares: OnlySize,
	},
	{
		Name: "oneway", About: "one direction (requests or replies) is held, and delivered at the end; the other flows",
		Acts: Path, On: redis, Needs: []string{"direction"}, Takes: forGood, Toxiproxy: true, OwnProxy: forGood,
		Old: meets(Silence, "silence"), New: meets(Silence, "silence"),
	},
	{
		Name: "refused", About: "new connections are refused; existing ones end",
		Acts: Path, On: redis, Toxiproxy: true,
		Old: meets(Ended, "eof", "reset"), New: meets(Refused, "refused"),
	},
	{
		Name: "error", About: "chosen commands are not executed; the reply is answer",
		Acts: Path, On: redis, Needs: []string{"answer"}, Takes: slices.Concat(choice, forGood),
		Old: meets(Evicted, "reply"), New: meets(Evicted, "reply"), Spares: OnlyChosen,
	},
	{
		Name: "lost", About: "chosen commands are executed; the connection ends where the reply would begin",
		Acts: Path, On: redis, Takes: slices.Concat(choice, ofOld),
		Old: meets(Ended, "eof"), New: meets(Ended, "eof"), Spares: OnlyChosen,
	},
	{
		Name: "late", About: "replies to chosen commands, and those after them on the connection, come delay ± jitter later",
		Acts: Path, On: redis, Needs: []string{"delay"}, Takes: append([]string{"jitter"}, choice...), Draws: true,
		Old: meets(Delayed, "reply"), New: meets(Delayed, "reply"), Spares: OnlyChosen,
	},
	{
		Name: "mute", About: "replies to chosen commands, and those after them on the connection, come when the fault ends",
		Acts: Path, On: redis, Takes: slices.Concat(choice, forGood),
		Old: meets(Silence, "silence"), New: meets(Silence, "silence"), Spares: OnlyChosen,
	},

	// Faults of processes.
	{
		Name: "killed", About: "SIGKILL; started again at the end, Redis empty. Of several servers, the primary; it comes back as a replica",
		Acts: Process, On: []string{"redis", "instance"}, Redis: several, Idles: true,
		Old: meets(Ended), New: meets(Ended, "refused"), // to a client the proxy before it accepts still
	},
	{
		Name: "stopped", About: "SIGSTOP; SIGCONT at the end. Of several servers, the primary",
		Acts: Process, On: []string{"redis", "instance"}, Redis: several, Idles: true,
		Old: meets(Silence), New: meets(Silence, "silence"),
	},
	{
		Name: "terminated", About: "SIGTERM; started again at the end",
		Acts: Process, On: []string{"instance"},
		New: meets("", "refused", "eof", "reset"), Unpredicted: "it is done to the service, not to its Redis",
	},
	{
		Name: "restarted", About: "killed and started again at once, empty",
		Acts: Process, On: redis, Redis: anyOwn, Brief: true,
		Old: meets(Ended), New: meets(Ended, "refused"), Spares: OnlyMoment,
		NotYet: "it is over at once, and instances that start meet a fresh redis as it is",
	},
	{
		Name: "reloaded", About: "ended and started again at once, with all acknowledged data; needs a redis-server",
		Acts: Process, On: redis, Redis: server, Brief: true,
		Old: meets(Ended), New: meets(Ended, "refused"), Spares: OnlyMoment,
	},
	{
		Name: "replayed", About: "killed and started again at once, with its append-only file; needs a redis-server",
		Acts: Process, On: redis, Redis: server, Brief: true,
		Old: meets(Ended), New: meets(Ended, "refused"), Spares: OnlyMoment,
	},
	{
		Name: "crashed", About: "killed and started again at once, with the append-only file that it has had since its segment began; needs --redis server",
		Acts: Process, On: redis, Redis: onDisk, Needs: []string{"fsync"}, Brief: true,
		Old: meets(Ended), New: meets(Ended, "refused"), Spares: OnlyMoment,
		NotYet: "it needs writes before it, and instances that start meet a fresh redis as it is",
	},
	{
		Name: "powerlost", About: "so, and its disk loses what was not synced, as when the power fails; needs --redis server and FUSE",
		Acts: Process, On: redis, Redis: onDisk, Needs: []string{"fsync"}, Brief: true,
		Old: meets(Ended), New: meets(Ended, "refused"), Spares: OnlyMoment,
		NotYet: "it needs writes before it, and instances that start meet a fresh redis as it is",
	},
	{
		Name: "recreated", About: "its container is removed, with all but its named volumes, and made again at once; needs a compose file",
		Acts: Process, On: redis, Redis: composed, Brief: true,
		Old: meets(Ended), New: meets(Ended, "refused"), Spares: OnlyMoment,
		NotYet: "it needs writes before it, and instances that start meet a fresh redis as it is",
	},
	{
		Name: "flushed", About: "emptied",
		Acts: Data, On: redis, Redis: anyOwn, Brief: true, Beside: true,
		Old: meets(Answered), New: meets(Answered),
		NotYet: "instances that start meet an empty redis as it is",
	},
	{
		// Within its first 5 s (busy-reply-threshold) a script blocks in silence; after that Redis answers BUSY.
		Name: "slowcmd", About: "one command blocks all others during the fault; needs a redis-server",
		Acts: Process, On: redis, Redis: real,
		Old: meets(Silence), New: meets(Silence, "silence", "BUSY"),
		NotYet: "it ends by its own time, and the start of the instances takes an unknown time",
	},
	{
		Name: "busy", About: "every command is answered BUSY, as while a script runs",
		Acts: Process, On: redis, Redis: anyOwn,
		Old: meets(Answered), New: meets(Answered, "BUSY"),
	},
	{
		Name: "loading", About: "every command is answered LOADING, as while the data is read; embedded Redis only",
		Acts: Process, On: redis, Redis: embedded,
		Old: meets(Retried), New: meets(Retried, "LOADING"),
	},
	{
		Name: "readonly", About: "writes are answered READONLY, as by a replica; on the embedded Redis, every command",
		Acts: Process, On: redis, Redis: anyOwn,
		Old: meets(Evicted), New: meets(Evicted, "READONLY"),
	},
	{
		// A redis-server has another password meanwhile; before Redis 6 it says "ERR invalid password".
		Name: "noauth", About: "new connections are answered NOAUTH, as after a change of the password; on the embedded Redis, every command",
		Acts: Process, On: redis, Redis: anyOwn,
		Old: meets(Answered), New: meets(Answered, "NOAUTH", "WRONGPASS", "ERR invalid password"),
	},
	{
		Name: "rotated", About: "the password is another: connections end, and new ones are answered WRONGPASS; needs --redis server",
		Acts: Process, On: redis, Redis: server,
		Old: meets(Ended), New: meets(Answered, "WRONGPASS", "ERR invalid password"),
	},
	{
		Name: "oom", About: "writes are answered OOM, as when maxmemory is reached; on the embedded Redis, every command",
		Acts: Process, On: redis, Redis: anyOwn,
		Old: meets(Answered), New: meets(Answered, "OOM"),
	},
	{
		// Above maxclients a new connection is told so; before that it is told nothing.
		Name: "maxclients", About: "new connections get an error and end; old ones go on",
		Acts: Process, On: redis, Redis: anyOwn,
		Old: meets(Answered), New: meets(Ended, "ERR max number of clients reached"), Spares: OnlyFresh,
	},
	{
		Name: "isolated", About: "the primary is cut off from its sentinels, and from nobody else; needs a sentinel Redis",
		Acts: Process, On: redis, Redis: sentinel,
		Old: meets(Answered), New: meets(Answered, "NOPERM"), NotYet: takesTime,
	},
	{
		Name: "demoted", About: "another server becomes the primary, and the old one a replica that keeps its connections: writes on these are answered READONLY; needs a sentinel Redis",
		Acts: Process, On: redis, Redis: sentinel,
		Old: meets(Evicted), New: meets(Evicted, "READONLY"), NotYet: takesTime,
	},

	// Faults of the database.
	{
		Name: "locked", About: "the database of an instance answers nothing (SQLite on Linux). With every, it is slow",
		Acts: Data, On: []string{"database"},
		New: meets("", "locked"), Unpredicted: "it is done to the database, not to Redis",
	},
}

var (
	redis    = []string{"redis"}
	anyOwn   = []string{"embedded", "server", "container", "compose"}
	onDisk   = []string{"server"} // of this machine
	embedded = []string{"embedded"}
	composed = []string{"compose"}
	real     = []string{"server", "container", "compose"}
	server   = []string{"server", "container"}
	sentinel = []string{"sentinel"}
	several  = append(slices.Clone(anyOwn), sentinel...)

	// choice is how a fault chooses the commands that it is done to: at least one of them.
	choice = []string{"commands", "prefix"}
	// ofOld is how a fault spares the connections that are opened after it began, and
	// forGood how those that it hurts are never whole again.
	ofOld   = []string{"connections"}
	forGood = []string{"connections", "ends"}
)

const takesTime = "its servers need a primary to begin with"

func meets(call Fate, canary ...string) Meets { return Meets{call, canary} }
