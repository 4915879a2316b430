package lab

import (
	"fmt"
	"time"

	"github.com/trektribe/bench/internal/lab/process"
)

const (
	// lookBehind is how often the lab looks whether the processes behind an instance's are still there: a loop that starts
	// a service again takes longer.
	lookBehind = 20 * time.Millisecond
	// followsWithin is how long a shell may take to end after the service that it has started: then there is one end.
	followsWithin = time.Second
)

// watchBehind records the ends of a service that runs behind the process which the lab has started: a shell or a
// supervisor, which may start it again. What is behind it is what listens on the instance's port. An end that comes
// between two looks is missed; none is made up: when the process ends too, that is the one end.
func (in *instance) watchBehind(p *process.Process, serving process.Serving) {
	for {
		for !serving.Ended() {
			select {
			case <-p.Done():
				return
			case <-time.After(lookBehind):
			}
		}
		at, gone := in.lab.now(), serving
		serving = nil
		for told := false; len(serving) == 0; {
			if serving = p.Behind(in.port); !told && (len(serving) > 0 || in.lab.now()-at > followsWithin) {
				if p.Wanted() || in.lab.lease.Lapsed() {
					return
				}
				in.record("exit", at, fmt.Sprintf("%v, which listened on its port behind process %d, ended", gone, p.PID()))
				told = true
			}
			select {
			case <-p.Done():
				return
			case <-time.After(lookBehind):
			}
		}
	}
}
