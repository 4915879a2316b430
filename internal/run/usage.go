package run

import "github.com/trektribe/bench/internal/lab"

// A usage is what a group of processes holds.
type usage struct {
	descriptors int   // open
	resident    int64 // bytes; what members share counts for each
}

// usages are those of the instances that the harness started, by PID. One whose process
// is gone, or that the system does not show, is absent.
func usages(arms []lab.Arm) map[int]usage {
	groups := map[int]bool{}
	for _, a := range arms {
		for _, i := range a.Instances {
			if i.PID > 0 {
				groups[i.PID] = true
			}
		}
	}
	if len(groups) == 0 {
		return nil
	}
	return groupUsages(groups)
}
