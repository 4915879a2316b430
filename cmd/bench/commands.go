package main

import (
	"context"
	"io"
)

// A command is one verb. To add one: a file of its name, which opens with its help, and a row of commands.
type command struct {
	name  string
	about string // one line for the overview; empty: not listed
	help  string
	run   func(ctx context.Context, args []string, out, err io.Writer) int
}

// commands are in the order in which a new user meets them. This is a function, because
// help prints the table that holds it.
func commands() []command {
	return []command{
		{"run", "run scenarios and judge their claims", runHelp, runRun},
		{"inspect", "show what a service speaks", inspectHelp, runInspect},
		{"init", "write a first contract for a service", initHelp, runInit},
		{"plan", "print a scenario with every default", planHelp, runPlan},
		{"list", "list the scenarios and their claims", listHelp, runList},
		{"explain", "explain a claim, a measure or a fault", explainHelp, runExplain},
		{"compare", "compare two builds in the same rounds", compareHelp, runCompare},
		{"gate", "tell whether a build is worse than another, or than before", gateHelp, runGate},
		{"drill", "rehearse faults before a release, against predictions", drillHelp, runDrill},
		{"halt", "stop the drill that is running", haltHelp, runHalt},
		{"judge", "judge a saved run again", judgeHelp, runJudge},
		{"report", "write reports of a saved run for other programs", reportHelp, runReport},
		{"bundle", "pack a run into one file that others judge again", bundleHelp, runBundle},
		{"trend", "find what changed over past runs", trendHelp, runTrend},
		{"selfcheck", "show that the claims detect a broken service", selfcheckHelp, runSelfcheck},
		{"doctor", "check what this machine can decide", doctorHelp, runDoctor},
		{"serve", "the reference trip API", serveHelp, runServe},
		{"redis", "the embedded Redis", redisHelp, runRedis},
		{"watchdog", "", watchdogHelp, runWatchdog},
	}
}
