//go:build !linux

package disk

// A Disk is a mounted one: here there is none.
type Disk struct{}

// Can says why there can be none.
func Can() error { return ErrNone }

// Mount has none to mount.
func Mount(string) (*Disk, error) { return nil, ErrNone }

// Forget does nothing.
func (*Disk) Forget() int { return 0 }

// Close does nothing.
func (*Disk) Close() error { return nil }
