package disk

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// Can says why no Disk can be mounted here, before one is; nil: one should.
func Can() error {
	f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNone, err)
	}
	f.Close()
	if os.Geteuid() == 0 {
		return nil
	}
	for _, helper := range []string{"fusermount3", "fusermount"} {
		if _, err := exec.LookPath(helper); err == nil {
			return nil
		}
	}
	return ErrNone
}

// A Disk is a mounted one. Its methods are safe for concurrent use.
type Disk struct {
	server *fuse.Server
	mu     sync.Mutex // over all files, so that Forget is one moment
	files  map[*file]bool
}

// Mount mounts an empty one on a directory, which must be there.
func Mount(dir string) (*Disk, error) {
	d := &Disk{files: map[*file]bool{}}
	none := time.Duration(0) // the kernel must ask again: Forget changes sizes
	root := os.Geteuid() == 0
	if root { // which needs no helper: nothing is forked until nobody can inherit the connection
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
	}
	server, err := fs.Mount(dir, &folder{disk: d}, &fs.Options{
		EntryTimeout: &none, AttrTimeout: &none, NegativeTimeout: &none,
		UID: uint32(os.Getuid()), GID: uint32(os.Getgid()),
		MountOptions: fuse.MountOptions{FsName: "bench-disk", Name: "bench", DirectMountStrict: root},
	})
	keep()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	d.server = server
	return d, nil
}

// keep has no child inherit a connection to the kernel. As long as any process has it, the kernel
// takes the disk to be served: when this one is killed, whoever closes a file on it would wait for
// ever, and could not even be killed.
func keep() {
	open, _ := os.ReadDir("/proc/self/fd")
	for _, f := range open {
		if to, _ := os.Readlink("/proc/self/fd/" + f.Name()); to == "/dev/fuse" {
			if fd, err := strconv.Atoi(f.Name()); err == nil {
				syscall.CloseOnExec(fd)
			}
		}
	}
}

// Forget loses what was written since its last fsync, and says how many bytes that were. Nobody may write meanwhile.
func (d *Disk) Forget() (lost int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for f := range d.files {
		lost += len(f.data) - min(len(f.data), f.dirty)
		f.data = append([]byte(nil), f.kept...)
		f.dirty = len(f.data)
	}
	return lost
}

// Close unmounts it; what it held is gone.
func (d *Disk) Close() error {
	if d.server == nil {
		return nil
	}
	if err := d.server.Unmount(); err != nil {
		return fmt.Errorf("unmount the disk that forgets: %w", err)
	}
	return nil
}

// folder is a directory of names.
type folder struct {
	fs.Inode
	disk *Disk
}

var (
	_ fs.NodeMkdirer  = (*folder)(nil)
	_ fs.NodeCreater  = (*folder)(nil)
	_ fs.NodeRenamer  = (*folder)(nil)
	_ fs.NodeUnlinker = (*folder)(nil)
	_ fs.NodeFsyncer  = (*folder)(nil)
)

func (n *folder) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	return n.NewPersistentInode(ctx, &folder{disk: n.disk}, fs.StableAttr{Mode: syscall.S_IFDIR}), 0
}

func (n *folder) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	f := &file{disk: n.disk}
	n.disk.mu.Lock()
	n.disk.files[f] = true
	n.disk.mu.Unlock()
	in := n.NewPersistentInode(ctx, f, fs.StableAttr{Mode: syscall.S_IFREG})
	n.AddChild(name, in, true)
	return in, nil, fuse.FOPEN_DIRECT_IO, 0
}

// Rename and Unlink leave the work to the tree of names.
func (n *folder) Rename(context.Context, string, fs.InodeEmbedder, string, uint32) syscall.Errno {
	return 0
}

func (n *folder) Unlink(_ context.Context, name string) syscall.Errno {
	if in := n.GetChild(name); in != nil {
		if f, ok := in.Operations().(*file); ok {
			n.disk.mu.Lock()
			delete(n.disk.files, f)
			n.disk.mu.Unlock()
		}
	}
	return 0
}

// Fsync of names has nothing to do: they are kept at once.
func (n *folder) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno { return 0 }

// file is what was written, and what of it is kept.
type file struct {
	fs.Inode
	disk  *Disk
	data  []byte
	kept  []byte // as of the last fsync
	dirty int    // data is as kept up to here
}

var (
	_ fs.NodeOpener    = (*file)(nil)
	_ fs.NodeReader    = (*file)(nil)
	_ fs.NodeWriter    = (*file)(nil)
	_ fs.NodeFsyncer   = (*file)(nil)
	_ fs.NodeGetattrer = (*file)(nil)
	_ fs.NodeSetattrer = (*file)(nil)
)

// Open has every read and write come here, past the kernel's cache: what is written to that is nobody's promise either.
func (f *file) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, fuse.FOPEN_DIRECT_IO, 0
}

func (f *file) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if off >= int64(len(f.data)) {
		return fuse.ReadResultData(nil), 0
	}
	return fuse.ReadResultData(dest[:copy(dest, f.data[off:])]), 0
}

func (f *file) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.resize(max(len(f.data), int(off)+len(data)))
	copy(f.data[off:], data)
	f.dirty = min(f.dirty, int(off))
	return uint32(len(data)), 0
}

// resize makes it so long; f.disk.mu is held.
func (f *file) resize(n int) {
	if n < len(f.data) {
		f.data, f.dirty = f.data[:n], min(f.dirty, n)
	}
	f.data = append(f.data, make([]byte, n-len(f.data))...)
}

func (f *file) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.kept = append(f.kept[:f.dirty], f.data[f.dirty:]...)
	f.dirty = len(f.data)
	return 0
}

func (f *file) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	out.Mode, out.Size = 0o600, uint64(len(f.data))
	return 0
}

func (f *file) Setattr(ctx context.Context, h fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	if size, ok := in.GetSize(); ok {
		f.disk.mu.Lock()
		f.resize(int(size))
		f.disk.mu.Unlock()
	}
	return f.Getattr(ctx, h, out)
}
