//go:build !unix

package process

import "syscall"

// Supported says that processes can be ended here with all that they started.
// Where they cannot, Open takes URLs only, and the rest of this file is not reached.
const Supported = false

func ownGroup() *syscall.SysProcAttr   { return nil }
func ownSession() *syscall.SysProcAttr { return nil }
func signalGroup(int, syscall.Signal)  {}
func signalOne(int, syscall.Signal)    {}

const stopSignal, goOnSignal = syscall.Signal(-1), syscall.Signal(-1)
