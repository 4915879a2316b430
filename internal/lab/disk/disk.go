// Package disk is a file system that loses what was not synced, as a machine does whose power fails.
//
// A directory goes in, on which it is mounted; out comes a Disk that forgets on command. It holds its files in memory, knows
// who was promised what (fsync), and nothing of Redis. Names are kept at once, contents by fsync: what a journalling file
// system does at best. It needs FUSE (Linux).
package disk

import "errors"

// ErrNone is why there is none.
var ErrNone = errors.New("a disk that forgets needs FUSE: /dev/fuse and the right to mount (Linux, as root or with fusermount3; in a container --device /dev/fuse --cap-add SYS_ADMIN)")
