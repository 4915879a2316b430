//go:build unix

package process

import "syscall"

// Supported says that processes can be ended here with all that they started.
const Supported = true

// ownGroup starts a process as the leader of a group of its own.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// ownSession starts a process out of reach of the terminal's signals and hang-up.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// signalGroup sends sig to every process of the group. That none is left is no error.
func signalGroup(pid int, sig syscall.Signal) { syscall.Kill(-pid, sig) }

// signalOne sends sig to one process. That it is gone is no error.
func signalOne(pid int, sig syscall.Signal) { syscall.Kill(pid, sig) }

// What takes the processor away, and gives it back.
const stopSignal, goOnSignal = syscall.SIGSTOP, syscall.SIGCONT
