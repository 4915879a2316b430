package process

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// unmountBelow unmounts what is mounted below dir, also where who served it is gone or hangs.
func unmountBelow(dir string) error {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	var errs []error
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line) // proc_pid_mountinfo(5): the fifth is the mount point, with spaces as \040
		if len(f) < 5 {
			continue
		}
		at := strings.ReplaceAll(f[4], `\040`, " ")
		if !strings.HasPrefix(at, dir+"/") {
			continue
		}
		err := syscall.Unmount(at, syscall.MNT_DETACH)
		for _, helper := range []string{"fusermount3", "fusermount"} {
			if errors.Is(err, syscall.EPERM) {
				err = exec.Command(helper, "-u", "-z", at).Run()
			}
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
