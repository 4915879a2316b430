//go:build !linux

package sqlite

import (
	"context"
	"errors"
)

var errNoLocks = errors.New("faults on database need locks that belong to open files (F_OFD_SETLK), which this system does not have: run on Linux")

type lock struct{}

func lockFile(context.Context, string) (*lock, error) { return nil, errNoLocks }
func (*lock) release() error                          { return nil }
func shut(string) (open, fresh, ours bool, err error) { return false, false, false, errNoLocks }
func canLock() error                                  { return errNoLocks }
